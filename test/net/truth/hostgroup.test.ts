// Hostgroups by every backend, against the truth.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeInNamespaces } from '../namespace.js';
import { TruthLink } from './link.js';
import { ScanRunner } from './scan-runner.js';
import {
  addressesFrom,
  backends,
  differenceFrom,
  none,
  portsTo,
  scanned,
  type Backend,
} from './scanning.js';

const v4 = addressesFrom('10.78.14.0', 12);
const v6 = addressesFrom('fd78::e00', 12);
const targets = [...v4, ...v6];
const ports = portsTo(50);
const world = {
  ...{ key: 14, shares: { open: 100, closed: 800 } },
  ...{ prefixes: ['10.78.14.0/24', 'fd78::e00/120'], ports: '1-50' },
};

describeInNamespaces('scans with a hostgroup', () => {
  let link: TruthLink;

  beforeAll(async () => {
    link = await TruthLink.create();
  });
  afterAll(() => {
    link.remove();
  });

  test.for<[Backend | 'rawip', string]>([
    ...backends.map((backend): [Backend, string] => [backend, 'sliding']),
    ['rawip', 'sliding'],
    ['packet', 'barrier'],
  ])('P6 %s, %s: every pair, silent ones with their retries', async ([backend, mode]) => {
    await using responder = await link.respond('xdp', world);
    const { lines, summary } = await scanned(link.scanner, backend, [
      ...['--max-rate', '20000', '--max-hostgroup', '7', '--hostgroup-mode', mode],
      ...['--max-retries', '1', '--timeout', '200', '-p', '1-50', ...targets],
    ]);
    expect(differenceFrom(responder.truth, targets, ports, lines)).toEqual(none);
    const silent = lines.filter(({ reason }) => reason === 'no-response').length;
    expect(silent).toBeGreaterThan(0);
    const { figures, counts } = await responder.end();
    expect(figures.received).toBe(targets.length * ports.length + silent);
    expect(counts.filter((probes) => probes === 2)).toHaveLength(silent);
    expect(summary).toMatchObject({ complete: true, statistics: { activeTargets: 0 } });
  });

  test('P6 shards, stopped and resumed: together every pair, and only those under way twice', async () => {
    const allClosed = { ...world, shares: { closed: 1000 } };
    await using responder = await link.respond('xdp', allClosed);
    using runner = new ScanRunner(link.scanner);
    const scan = {
      ...({ targets, ports: '1-50', technique: 'syn', backend: 'packet' } as const),
      ...{ maxRate: 3000, retries: 0, seed: 3, maxHostgroup: 5 },
    };
    for (let index = 0; index < 3; ++index) {
      const shard = { index, count: 3 };
      const first = await runner.run({ ...scan, shard, stopAfter: 150 });
      expect(first.complete).toBe(false);
      const resumed = await runner.run({ ...scan, maxHostgroup: 9, shard, resume: first.state });
      expect(resumed).toMatchObject({ complete: true, statistics: { total: 400, settled: 400 } });
    }
    const { received, pairs } = (await responder.end()).figures;
    expect(pairs).toMatchObject({ distinct: 1200, outside: 0 });
    const repeated = pairs?.repeated ?? Infinity;
    expect(received).toBe(1200 + repeated);
    // Of each of the five targets that are under way the last few, not all that were probed.
    expect(repeated).toBeLessThan(3 * 150);
  });

  test('P11 round-trip times bring retries forward, and lose no answer that comes later', async () => {
    // Answers come between 150 and 250 ms, a good deal after the shortest time-out.
    const slow = { ...world, delayUs: 150_000, jitterUs: 100_000 };
    await using responder = await link.respond('packet', slow);
    const { lines, summary } = await scanned(link.scanner, 'packet', [
      ...['--max-rate', '5000', '--adaptive-timeout', '--max-retries', '2', '--timeout', '2000'],
      ...['-p', '1-50', ...v4],
    ]);
    expect(differenceFrom(responder.truth, v4, ports, lines)).toEqual(none);
    expect(summary.complete).toBe(true);
    const silent = lines.filter(({ reason }) => reason === 'no-response').length;
    const { counts } = await responder.end();
    expect(counts.filter((probes) => probes === 3).length).toBeGreaterThanOrEqual(silent);
    expect(Math.max(...counts)).toBe(3);
  });

  test('P6 a tarpit is found out after a few dozen ports and left alone, the others are not', async () => {
    const shares = { open: 1000 };
    await using responder = await link.respond('xdp', { ...world, shares, ports: '1-400' });
    const tarpits = v4.slice(0, 3);
    const { lines, summary } = await scanned(link.scanner, 'packet', [
      ...['--max-rate', '4000', '--max-hostgroup', '2', '--tarpit', 'skip', '-p', '1-400'],
      ...tarpits,
    ]);
    const { figures } = await responder.end();
    expect(lines).toHaveLength(3 * 400);
    const left = lines.filter(({ reason }) => reason === 'too_many_open');
    expect(left.every(({ state }) => state === 'unknown')).toBe(true);
    expect(lines.filter(({ state }) => state === 'open').length + left.length).toBe(1200);
    for (const address of tarpits) {
      expect(left.filter((line) => line.address === address).length).toBeGreaterThan(0);
    }
    expect(figures.received).toBeLessThan(1200);
    expect(summary).toMatchObject({ complete: true, statistics: { tarpits: 3 } });
  });

  test('P6 a target that takes too long is given up, and the next one gets its place', async () => {
    await using responder = await link.respond('xdp', { ...world, shares: {} });
    const slow = v6.slice(0, 4);
    const { lines, summary } = await scanned(link.scanner, 'packet', [
      ...['--max-rate', '2000', '--max-hostgroup', '1', '--host-timeout', '150'],
      ...['--max-retries', '1', '--timeout', '2000', '-p', '1-50', ...slow],
    ]);
    const { figures } = await responder.end();
    expect(lines).toHaveLength(200);
    expect(
      lines.every(({ state, reason }) => state === 'unknown' && reason === 'host_timeout'),
    ).toBe(true);
    // Nothing had its second probe, which would have been due after a second.
    expect(figures.received).toBeLessThanOrEqual(200);
    expect(summary).toMatchObject({
      complete: true,
      statistics: { hostTimeouts: 4, unknown: 200 },
    });
  });
});
