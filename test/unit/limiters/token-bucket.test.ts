import { describe, expect, test } from 'vitest';
import { DisposedError, TokenBucket } from '../../../lib/index.js';
import { ManualClock } from '../../../lib/testing/index.js';
import { SteppedClock } from './stepped-clock.js';

describe('taking tokens', () => {
  test('H1 a full bucket grants its burst, then refills at its rate', async () => {
    const clock = new ManualClock();
    const bucket = new TokenBucket({ rate: 10, burst: 5, clock });
    for (let i = 0; i < 5; i++) expect(bucket.tryAcquire()).toBe(true);
    expect(bucket.tryAcquire()).toBe(false);
    await clock.advance(99.999999);
    expect(bucket.tryAcquire()).toBe(false);
    await clock.advance(0.000001);
    expect(bucket.tryAcquire()).toBe(true);
    expect(bucket.tryAcquire()).toBe(false);
    await clock.advance(3_600_000);
    expect(bucket.availableTokens()).toBe(5);
  });

  test('H1 a request takes n tokens at once, or none', () => {
    const bucket = new TokenBucket({ rate: 1, burst: 10, clock: new SteppedClock() });
    expect(bucket.tryAcquire(7)).toBe(true);
    expect(bucket.tryAcquire(4)).toBe(false);
    expect(bucket.availableTokens()).toBe(3);
    expect(bucket.tryAcquire(3)).toBe(true);
    expect(bucket.availableTokens()).toBe(0);
  });

  test('H1 tokens can be read, with their fraction', async () => {
    const clock = new ManualClock();
    const bucket = new TokenBucket({ rate: 2, burst: 4, initialTokens: 0, clock });
    expect(bucket.availableTokens()).toBe(0);
    await clock.advance(250);
    expect(bucket.availableTokens()).toBeCloseTo(0.5, 9);
    await clock.advance(60_000);
    expect(bucket.availableTokens()).toBe(4);
  });

  test('H1 costs may be fractions, and nothing is granted for nothing', () => {
    const bucket = new TokenBucket({ rate: 1, burst: 1, clock: new SteppedClock() });
    expect(bucket.tryAcquire(0.25)).toBe(true);
    expect(bucket.tryAcquire(0.75)).toBe(true);
    expect(bucket.tryAcquire(0.001)).toBe(false);
    expect(bucket.tryAcquire(0)).toBe(true);
  });

  test('H1 as many as there are: tryAcquireUpTo takes whole tokens', async () => {
    const clock = new ManualClock();
    const bucket = new TokenBucket({ rate: 10, burst: 8, initialTokens: 5.5, clock });
    expect(bucket.tryAcquireUpTo(3)).toBe(3);
    expect(bucket.tryAcquireUpTo(100)).toBe(2);
    expect(bucket.tryAcquireUpTo(100)).toBe(0);
    expect(bucket.tryAcquireUpTo(0)).toBe(0);
    await clock.advance(50);
    expect(bucket.tryAcquireUpTo(100)).toBe(1);
  });

  test('refund puts tokens back, up to the burst', () => {
    const bucket = new TokenBucket({ rate: 1, burst: 3, clock: new SteppedClock() });
    bucket.tryAcquire(3);
    bucket.refund(2);
    expect(bucket.availableTokens()).toBe(2);
    bucket.refund(1_000);
    expect(bucket.availableTokens()).toBe(3);
    bucket.refund(0);
    expect(bucket.availableTokens()).toBe(3);
  });

  test('reset fills the bucket and empties the statistics', () => {
    const bucket = new TokenBucket({
      rate: 1,
      burst: 3,
      initialTokens: 1,
      clock: new SteppedClock(),
    });
    bucket.tryAcquire(3);
    bucket.tryAcquire(1);
    bucket.reset();
    expect(bucket.availableTokens()).toBe(3);
    expect(bucket.statistics()).toMatchObject({ totalRequests: 0, successRate: 1, actualRate: 0 });
  });

  test('a clock that goes back mints nothing, and time makes it good', () => {
    const clock = new SteppedClock(10_000_000_000n);
    const bucket = new TokenBucket({ rate: 1, burst: 2, clock });
    expect(bucket.tryAcquire(2)).toBe(true);
    clock.ns = 4_000_000_000n;
    expect(bucket.tryAcquire()).toBe(false);
    expect(bucket.peek().retryAfterMs).toBe(7_000);
    clock.ns = 11_000_000_000n;
    expect(bucket.tryAcquire()).toBe(true);
    expect(bucket.tryAcquire()).toBe(false);
  });

  test.each([-(2n ** 70n), -1n, 2n ** 64n - 5n, 2n ** 80n])(
    'time may start at %s',
    async (startNs) => {
      const clock = new ManualClock(startNs);
      const bucket = new TokenBucket({ rate: 1_000, burst: 1, clock });
      expect(bucket.tryAcquire()).toBe(true);
      expect(bucket.tryAcquire()).toBe(false);
      await clock.advance(1);
      expect(bucket.tryAcquire()).toBe(true);
    },
  );

  test('on the system clock too', () => {
    const bucket = new TokenBucket({ rate: 1e-3, burst: 2 });
    expect([bucket.tryAcquire(), bucket.tryAcquire(), bucket.tryAcquire()]).toEqual([
      true,
      true,
      false,
    ]);
    expect(bucket.check().retryAfterMs).toBeGreaterThan(990_000);
    expect(bucket.statistics()).toMatchObject({ allowedRequests: 2, blockedRequests: 2 });
  });
});

describe('burst by default', () => {
  test.each([
    [0.001, 1],
    [0.5, 1],
    [1, 2],
    [30, 60],
    [50, 100],
    [1_000, 100],
    [1_000_000, 100],
  ])('H1 capacity is twice the rate, capped at 100, at least 1: %d/s holds %d', (rate, burst) => {
    const bucket = new TokenBucket({ rate, clock: new SteppedClock() });
    expect(bucket.burst).toBe(burst);
    expect(bucket.availableTokens()).toBe(burst);
    expect(bucket.check(burst).allowed).toBe(true);
    expect(bucket.tryAcquire(0.5)).toBe(false);
  });

  test('P1 a packet rate has a burst of 100', () => {
    expect(new TokenBucket({ rate: 10_000 }).burst).toBe(100);
  });

  test.each([
    [10, 1],
    [1_000, 10],
    [100_000, 1_000],
    [2_000_000, 20_000],
  ])("P1 burst 'scaled' follows the rate: %d/s holds %d", (rate, burst) => {
    expect(new TokenBucket({ rate, burst: 'scaled' }).burst).toBe(burst);
  });

  test('P1 a rule for the burst holds after setRate, a number stays', () => {
    const scaled = new TokenBucket({ rate: 1_000, burst: 'scaled' });
    scaled.setRate(5_000);
    expect(scaled.burst).toBe(50);
    const standard = new TokenBucket({ rate: 10 });
    standard.setRate(20);
    expect(standard.burst).toBe(40);
    const fixed = new TokenBucket({ rate: 10, burst: 7 });
    fixed.setRate(20);
    expect(fixed.burst).toBe(7);
  });
});

describe('decisions', () => {
  test('check spends and explains, peek only explains', () => {
    const bucket = new TokenBucket({ rate: 10, burst: 5, clock: new SteppedClock() });
    expect(bucket.peek(2)).toEqual({
      allowed: true,
      limit: 5,
      remaining: 5,
      retryAfterMs: 0,
      resetMs: 0,
    });
    expect(bucket.check(2)).toEqual({
      allowed: true,
      limit: 5,
      remaining: 3,
      retryAfterMs: 0,
      resetMs: 200,
    });
    expect(bucket.check(4)).toEqual({
      allowed: false,
      limit: 5,
      remaining: 3,
      retryAfterMs: 100,
      resetMs: 200,
    });
    expect(bucket.peek(5)).toEqual({
      allowed: false,
      limit: 5,
      remaining: 3,
      retryAfterMs: 200,
      resetMs: 200,
    });
    expect(bucket.estimateWaitMs(4)).toBe(100);
    expect(bucket.estimateWaitMs(3)).toBe(0);
  });

  test('a cost above the burst can never be met, and says so', async () => {
    const bucket = new TokenBucket({ rate: 10, burst: 5, clock: new ManualClock() });
    expect(bucket.tryAcquire(6)).toBe(false);
    expect(bucket.check(6)).toMatchObject({ allowed: false, retryAfterMs: Infinity, remaining: 5 });
    expect(bucket.estimateWaitMs(5.5)).toBe(Infinity);
    expect(bucket.estimateWaitMs(1e300)).toBe(Infinity);
    expect(await bucket.acquire(6)).toBe(false);
    expect(bucket.availableTokens()).toBe(5);
  });

  test('retryAfterMs is exact to the nanosecond', () => {
    const clock = new SteppedClock();
    const bucket = new TokenBucket({ rate: 3, burst: 1, clock });
    bucket.tryAcquire();
    const { retryAfterMs } = bucket.check();
    clock.ns = BigInt(Math.round(retryAfterMs * 1e6)) - 1n;
    expect(bucket.tryAcquire()).toBe(false);
    clock.ns += 1n;
    expect(bucket.tryAcquire()).toBe(true);
  });
});

describe('setRate', () => {
  test('H3 keeps what is spent', async () => {
    const clock = new ManualClock();
    const bucket = new TokenBucket({ rate: 10, burst: 10, clock });
    bucket.tryAcquire(8);
    bucket.setRate(1);
    expect(bucket.rate).toBe(1);
    expect(bucket.availableTokens()).toBeCloseTo(2, 9);
    await clock.advance(1_000);
    expect(bucket.availableTokens()).toBeCloseTo(3, 9);
    bucket.setRate(100);
    await clock.advance(10);
    expect(bucket.availableTokens()).toBeCloseTo(4, 9);
  });
});

describe('dispose', () => {
  test('ends the bucket for good, and may be repeated', async () => {
    const bucket = new TokenBucket({ rate: 1, clock: new ManualClock() });
    bucket[Symbol.dispose]();
    bucket[Symbol.dispose]();
    for (const use of [
      () => bucket.tryAcquire(),
      () => bucket.tryAcquireUpTo(1),
      () => bucket.check(),
      () => bucket.peek(),
      () => bucket.estimateWaitMs(),
      () => bucket.availableTokens(),
      () => bucket.statistics(),
      () => {
        bucket.refund(1);
      },
      () => {
        bucket.setRate(2);
      },
      () => {
        bucket.reset();
      },
    ]) {
      expect(use).toThrow(DisposedError);
      expect(use).toThrow(expect.objectContaining({ code: 'ERR_PACEGATE_DISPOSED' }));
    }
    await expect(bucket.acquire()).rejects.toMatchObject({ code: 'ERR_PACEGATE_DISPOSED' });
    expect(bucket.rate).toBe(1);
  });

  test('does not disturb another bucket that takes its place', () => {
    const first = new TokenBucket({ rate: 1, burst: 1 });
    first[Symbol.dispose]();
    const second = new TokenBucket({ rate: 1, burst: 1 });
    expect(() => first.tryAcquire()).toThrow(DisposedError);
    expect(second.tryAcquire()).toBe(true);
  });
});
