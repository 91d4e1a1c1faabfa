import { describe, expect, test } from 'vitest';
import {
  CompositeLimiter,
  FixedWindow,
  HybridLimiter,
  type Limiter,
  SlidingWindow,
  TokenBucket,
} from '../../../lib/index.js';
import { SteppedClock } from './stepped-clock.js';

const MS = 1_000_000n;
const noop = (): undefined => undefined;

/** How many single units are granted at one moment. */
function drain(limiter: Limiter): number {
  let count = 0;
  while (limiter.tryAcquire()) count++;
  return count;
}

describe('sliding window', () => {
  test('H2 grants the limit, then nothing until the first grant is a window old', () => {
    const clock = new SteppedClock();
    const window = new SlidingWindow({ limit: 3, windowMs: 100, clock });
    for (const at of [0n, 10n, 20n]) {
      clock.ns = at * MS;
      expect(window.tryAcquire()).toBe(true);
    }
    expect(window.check()).toEqual({
      allowed: false,
      limit: 3,
      remaining: 0,
      retryAfterMs: 80,
      resetMs: 100,
    });
    clock.ns = 100n * MS - 1n;
    expect(window.tryAcquire()).toBe(false);
    clock.ns = 100n * MS;
    expect(window.tryAcquire()).toBe(true);
    expect(window.tryAcquire()).toBe(false);
  });

  test('H2 10 per 10 s polled every 100 ms: the whole rate, exactly', () => {
    const clock = new SteppedClock();
    const window = new SlidingWindow({ limit: 10, windowMs: 10_000, clock });
    let granted = 0;
    for (let poll = 0; poll < 6_000; poll++, clock.ns += 100n * MS) {
      if (window.tryAcquire()) granted++;
    }
    expect(granted).toBe(600);
  });

  test.each([1, 2, 5, 10, 100, 1_000])(
    'H2 approximate, %d sub-windows: never above the limit, at least p / (p + 1) of the rate',
    (precision) => {
      const clock = new SteppedClock();
      const window = new SlidingWindow({ limit: 10, windowMs: 10_000, precision, clock });
      let granted = 0;
      const polls = 20_000;
      for (let poll = 0; poll < polls; poll++, clock.ns += 100n * MS) {
        if (window.tryAcquire()) granted++;
      }
      const full = polls / 10;
      expect(granted).toBeLessThanOrEqual(full);
      // A poll comes up to 100 ms after the unit is there.
      const worst = 10_000 + Math.ceil(10_000 / precision) + 100;
      expect(granted).toBeGreaterThanOrEqual(Math.floor((full * 10_000) / worst));
    },
  );

  test('H2 an approximate window takes its few bytes whatever is granted', () => {
    const clock = new SteppedClock();
    const window = new SlidingWindow({ limit: 1e9, windowMs: 1_000, precision: 10, clock });
    for (let i = 0; i < 10_000; i++, clock.ns += MS / 10n) window.tryAcquire(3);
    expect(window.bytes).toBeLessThan(16 * 16 + 256);
  });

  test('H2 an exact window takes 16 bytes a grant, as many as it holds, and gives them back', () => {
    const clock = new SteppedClock();
    const window = new SlidingWindow({ limit: 10_000, clock });
    const empty = window.bytes;
    expect(empty).toBeLessThan(512);
    for (let i = 0; i < 100; i++, clock.ns++) window.tryAcquire();
    expect(window.bytes).toBeLessThanOrEqual(empty + 128 * 16);
    for (let i = 0; i < 20_000; i++, clock.ns++) window.tryAcquire();
    expect(window.bytes).toBeLessThanOrEqual(empty + 10_001 * 16);
    window.reset();
    expect(window.bytes).toBe(empty);
  });

  test('H2 costs far below one: memory stays bounded, the limit holds, at most one unit late', () => {
    const clock = new SteppedClock();
    const window = new SlidingWindow({ limit: 5_000, windowMs: 1_000, clock });
    let granted = 0;
    // 10 units of a thousandth each millisecond, so 10 a millisecond in all: twice the rate.
    for (let i = 0; i < 1_000_000; i++, clock.ns += 1_000n) {
      if (window.tryAcquire(0.01)) granted++;
    }
    expect(window.bytes).toBeLessThan(16 * 5_001 + 512);
    expect(granted * 0.01).toBeLessThanOrEqual(5_000 + 1e-6);
    expect(granted * 0.01).toBeGreaterThan(4_999);
    clock.ns += 1_000n * MS;
    expect(drain(window)).toBe(5_000);
  });

  test('H2 precision: exact up to 65 536 unless asked otherwise', () => {
    expect(new SlidingWindow({ limit: 65_536 }).precision).toBe('exact');
    expect(new SlidingWindow({ limit: 65_537 }).precision).toBe(4_096);
    expect(new SlidingWindow({ limit: 1e6, precision: 'exact' }).precision).toBe('exact');
    expect(new SlidingWindow({ limit: 10, precision: 7 }).precision).toBe(7);
  });

  test('H2 currentRate: units per second over the last window', () => {
    const clock = new SteppedClock();
    const window = new SlidingWindow({ limit: 100, windowMs: 2_000, clock });
    expect(window.currentRate()).toBe(0);
    window.tryAcquire(10);
    clock.ns += 1_000n * MS;
    window.tryAcquire(5);
    expect(window.currentRate()).toBe(7.5);
    clock.ns += 1_000n * MS;
    expect(window.currentRate()).toBe(2.5);
    clock.ns += 1_000n * MS;
    expect(window.currentRate()).toBe(0);
  });
});

describe('fixed window', () => {
  test('H2 begins with the first grant, ends windowMs later', () => {
    const clock = new SteppedClock(3n);
    const window = new FixedWindow({ limit: 2, windowMs: 100, clock });
    clock.ns = 5_000n * MS;
    expect(window.peek()).toMatchObject({ allowed: true, remaining: 2, resetMs: 0 });
    expect(window.tryAcquire()).toBe(true);
    clock.ns += 60n * MS;
    expect(window.check()).toMatchObject({ allowed: true, remaining: 0, resetMs: 40 });
    expect(window.check()).toMatchObject({ allowed: false, retryAfterMs: 40, resetMs: 40 });
    clock.ns += 40n * MS - 1n;
    expect(window.tryAcquire()).toBe(false);
    clock.ns += 1n;
    expect(drain(window)).toBe(2);
  });

  test('H2 two windows that meet: twice the limit in no time, and never more', () => {
    const clock = new SteppedClock();
    const window = new FixedWindow({ limit: 100, windowMs: 1_000, clock });
    expect(window.tryAcquire()).toBe(true);
    clock.ns = 1_000n * MS - 1n;
    expect(drain(window)).toBe(99);
    clock.ns += 1n;
    expect(drain(window)).toBe(100);
    clock.ns = 2_000n * MS - 2n;
    expect(drain(window)).toBe(0);
  });
});

describe('hybrid', () => {
  test('H3 the bucket gives the burst, the window what rate brings in its time', () => {
    const clock = new SteppedClock();
    const limiter = new HybridLimiter({ rate: 10, burst: 4, windowMs: 1_000, clock });
    expect(limiter.limit).toBe(10);
    let granted = 0;
    for (; clock.ns < 1_000n * MS; clock.ns += MS) granted += drain(limiter);
    // The bucket alone would have given 4 + 9.
    expect(granted).toBe(10);
    expect(limiter.tryAcquire()).toBe(true);
  });

  test('H3 the token is given back when the window refuses', () => {
    const clock = new SteppedClock();
    const limiter = new HybridLimiter({ rate: 10, burst: 10, windowMs: 1_000, clock });
    expect(drain(limiter)).toBe(10);
    clock.ns = 900n * MS;
    for (let i = 0; i < 1_000; i++) expect(limiter.tryAcquire()).toBe(false);
    clock.ns = 1_000n * MS;
    // Had the refusals cost tokens, the bucket would be empty now.
    expect(drain(limiter)).toBe(10);
  });

  test('H3 one answer for both: the later of the two', () => {
    const clock = new SteppedClock();
    const limiter = new HybridLimiter({ rate: 2, burst: 2, windowMs: 2_000, clock });
    expect(limiter.tryAcquire(2)).toBe(true);
    expect(limiter.check(1)).toMatchObject({ allowed: false, retryAfterMs: 500, remaining: 0 });
    clock.ns = 1_000n * MS;
    expect(limiter.tryAcquire(2)).toBe(true);
    expect(limiter.check(1)).toMatchObject({ retryAfterMs: 1_000, resetMs: 2_000, limit: 2 });
    clock.ns = 2_000n * MS - 1n;
    expect(limiter.tryAcquire()).toBe(false);
    clock.ns += 1n;
    expect(limiter.tryAcquire()).toBe(true);
  });

  test('H3 a rate below one a second has a window for one unit', () => {
    const clock = new SteppedClock();
    const limiter = new HybridLimiter({ rate: 0.1, clock });
    expect(limiter).toMatchObject({ windowMs: 10_000, limit: 1, burst: 1 });
    let granted = 0;
    for (; clock.ns < 100_000n * MS; clock.ns += 100n * MS) if (limiter.tryAcquire()) granted++;
    expect(granted).toBe(10);
  });
});

const kinds: [string, (clock: SteppedClock) => Limiter & { refund(units: number): void }][] = [
  ['H2 exact', (clock) => new SlidingWindow({ limit: 10, windowMs: 1_000, clock })],
  [
    'H2 approximate',
    (clock) => new SlidingWindow({ limit: 10, windowMs: 1_000, precision: 4, clock }),
  ],
  ['H2 fixed', (clock) => new FixedWindow({ limit: 10, windowMs: 1_000, clock })],
  ['H3 hybrid', (clock) => new HybridLimiter({ rate: 10, burst: 10, windowMs: 1_000, clock })],
];

describe.each(kinds)('%s', (_name, make) => {
  test('a cost above the limit is never met, a cost of 0 always', () => {
    const limiter = make(new SteppedClock());
    expect(limiter.check(10.001)).toMatchObject({ allowed: false, retryAfterMs: Infinity });
    expect(limiter.estimateWaitMs(11)).toBe(Infinity);
    expect(limiter.tryAcquire(10)).toBe(true);
    expect(limiter.tryAcquire(0)).toBe(true);
    expect(limiter.check(0)).toMatchObject({ allowed: true, remaining: 0 });
    expect(limiter.tryAcquire(1e-9)).toBe(false);
  });

  test('a tenth ten times is one', () => {
    const limiter = make(new SteppedClock());
    for (let i = 0; i < 100; i++) expect(limiter.tryAcquire(0.1)).toBe(true);
    expect(limiter.tryAcquire(0.1)).toBe(false);
  });

  test('a refusal takes nothing', () => {
    const clock = new SteppedClock();
    const limiter = make(clock);
    expect(limiter.tryAcquire(7)).toBe(true);
    for (let i = 0; i < 100; i++) expect(limiter.tryAcquire(4)).toBe(false);
    expect(limiter.peek(3)).toMatchObject({ allowed: true, remaining: 3 });
    expect(limiter.tryAcquire(3)).toBe(true);
  });

  test('refund: as if it had not been taken, and never more than everything', () => {
    const clock = new SteppedClock();
    const limiter = make(clock);
    limiter.tryAcquire(6);
    clock.ns = 500n * MS;
    limiter.tryAcquire(4);
    const { remaining } = limiter.peek();
    limiter.refund(4);
    expect(limiter.peek().remaining).toBe(Math.min(remaining + 4, 10));
    limiter.refund(1_000);
    expect(limiter.peek()).toMatchObject({ remaining: 10, resetMs: 0 });
    expect(drain(limiter)).toBe(10);
  });

  test('refund: of what was taken first, so that several in flight stay within the limit', () => {
    const clock = new SteppedClock();
    const limiter = make(clock);
    limiter.tryAcquire(5);
    clock.ns = 900n * MS;
    limiter.tryAcquire(5);
    limiter.refund(4); // of the first, as it happens
    clock.ns = 1_000n * MS;
    // 5 of the second are in use; a fixed window has ended.
    expect(drain(limiter)).toBe(limiter instanceof FixedWindow ? 10 : 5);
  });

  test('several limits at once: what one gives back because another refuses was never taken', () => {
    const clock = new SteppedClock();
    const limiter = make(clock);
    const refusing = new TokenBucket({ rate: 1, burst: 1, clock });
    // Says yes when it is looked at, and no when it is asked.
    const loser = { rate: 1, peek: () => refusing.peek(0), tryAcquire: () => false, refund: noop };
    const both = new CompositeLimiter({ limits: { limiter, loser } });
    expect(limiter.tryAcquire(6)).toBe(true);
    for (let i = 1n; i < 100n; i++) {
      clock.ns = 9n * i * MS;
      expect(both.tryAcquire(4)).toBe(false);
    }
    // What shares a sub-window (here at most 250 ms) lapses together.
    const { resetMs } = limiter.peek();
    expect(resetMs).toBeGreaterThanOrEqual(1_000 - 891);
    expect(resetMs).toBeLessThanOrEqual(1_000 - 891 + 250);
  });

  test('a clock that goes back neither mints nor loses', () => {
    const clock = new SteppedClock(5_000n * MS);
    const limiter = make(clock);
    expect(drain(limiter)).toBe(10);
    clock.ns = 2_000n * MS;
    expect(drain(limiter)).toBe(0);
    expect(limiter.check()).toMatchObject({ allowed: false, remaining: 0 });
    // By then something is there in each: the bucket of a hybrid refills, but its window does not.
    expect(limiter.peek().retryAfterMs).toBe(4_000);
    clock.ns = 6_000n * MS - 1n;
    expect(drain(limiter)).toBe(0);
    clock.ns = 6_000n * MS;
    expect(drain(limiter)).toBe(10);
  });

  test('setRate: what is taken stays taken', () => {
    const clock = new SteppedClock();
    const limiter = make(clock);
    limiter.tryAcquire(6);
    limiter.setRate(20);
    expect(limiter.rate).toBe(20);
    expect(drain(limiter)).toBeGreaterThanOrEqual(4);
    limiter.setRate(2);
    expect(drain(limiter)).toBe(0);
    clock.ns = 1_000n * MS;
    expect(drain(limiter)).toBe(2);
    limiter.setRate(limiter.rate);
    expect(drain(limiter)).toBe(0);
  });

  test('reset: everything is there again, and nothing has been counted', () => {
    const limiter = make(new SteppedClock());
    drain(limiter);
    limiter.reset();
    expect(limiter.statistics().totalRequests).toBe(0);
    expect(drain(limiter)).toBe(10);
    expect(limiter.statistics()).toMatchObject({ allowedRequests: 10, blockedRequests: 1 });
  });

  test('any time a clock can show', () => {
    for (const ns of [0n, -5n, 2n ** 63n - 500_000_000n, 2n ** 64n - 500_000_000n, 2n ** 70n]) {
      const clock = new SteppedClock(ns);
      const limiter = make(clock);
      expect(drain(limiter)).toBe(10);
      expect(limiter.peek().retryAfterMs).toBe(1_000);
      clock.ns += 1_000n * MS;
      expect(drain(limiter)).toBe(10);
    }
  });
});
