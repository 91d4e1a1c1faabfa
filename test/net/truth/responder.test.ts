// The ground truth itself: its limits, what it counts, and what it refuses to promise.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { describeInNamespaces } from '../namespace.js';
import { engines, type ResponderOptions } from '../responder/responder.js';
import { Truth, wordsOf } from '../responder/truth.js';
import { run } from '../command.js';
import { TOOL } from '../responder/responder.js';
import { TruthLink } from './link.js';
import { addressesFrom, portsTo, scanned } from './scanning.js';

test('the shares are what was asked for', () => {
  const truth = new Truth(12, { open: 100, closed: 600, prohibited: 50 });
  const counts: Record<string, number> = {};
  for (const address of addressesFrom('10.0.0.0', 256)) {
    for (const port of portsTo(400)) {
      const kind = truth.kind(address, port);
      counts[kind] = (counts[kind] ?? 0) + 1;
    }
  }
  const inPerMille = Object.entries(counts).map(([kind, n]) => [kind, Math.round(n / 1024) * 10]);
  expect(Object.fromEntries(inPerMille)).toEqual({
    open: 100,
    closed: 600,
    prohibited: 50,
    silent: 250,
  });
});

test('an address is one thing in every text', () => {
  expect(wordsOf('10.0.0.255')).toEqual([0x0a0000ff]);
  expect(wordsOf('::')).toEqual([0, 0, 0, 0]);
  expect(wordsOf('fd78::1:ab')).toEqual([0xfd780000, 0, 0, 0x000100ab]);
  expect(wordsOf('1:2:3:4:5:6:7:8')).toEqual([0x00010002, 0x00030004, 0x00050006, 0x00070008]);
});

describeInNamespaces('the responder', () => {
  let link: TruthLink;

  beforeAll(async () => {
    link = await TruthLink.create();
  });
  afterAll(() => {
    link.remove();
  });

  /** Four addresses of two /24 and a /64, sixteen ports each, all of them closed. */
  const targets = ['10.78.1.1', '10.78.1.2', '10.78.2.1', 'fd78::1'];
  const options: ResponderOptions = {
    shares: { closed: 1000 },
    prefixes: ['10.78.0.0/16', 'fd78::/64'],
  };
  const probe = () =>
    scanned(link.scanner, 'packet', [
      ...['-p', '1-16', '--max-rate', '20000', '--timeout', '300', '--max-retries', '0'],
      ...targets,
    ]);

  describe.for(engines)('%s', (engine) => {
    // Each key gets its burst of five, and one more a second.
    test.for([
      ['target', 4],
      ['prefix', 3],
      ['all', 1],
    ] as const)('a limit by %s: %i of them', async ([by, keys]) => {
      for (const over of ['drop', 'prohibit'] as const) {
        const limit = { rate: 1, burst: 5, by, over };
        await using responder = await link.respond(engine, { ...options, limit });
        const { lines } = await probe();
        const { received, answers, unanswered } = await responder.figures();
        expect(received).toBe(64);
        const refused = over === 'drop' ? unanswered.limited : answers.complained;
        expect(answers.closed + refused).toBe(64);
        expect(answers.closed).toBeGreaterThanOrEqual(5 * keys);
        expect(refused).toBeGreaterThan(0);
        const reason = over === 'drop' ? 'no-response' : 'admin-prohibited';
        expect(lines.filter((line) => line.reason === reason)).toHaveLength(refused);
      }
    });

    test('errors come from the router where there is one, arrivals are in order', async () => {
      const routers = ['10.77.1.77', 'fd77:0:0:1::77'];
      const prohibiting = { ...options, shares: { prohibited: 1000 }, routers, arrivals: 100 };
      await using responder = await link.respond(engine, prohibiting);
      const { lines } = await probe();
      expect(new Set(lines.map(({ reason }) => reason))).toEqual(new Set(['admin-prohibited']));
      const { arrivals, figures } = await responder.end();
      expect(figures.answers.prohibited).toBe(64);
      const times = [...arrivals].slice(0, 64);
      expect(times).toEqual([...times].sort((a, b) => Number(a - b)));
      expect(times[0]).toBeGreaterThan(0n);
      expect([...arrivals].slice(64)).toEqual(Array(36).fill(0n));
    });
  });

  test.for([
    ['xdp down0 --prefix 10.0.0.0/8 --delay-us 5', /packet engine/],
    ['xdp down0 --prefix 10.0.0.0/8 --ports 1-65535', /2\^24 pairs/],
    ['packet down0', /--prefix is missing/],
    ['packet down0 --prefix 10.0.0.0/33', /--prefix: 33 is not a number up to 32/],
    ['packet down0 --prefix 10.0.0.0/8 --open 600 --closed 600', /1000 per mille/],
    ['packet down0 --prefix 10.0.0.0/8 --colour red', /no such option: --colour/],
    ['carrier-pigeon down0', /no such engine/],
  ] as const)('refuses %s', async ([text, complaint]) => {
    const { code, stderr } = await run(TOOL, text.split(' '));
    expect(code).toBe(2);
    expect(stderr).toMatch(complaint);
  });
});
