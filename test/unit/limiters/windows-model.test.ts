import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FixedWindow, HybridLimiter, type Limiter, SlidingWindow } from '../../../lib/index.js';
import { SteppedClock } from './stepped-clock.js';

interface Grant {
  atNs: bigint;
  cost: bigint;
}

/** A sliding window as one would write it down: all grants, added up each time. */
class PlainWindow {
  readonly grants: Grant[] = [];

  constructor(
    readonly limit: bigint,
    readonly windowNs: bigint,
  ) {}

  usedAt(nowNs: bigint): bigint {
    let used = 0n;
    for (const { atNs, cost } of this.grants) if (nowNs - atNs < this.windowNs) used += cost;
    return used;
  }

  fits(cost: bigint, nowNs: bigint): boolean {
    return this.usedAt(nowNs) + cost <= this.limit;
  }

  /** When `cost` fits if nobody else comes: now, or when one of the grants lapses. */
  freeNs(cost: bigint, nowNs: bigint): bigint {
    const lapses = this.grants.map(({ atNs }) => atNs + this.windowNs);
    return [nowNs, ...lapses]
      .filter((at) => at >= nowNs && this.fits(cost, at))
      .reduce((a, b) => (a < b ? a : b));
  }
}

/** The most that was granted in any interval of `lengthNs`, half-open. */
function mostIn(grants: readonly Grant[], lengthNs: bigint): bigint {
  let most = 0n;
  let sum = 0n;
  let oldest = 0;
  for (const { atNs, cost } of grants) {
    sum += cost;
    for (
      let first = grants[oldest];
      first && atNs - first.atNs >= lengthNs;
      first = grants[oldest]
    ) {
      sum -= first.cost;
      oldest++;
    }
    if (sum > most) most = sum;
  }
  return most;
}

const WINDOW_NS = 1_000_000n;
const windowMs = 1;

const shape = fc.record({
  limit: fc.oneof(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 200 })),
  precision: fc.oneof(fc.constant(1), fc.integer({ min: 2, max: 40 })),
});

/** Pauses around the distances of grants, parts of the window, and long ones; small and large costs. */
const steps = fc.array(
  fc.record({
    pauseNs: fc.oneof(
      { weight: 4, arbitrary: fc.integer({ min: 0, max: 100_000 }) },
      { weight: 2, arbitrary: fc.constantFrom(0, 1, 250_000, 999_999, 1_000_000, 1_000_001) },
      { weight: 1, arbitrary: fc.integer({ min: 0, max: 3_000_000 }) },
    ),
    share: fc.oneof(fc.constant(0), fc.double({ min: 0, max: 1.05, noNaN: true })),
  }),
  { minLength: 1, maxLength: 120 },
);

/** Runs the script; gives each step to `look` before it is decided. */
function run(
  clock: SteppedClock,
  limiter: Limiter,
  limit: number,
  script: { pauseNs: number; share: number }[],
  look: (cost: number, allowed: () => boolean) => void,
): Grant[] {
  const grants: Grant[] = [];
  for (const { pauseNs, share } of script) {
    clock.ns += BigInt(pauseNs);
    const cost = Math.max(1, Math.round(limit * share * share));
    look(cost, () => {
      const isAllowed = limiter.tryAcquire(cost);
      if (isAllowed) grants.push({ atNs: clock.ns, cost: BigInt(cost) });
      return isAllowed;
    });
  }
  return grants;
}

describe('H2 exact sliding window against a plain one', () => {
  test('H2 the same decisions, units left and waits', () => {
    fc.assert(
      fc.property(shape, steps, ({ limit }, script) => {
        const clock = new SteppedClock();
        const window = new SlidingWindow({ limit, windowMs, clock });
        const plain = new PlainWindow(BigInt(limit), WINDOW_NS);
        run(clock, window, limit, script, (cost, decide) => {
          const units = BigInt(cost);
          const { remaining, retryAfterMs, resetMs } = window.peek(cost);
          const used = plain.usedAt(clock.ns);
          expect(BigInt(remaining)).toBe(BigInt(limit) - used);
          if (cost > limit) expect(retryAfterMs).toBe(Infinity);
          else expect(ns(retryAfterMs)).toBe(plain.freeNs(units, clock.ns) - clock.ns);
          expect(ns(resetMs)).toBe(plain.freeNs(BigInt(limit), clock.ns) - clock.ns);
          expect(window.currentRate()).toBe(Number(used) * 1_000);
          const fits = plain.fits(units, clock.ns);
          expect(decide()).toBe(fits);
          if (fits) plain.grants.push({ atNs: clock.ns, cost: units });
        });
        expect(mostIn(plain.grants, WINDOW_NS)).toBeLessThanOrEqual(BigInt(limit));
      }),
      { numRuns: 500 },
    );
  });

  test('H2 fractions: never above the limit, and no more than one unit late', () => {
    const fractions = fc.array(
      fc.record({
        pauseNs: fc.integer({ min: 0, max: 60_000 }),
        // Sixteenths are exact in binary; the reference counts them as whole.
        sixteenths: fc.integer({ min: 1, max: 40 }),
      }),
      { minLength: 1, maxLength: 300 },
    );
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 6_000 }), fractions, (limit, script) => {
        const clock = new SteppedClock();
        const window = new SlidingWindow({ limit: limit / 16 + 1, windowMs, clock });
        const plain = new PlainWindow(BigInt(limit + 16), WINDOW_NS);
        for (const { pauseNs, sixteenths } of script) {
          clock.ns += BigInt(pauseNs);
          const cost = BigInt(sixteenths);
          const fits = plain.fits(cost, clock.ns);
          const isAllowed = window.tryAcquire(sixteenths / 16);
          expect(isAllowed && !fits).toBe(false);
          if (isAllowed) plain.grants.push({ atNs: clock.ns, cost });
          else expect(plain.fits(cost + 16n, clock.ns)).toBe(false);
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe('H2 approximate sliding window', () => {
  test('H2 at most the limit in every window; refuses only what did not fit a sub-window ago', () => {
    fc.assert(
      fc.property(shape, steps, ({ limit, precision }, script) => {
        const clock = new SteppedClock();
        const window = new SlidingWindow({ limit, windowMs, precision, clock });
        const subNs = (WINDOW_NS - 1n) / BigInt(precision) + 1n;
        // A grant counts at most one sub-window too long.
        const longer = new PlainWindow(BigInt(limit), WINDOW_NS + subNs);
        const grants = run(clock, window, limit, script, (cost, decide) => {
          const units = BigInt(cost);
          const fits = longer.fits(units, clock.ns);
          const isAllowed = decide();
          if (fits) expect(isAllowed).toBe(true);
          if (isAllowed) longer.grants.push({ atNs: clock.ns, cost: units });
        });
        expect(mostIn(grants, WINDOW_NS)).toBeLessThanOrEqual(BigInt(limit));
      }),
      { numRuns: 500 },
    );
  });
});

describe('H2 fixed window', () => {
  test('H2 at most the limit in each window, at most twice that in any interval as long', () => {
    fc.assert(
      fc.property(shape, steps, ({ limit }, script) => {
        const clock = new SteppedClock();
        const window = new FixedWindow({ limit, windowMs, clock });
        let startNs = -WINDOW_NS;
        let used = 0;
        const grants = run(clock, window, limit, script, (cost, decide) => {
          if (clock.ns - startNs >= WINDOW_NS) used = 0;
          const isAllowed = decide();
          expect(isAllowed).toBe(used + cost <= limit);
          if (!isAllowed) return;
          if (used === 0) startNs = clock.ns;
          used += cost;
        });
        expect(mostIn(grants, WINDOW_NS)).toBeLessThanOrEqual(2n * BigInt(limit));
      }),
      { numRuns: 500 },
    );
  });
});

describe('H3 hybrid', () => {
  const hybridShape = fc.record({
    // Units a millisecond, and so of the window.
    limit: fc.integer({ min: 1, max: 200 }),
    burst: fc.integer({ min: 1, max: 200 }),
  });

  test('H3 both bounds in every interval; allows exactly what both allow', () => {
    fc.assert(
      fc.property(hybridShape, steps, ({ limit, burst }, script) => {
        const clock = new SteppedClock();
        const rate = limit * 1_000;
        const limiter = new HybridLimiter({ rate, burst, windowMs, clock });
        const plain = new PlainWindow(BigInt(limit), WINDOW_NS);
        // Millionths of a token: `limit` of them a nanosecond.
        const full = BigInt(burst) * 1_000_000n;
        let tokens = full;
        let atNs = 0n;
        const grants = run(clock, limiter, limit, script, (cost, decide) => {
          tokens += (clock.ns - atNs) * BigInt(limit);
          if (tokens > full) tokens = full;
          atNs = clock.ns;
          const price = BigInt(cost) * 1_000_000n;
          // A request is too cheap by less than a tick of 1/256 ns.
          const slack = BigInt(limit) * BigInt(plain.grants.length + 1);
          const fits = plain.fits(BigInt(cost), clock.ns);
          const isAllowed = decide();
          if (isAllowed) expect(fits && tokens + slack >= price).toBe(true);
          else expect(fits && tokens >= price).toBe(false);
          if (!isAllowed) return;
          tokens -= price;
          plain.grants.push({ atNs: clock.ns, cost: BigInt(cost) });
        });
        expect(mostIn(grants, WINDOW_NS)).toBeLessThanOrEqual(BigInt(limit));
        for (const lengthNs of [1n, 10_000n, 300_000n, 2_000_000n, 10_000_000n]) {
          const bound = BigInt(burst) + (lengthNs * BigInt(limit)) / 1_000_000n + 1n;
          expect(mostIn(grants, lengthNs)).toBeLessThanOrEqual(bound);
        }
      }),
      { numRuns: 500 },
    );
  });
});

type Make = (clock: SteppedClock, limit: number, precision: number) => Limiter;
const kinds: [string, Make][] = [
  ['H2 exact', (clock, limit) => new SlidingWindow({ limit, windowMs, clock })],
  [
    'H2 approximate',
    (clock, limit, precision) => new SlidingWindow({ limit, windowMs, precision, clock }),
  ],
  ['H2 fixed', (clock, limit) => new FixedWindow({ limit, windowMs, clock })],
  [
    'H3 hybrid',
    (clock, limit, precision) =>
      new HybridLimiter({ rate: limit * 1_000, burst: precision, windowMs, clock }),
  ],
];

describe.each(kinds)('%s', (_name, make) => {
  test('refused until retryAfterMs, and granted then; everything is there after resetMs', () => {
    fc.assert(
      fc.property(shape, steps, ({ limit, precision }, script) => {
        const clock = new SteppedClock();
        const limiter = make(clock, limit, precision);
        run(clock, limiter, limit, script, (cost) => {
          const { allowed, retryAfterMs, limit: most } = limiter.check(cost);
          if (allowed) return;
          if (cost > most) {
            expect(retryAfterMs).toBe(Infinity);
            return;
          }
          clock.ns += ns(retryAfterMs) - 1n;
          expect(limiter.peek(cost).allowed).toBe(false);
          clock.ns += 1n;
          expect(limiter.peek(cost)).toMatchObject({ allowed: true, retryAfterMs: 0 });
          expect(limiter.tryAcquire(cost)).toBe(true);
        });
        const { resetMs, limit: most } = limiter.peek();
        clock.ns += ns(resetMs);
        expect(limiter.peek()).toMatchObject({ resetMs: 0, remaining: Math.floor(most) });
      }),
      { numRuns: 300 },
    );
  });

  test('a clock that jumps back and forth: never above the bound of the time that really passed', () => {
    const jumps = fc.array(fc.integer({ min: -1_500_000, max: 1_500_000 }), {
      minLength: 1,
      maxLength: 80,
    });
    fc.assert(
      fc.property(shape, jumps, ({ limit, precision }, script) => {
        const clock = new SteppedClock(10_000_000n);
        const limiter = make(clock, limit, precision);
        let latestNs = clock.ns;
        const grants: Grant[] = [];
        for (const jump of script) {
          clock.ns += BigInt(jump);
          if (clock.ns > latestNs) latestNs = clock.ns;
          while (limiter.tryAcquire()) {
            grants.push({ atNs: latestNs, cost: 1n });
          }
        }
        const bound = limiter instanceof FixedWindow ? 2n * BigInt(limit) : BigInt(limit);
        expect(mostIn(grants, WINDOW_NS)).toBeLessThanOrEqual(bound);
        // Nothing is lost either: a window after the latest time all is there.
        clock.ns = latestNs + 2n * WINDOW_NS;
        expect(limiter.peek().remaining).toBe(Math.floor(limiter.peek().limit));
      }),
      { numRuns: 300 },
    );
  });

  test('polled faster than the period it converges to the rate', () => {
    fc.assert(
      fc.property(shape, fc.integer({ min: 1, max: 3 }), ({ limit, precision }, polls) => {
        const clock = new SteppedClock();
        const limiter = make(clock, limit, precision);
        const pauseNs = WINDOW_NS / BigInt(limit * 7 * polls);
        let granted = 0;
        for (; clock.ns < 20n * WINDOW_NS; clock.ns += pauseNs) if (limiter.tryAcquire()) granted++;
        const isApproximate = limiter instanceof SlidingWindow && limiter.precision !== 'exact';
        const share = isApproximate ? precision / (precision + 1) : 1;
        // A poll is late by less than a 7th of the time of a unit; the last window may be cut off.
        expect(granted).toBeGreaterThanOrEqual(Math.floor(19 * limit * share * 0.85) - limit);
        expect(granted).toBeLessThanOrEqual(21 * limit);
      }),
      { numRuns: 60 },
    );
  });
});

function ns(ms: number): bigint {
  return BigInt(Math.round(ms * 1e6));
}
