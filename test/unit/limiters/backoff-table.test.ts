import fc from 'fast-check';
import { isIP } from 'node:net';
import { describe, expect, test } from 'vitest';
import { BackoffTable, DisposedError } from '../../../lib/index.js';
import { ManualClock } from '../../../lib/testing/index.js';
import { SteppedClock } from './stepped-clock.js';

const refusal = (code: string, part: string): Error =>
  expect.objectContaining({ code, message: expect.stringContaining(part) as string }) as Error;

describe('BackoffTable', () => {
  test('P5 levels 0 to 4 mean none, 2, 4, 8 and 16 s', async () => {
    const clock = new ManualClock();
    const table = new BackoffTable({ clock });
    expect(table.level('192.0.2.1')).toBe(0);
    expect(table.remainingMs('192.0.2.1')).toBe(0);
    for (const [level, ms] of [
      [1, 2_000],
      [2, 4_000],
      [3, 8_000],
      [4, 16_000],
      [4, 16_000],
    ] as const) {
      expect(table.report('192.0.2.1')).toBe(level);
      expect(table.remainingMs('192.0.2.1')).toBe(ms);
      await clock.advance(ms - 1);
      expect(table.remainingMs('192.0.2.1')).toBe(1);
      expect(table.report('192.0.2.1')).toBe(level);
      await clock.advance(1);
      expect(table.remainingMs('192.0.2.1')).toBe(0);
      expect(table.level('192.0.2.1')).toBe(level);
    }
  });

  test('P5 a level is lost for every 16 s of quiet, and the target forgotten at 0', async () => {
    const clock = new ManualClock();
    const table = new BackoffTable({ clock });
    table.report('192.0.2.1');
    await clock.advance(2_000);
    table.report('192.0.2.1');
    await clock.advance(4_000 + 15_999);
    expect(table.level('192.0.2.1')).toBe(2);
    await clock.advance(1);
    expect(table.level('192.0.2.1')).toBe(1);
    expect(table.size).toBe(1);
    await clock.advance(16_000);
    expect(table.size).toBe(0);
    expect(table.report('192.0.2.1')).toBe(1);
    expect(table.statistics()).toMatchObject({ decayed: 1, escalations: 3 });
  });

  test('P5 decayMs: Infinity never forgets', async () => {
    const clock = new ManualClock();
    const table = new BackoffTable({ clock, decayMs: Infinity });
    table.report('192.0.2.1');
    await clock.advance(86_400_000 * 3_650);
    expect(table.report('192.0.2.1')).toBe(2);
  });

  test('P5 a firewall in front of a /24 is one entry', () => {
    const clock = new SteppedClock();
    const table = new BackoffTable({ clock, prefixV4: 24, prefixV6: 64 });
    expect(table.report('192.0.2.1')).toBe(1);
    expect(table.report('192.0.2.99')).toBe(1);
    expect(table.remainingMs('192.0.2.255')).toBe(2_000);
    expect(table.level('::ffff:192.0.2.3')).toBe(1);
    expect(table.level('192.0.3.1')).toBe(0);
    table.report('2001:db8::1');
    expect(table.level('2001:db8::ffff:0:0:1')).toBe(1);
    expect(table.level('2001:db8:0:1::1')).toBe(0);
    expect(table.size).toBe(2);
    table.clear('192.0.2.200');
    expect(table.size).toBe(1);
  });

  test('P5 names stand for themselves, letter by letter', () => {
    const table = new BackoffTable({ clock: new SteppedClock(), prefixV4: 0, prefixV6: 0 });
    for (const name of ['example.org', 'fe80::1%eth0', '192.0.2.01', 'münchen', 'x'.repeat(255)]) {
      expect(table.report(name)).toBe(1);
      expect(table.level(name)).toBe(1);
    }
    expect(table.level('Example.org')).toBe(0);
    expect(table.level('x'.repeat(254))).toBe(0);
    expect(table.level('192.0.2.1')).toBe(0);
    expect(table.size).toBe(5);
  });

  test('P5 that all targets are backed off is an outcome with a name', async () => {
    const clock = new ManualClock();
    const table = new BackoffTable({ clock });
    const targets = ['192.0.2.1', 'example.org'];
    expect(table.firstReady([])).toEqual({ outcome: 'no-targets' });
    expect(table.firstReady(targets)).toEqual({ outcome: 'ready', target: '192.0.2.1' });
    expect(table.nextReadyMs()).toBe(0);
    table.report('192.0.2.1');
    expect(table.firstReady(new Set(targets))).toEqual({ outcome: 'ready', target: 'example.org' });
    await clock.advance(500);
    table.report('example.org');
    expect(table.firstReady(targets)).toEqual({ outcome: 'all-backed-off', waitMs: 1_500 });
    expect(table.nextReadyMs()).toBe(1_500);
    expect(table.backedOff).toBe(2);
    await clock.advance(1_500);
    expect(table.firstReady(targets)).toEqual({ outcome: 'ready', target: '192.0.2.1' });
    expect(table.nextReadyMs()).toBe(500);
    expect(table.statistics()).toMatchObject({ targets: 2, backedOff: 1 });
  });

  test('P5 a full table forgets the quiet first, then those free soonest', async () => {
    const clock = new ManualClock();
    const table = new BackoffTable({ clock, maxTargets: 2 });
    table.report('a');
    await clock.advance(1_000);
    table.report('b');
    await clock.advance(1_000);
    table.report('c');
    expect([table.level('a'), table.level('b'), table.level('c')]).toEqual([0, 1, 1]);
    table.report('d');
    expect([table.level('b'), table.level('c'), table.level('d')]).toEqual([0, 1, 1]);
    expect(table.statistics()).toMatchObject({ targets: 2, reports: 4, evicted: 1, overflowed: 1 });
  });

  test('P5 clear forgets one or all, and keeps the statistics', () => {
    const table = new BackoffTable({ clock: new SteppedClock() });
    table.report('a');
    table.report('b');
    table.clear('a');
    table.clear('nobody');
    expect([table.level('a'), table.level('b')]).toEqual([0, 1]);
    table.clear();
    expect(table.size).toBe(0);
    expect(table.statistics().reports).toBe(2);
  });

  test('P5 on the system clock too', () => {
    using table = new BackoffTable({ baseMs: 1e6 });
    expect(table.report('192.0.2.1')).toBe(1);
    expect(table.level('192.0.2.1')).toBe(1);
    expect(table.remainingMs('192.0.2.1')).toBeGreaterThan(900_000);
    expect(table.nextReadyMs()).toBeGreaterThan(900_000);
    table.clear('192.0.2.1');
    expect(table.size).toBe(0);
  });
});

describe('BackoffTable against a plain one', () => {
  const events = fc.array(
    fc.record({
      pauseMs: fc.oneof(fc.integer({ min: 0, max: 3_000 }), fc.constant(30_000)),
      host: fc.integer({ min: 0, max: 7 }),
      kind: fc.constantFrom('report', 'report', 'look', 'clear'),
    }),
    { maxLength: 60 },
  );

  test('P5 levels and silences are those of the rules written down plainly', () => {
    fc.assert(
      fc.property(events, fc.integer({ min: 1, max: 6 }), (script, maxLevel) => {
        const clock = new SteppedClock();
        const decayMs = 5_000;
        const table = new BackoffTable({ clock, maxLevel, decayMs, baseMs: 1_000, prefixV4: 31 });
        const plain = new Map<number, { level: number; untilMs: number }>();
        let nowMs = 0;
        const levelOf = (network: number): number => {
          const known = plain.get(network);
          if (known === undefined) return 0;
          const lost = Math.floor(Math.max(0, nowMs - known.untilMs) / decayMs);
          return Math.max(0, known.level - lost);
        };
        for (const { pauseMs, host, kind } of script) {
          nowMs += pauseMs;
          clock.ns = BigInt(nowMs) * 1_000_000n;
          const target = `10.0.0.${host}`;
          const network = host >> 1;
          const silentMs = Math.max(0, (plain.get(network)?.untilMs ?? 0) - nowMs);
          expect(table.level(target)).toBe(levelOf(network));
          expect(table.remainingMs(target)).toBe(silentMs);
          if (kind === 'report') {
            const level =
              silentMs > 0 ? levelOf(network) : Math.min(levelOf(network) + 1, maxLevel);
            if (silentMs === 0) {
              plain.set(network, { level, untilMs: nowMs + 1_000 * 2 ** (level - 1) });
            }
            expect(table.report(target)).toBe(level);
          } else if (kind === 'clear') {
            plain.delete(network);
            table.clear(target);
          }
          const alive = [...plain.keys()].filter((known) => levelOf(known) > 0);
          expect(table.size).toBe(alive.length);
        }
      }),
      { numRuns: 200 },
    );
  });

  test('P5 an address is one exactly where Node says so', () => {
    const text = fc.oneof(
      fc.ipV4(),
      fc.ipV6(),
      fc.ipV4Extended(),
      fc.string({
        unit: fc.constantFrom('0', '1', '2', '7', 'f', ':', '.', '%'),
        minLength: 1,
        maxLength: 20,
      }),
    );
    fc.assert(
      fc.property(text, (target) => {
        // With prefixes of no bits, all addresses of a family are one entry, and a name is only itself.
        const table = new BackoffTable({ maxTargets: 4, prefixV4: 0, prefixV6: 0 });
        table.report(target);
        const isOther = table.level('198.51.100.1') === 1 || table.level('2001:db8::77') === 1;
        const isAddress = isIP(target) !== 0 && !target.includes('%');
        expect(isOther).toBe(isAddress);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('BackoffTable refuses', () => {
  test.each([
    [{ baseMs: 0 }, 'ERR_PACEGATE_OUT_OF_RANGE', 'baseMs'],
    [{ baseMs: Infinity }, 'ERR_PACEGATE_OUT_OF_RANGE', 'baseMs'],
    [{ baseMs: '2' }, 'ERR_PACEGATE_INVALID_ARGUMENT', 'baseMs'],
    [{ maxLevel: 0 }, 'ERR_PACEGATE_OUT_OF_RANGE', 'maxLevel'],
    [{ maxLevel: 31 }, 'ERR_PACEGATE_OUT_OF_RANGE', 'maxLevel'],
    [{ maxLevel: 1.5 }, 'ERR_PACEGATE_OUT_OF_RANGE', 'maxLevel'],
    [{ decayMs: 0 }, 'ERR_PACEGATE_OUT_OF_RANGE', 'decayMs'],
    [{ decayMs: NaN }, 'ERR_PACEGATE_OUT_OF_RANGE', 'decayMs'],
    [{ prefixV4: 33 }, 'ERR_PACEGATE_OUT_OF_RANGE', 'prefixV4'],
    [{ prefixV6: -1 }, 'ERR_PACEGATE_OUT_OF_RANGE', 'prefixV6'],
    [{ maxTargets: 0 }, 'ERR_PACEGATE_OUT_OF_RANGE', 'maxTargets'],
    [{ maxTargets: 2 ** 24 + 1 }, 'ERR_PACEGATE_OUT_OF_RANGE', 'maxTargets'],
    [{ clock: {} }, 'ERR_PACEGATE_INVALID_ARGUMENT', 'clock'],
    [{ base: 1 }, 'ERR_PACEGATE_INVALID_ARGUMENT', 'base'],
    [null, 'ERR_PACEGATE_INVALID_ARGUMENT', 'options'],
    [5, 'ERR_PACEGATE_INVALID_ARGUMENT', 'options'],
  ])('P5 options %o', (options, code, part) => {
    expect(() => Reflect.construct(BackoffTable, [options]) as unknown).toThrow(
      refusal(code, part),
    );
  });

  test.each([null, 5, '', {}, 'x'.repeat(256)])('P5 the target %o', (target) => {
    const table = new BackoffTable();
    const text = target as string;
    for (const call of [
      () => table.report(text),
      () => table.level(text),
      () => table.remainingMs(text),
      () => table.firstReady([text]),
    ]) {
      expect(call).toThrow(
        expect.objectContaining({ name: expect.stringMatching(/^Invalid/) as string }) as Error,
      );
    }
    expect(() => table.firstReady(text)).toThrow(
      refusal('ERR_PACEGATE_INVALID_ARGUMENT', 'targets'),
    );
    expect(() => {
      table.clear(text);
    }).toThrow();
    expect(table.size).toBe(0);
  });

  test('P5 everything after dispose, which may be repeated', () => {
    const table = new BackoffTable();
    table[Symbol.dispose]();
    table[Symbol.dispose]();
    for (const call of [
      () => table.report('a'),
      () => table.level('a'),
      () => table.remainingMs('a'),
      () => {
        table.clear();
      },
      () => {
        table.clear('a');
      },
      () => table.size,
      () => table.backedOff,
      () => table.nextReadyMs(),
      () => table.firstReady(['a']),
      () => table.statistics(),
    ]) {
      expect(call).toThrow(DisposedError);
    }
  });
});
