// What a network does to probes and answers: loss, delay, duplicates, nonsense. None of it changes a result.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { describeInNamespaces } from '../namespace.js';
import { TruthLink } from './link.js';
import {
  addressesFrom,
  backends,
  type Backend,
  differenceFrom,
  none,
  portsTo,
  scanned,
} from './scanning.js';
import { engines, type ResponderOptions } from '../responder/responder.js';

const shares = { open: 200, closed: 500, prohibited: 100 };
const ports = portsTo(32);
const addresses = [...addressesFrom('10.78.9.0', 64), ...addressesFrom('fd78::1', 63)];
const prefixes = ['10.78.9.0/26', 'fd78::/122'];
const pairs = addresses.length * ports.length;

describeInNamespaces('a network that is no friend', () => {
  let link: TruthLink;

  beforeAll(async () => {
    link = await TruthLink.create();
  });
  afterAll(() => {
    link.remove();
  });

  const scanWith = (backend: Backend, retries: number, timeoutMs: number) =>
    scanned(link.scanner, backend, [
      ...['--max-rate', '8000', '--timeout', String(timeoutMs)],
      ...['--max-retries', String(retries), '-p', '1-32', ...addresses],
    ]);

  describe.for(backends)('backend %s', (backend) => {
    test.for(engines)(
      'P11 two probes in ten lost, eight more tries, answered by %s',
      async (engine) => {
        const options = { key: 3, shares, prefixes, loss: 200, ports: '1-32' };
        await using responder = await link.respond(engine, options);
        // 0.2^9 x 4000 pairs: one run in 500 000 would miss one.
        const { lines } = await scanWith(backend, 8, 100);
        expect(differenceFrom(responder.truth, addresses, ports, lines)).toEqual(none);
        const { figures, counts } = await responder.end();
        expect(figures.unanswered.lost).toBeGreaterThan(pairs / 10);
        expect(Math.max(...counts)).toBe(9);
      },
    );

    test('P11 every answer comes twice', async () => {
      await using responder = await link.respond('packet', {
        key: 4,
        shares,
        prefixes,
        duplicate: 1000,
      });
      const { lines, summary } = await scanWith(backend, 2, 200);
      expect(differenceFrom(responder.truth, addresses, ports, lines)).toEqual(none);
      const { answers, beyond } = await responder.figures();
      expect(beyond.twice).toBe(answers.open + answers.closed + answers.prohibited);
      const { duplicates = 0, late = 0 } = summary.statistics;
      // A veth has room for 256 frames, and these come in bursts: some may be lost on the way.
      expect(duplicates + late).toBeGreaterThan(beyond.twice / 2);
    });

    test('P11 answers later than the next tries, and out of order', async () => {
      const late: ResponderOptions = {
        key: 5,
        shares,
        prefixes,
        delayUs: 150_000,
        jitterUs: 100_000,
      };
      await using responder = await link.respond('packet', late);
      // An answer to the first try comes while the second is out; the last tries' time-out takes all in.
      const { lines, summary } = await scanWith(backend, 3, 100);
      expect(differenceFrom(responder.truth, addresses, ports, lines)).toEqual(none);
      expect(summary.complete).toBe(true);
    });

    test('P4 P11 nonsense before every answer, and instead of silence', async () => {
      await using responder = await link.respond('packet', {
        key: 6,
        shares,
        prefixes,
        garbage: 1000,
      });
      const { lines, summary } = await scanWith(backend, 2, 200);
      expect(differenceFrom(responder.truth, addresses, ports, lines)).toEqual(none);
      const { received, beyond } = await responder.figures();
      expect(beyond.garbage).toBe(received);
      // Wrong acknowledgments, ports and quotes are told from noise, which no filter lets through.
      expect(summary.statistics['invalid']).toBeGreaterThan(pairs / 5);
    });
  });
});
