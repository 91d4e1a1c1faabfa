import { describe, expect, test } from 'vitest';
import { DisposedError, KeyedLimiter } from '../../../../lib/index.js';
import { ManualClock } from '../../../../lib/testing/index.js';

/** How many single tokens `key` is granted at this moment. */
function drain(limiter: KeyedLimiter, key: string | number, limit = 1_000): number {
  let count = 0;
  while (count < limit && limiter.tryAcquire(key)) count++;
  return count;
}

describe('KeyedLimiter', () => {
  test('H1 every key has a bucket of its own', async () => {
    const clock = new ManualClock();
    using limiter = new KeyedLimiter({ rate: 10, burst: 5, clock });
    for (const key of ['alice', 'bob', 7, '7', '']) expect(drain(limiter, key)).toBe(5);
    await clock.advance(300);
    for (const key of ['alice', 'bob', 7, '7', '']) expect(drain(limiter, key)).toBe(3);
    expect(limiter.size).toBe(5);
    expect([limiter.rate, limiter.burst]).toEqual([10, 5]);
  });

  test('H1 check explains, peek spends nothing', async () => {
    const clock = new ManualClock();
    using limiter = new KeyedLimiter({ rate: 10, burst: 5, clock });
    const full = { allowed: true, limit: 5, remaining: 5, retryAfterMs: 0, resetMs: 0 };
    expect(limiter.peek('a')).toEqual(full);
    expect(limiter.check('a', 4)).toEqual({ ...full, remaining: 1, resetMs: 400 });
    expect(limiter.check('a', 2)).toEqual({
      allowed: false,
      limit: 5,
      remaining: 1,
      retryAfterMs: 100,
      resetMs: 400,
    });
    expect(limiter.check('a', 6).retryAfterMs).toBe(Infinity);
    expect(limiter.check('new', 6)).toMatchObject({ allowed: false, retryAfterMs: Infinity });
    await clock.advance(99);
    expect(limiter.tryAcquire('a', 2)).toBe(false);
    await clock.advance(1);
    expect(limiter.tryAcquire('a', 2)).toBe(true);
    expect(limiter.tryAcquire('a', 0)).toBe(true);
  });

  test('H1 a batch decides in order', () => {
    const clock = new ManualClock();
    using limiter = new KeyedLimiter({ rate: 1, burst: 2, clock });
    const keys = Uint32Array.of(1, 2, 1, 1, 3, 2, 2, 0xffffffff);
    const allowed = new Uint8Array(10).fill(7);
    expect(limiter.tryAcquireMany(keys, allowed)).toBe(6);
    expect([...allowed]).toEqual([1, 1, 1, 0, 1, 1, 0, 1, 7, 7]);
    expect(limiter.tryAcquire(1)).toBe(false);
    expect(limiter.tryAcquire(3)).toBe(true);
    expect(limiter.tryAcquireMany(keys.subarray(4, 5), allowed.subarray(9), 2)).toBe(0);
    expect(allowed[9]).toBe(0);
    expect(limiter.tryAcquireMany(new Uint32Array(0), allowed)).toBe(0);
  });

  test('H1 penalize takes what is not there, reward stops at full', async () => {
    const clock = new ManualClock();
    using limiter = new KeyedLimiter({ rate: 10, burst: 5, clock });
    expect(limiter.penalize('a', 7)).toBe(true);
    expect(limiter.peek('a')).toMatchObject({ allowed: false, remaining: 0, retryAfterMs: 300 });
    limiter.reward('a', 4);
    expect(drain(limiter, 'a')).toBe(2);
    limiter.reward('a', 1e9);
    expect(drain(limiter, 'a')).toBe(5);
    limiter.reward('nobody', 3);
    expect(limiter.size).toBe(1);
    await clock.advance(200);
    expect(drain(limiter, 'a')).toBe(2);
  });

  test('H1 a block lasts exactly as long as asked', async () => {
    const clock = new ManualClock(123n);
    using limiter = new KeyedLimiter({ rate: 10, burst: 5, clock });
    expect(limiter.block('a', 1_000)).toBe(true);
    expect(limiter.check('a')).toMatchObject({ allowed: false, retryAfterMs: 1_000 });
    expect(limiter.tryAcquire('a', 0)).toBe(false);
    await clock.advance(999.999999);
    expect(limiter.tryAcquire('a')).toBe(false);
    await clock.advance(0.000001);
    expect(drain(limiter, 'a')).toBe(5);
    limiter.block(9, Infinity);
    expect(limiter.check(9)).toMatchObject({ retryAfterMs: Infinity, resetMs: Infinity });
    await clock.advance(1e12);
    expect(limiter.tryAcquire(9)).toBe(false);
    expect(limiter.delete(9)).toBe(true);
    expect(limiter.delete(9)).toBe(false);
    expect(drain(limiter, 9)).toBe(5);
  });

  test('H1 setRate holds for all; a burst that was not given follows', async () => {
    const clock = new ManualClock();
    using limiter = new KeyedLimiter({ rate: 10, clock });
    expect(limiter.burst).toBe(20);
    expect(limiter.tryAcquire('a', 15)).toBe(true);
    limiter.setRate(8);
    expect([limiter.rate, limiter.burst]).toEqual([8, 16]);
    expect(limiter.check('a', 0)).toMatchObject({ limit: 16, remaining: 1, resetMs: 1_875 });
    expect(drain(limiter, 'b')).toBe(16);
    await clock.advance(1_000);
    expect(drain(limiter, 'b')).toBe(8);
  });

  test('H11 statistics count every request, reset forgets all', async () => {
    const clock = new ManualClock();
    using limiter = new KeyedLimiter({ rate: 1, burst: 2, maxKeys: 2, clock });
    expect(limiter.statistics()).toMatchObject({ totalRequests: 0, successRate: 1, keys: 0 });
    limiter.tryAcquire('a');
    limiter.check('a', 2);
    limiter.tryAcquireMany(Uint32Array.of(1, 1, 2, 2, 2), new Uint8Array(5));
    expect(limiter.statistics()).toMatchObject({
      totalRequests: 7,
      allowedRequests: 5,
      blockedRequests: 2,
      overflowRequests: 3,
      successRate: 5 / 7,
      actualRate: 5,
      keys: 2,
      evictedKeys: 0,
      bytes: limiter.bytes,
    });
    limiter.block('a', 1e6);
    limiter.reset();
    expect(limiter.statistics()).toMatchObject({ totalRequests: 0, overflowRequests: 0, keys: 0 });
    expect(drain(limiter, 'a')).toBe(2);
    expect(drain(limiter, 2)).toBe(2);
    await clock.advance(2_000);
    expect(drain(limiter, 3)).toBe(2);
    expect(limiter.statistics()).toMatchObject({ evictedKeys: 1, keys: 2, overflowRequests: 0 });
  });

  test('H1 idle keys are forgotten, and memory follows', async () => {
    const clock = new ManualClock();
    using limiter = new KeyedLimiter({ rate: 10, burst: 5, idleMs: 500, clock });
    const keys = Uint32Array.from({ length: 100_000 }, (_, i) => i);
    limiter.tryAcquireMany(keys, new Uint8Array(keys.length));
    expect(limiter.size).toBe(100_000);
    expect(limiter.bytes).toBeLessThan(36 * 100_000);
    await clock.advance(600);
    expect(limiter.size).toBe(0);
    expect(limiter.bytes).toBeLessThan(50_000);
  });

  test('H1 on the system clock too', () => {
    using limiter = new KeyedLimiter({ rate: 0.001, burst: 2 });
    expect(limiter.tryAcquire('a')).toBe(true);
    expect(limiter.check('a').remaining).toBe(0);
    expect(limiter.tryAcquire('a')).toBe(false);
    expect(limiter.check('a').retryAfterMs).toBeGreaterThan(900_000);
    const allowed = new Uint8Array(3);
    expect(limiter.tryAcquireMany(Uint32Array.of(1, 1, 1), allowed)).toBe(2);
    expect(limiter.statistics().actualRate).toBeGreaterThan(0);
  });

  test('dispose ends it for good, and may be repeated', () => {
    const limiter = new KeyedLimiter({ rate: 1 });
    limiter[Symbol.dispose]();
    limiter[Symbol.dispose]();
    const keys = new Uint32Array(1);
    const calls = [
      () => limiter.tryAcquire('a'),
      () => limiter.check('a'),
      () => limiter.peek('a'),
      () => limiter.tryAcquireMany(keys, new Uint8Array(1)),
      () => limiter.penalize('a', 1),
      () => {
        limiter.reward('a', 1);
      },
      () => limiter.block('a', 1),
      () => limiter.delete('a'),
      () => {
        limiter.setRate(2);
      },
      () => limiter.statistics(),
      () => {
        limiter.reset();
      },
      () => limiter.size,
      () => limiter.bytes,
    ];
    for (const call of calls) expect(call).toThrow(DisposedError);
    expect(limiter.rate).toBe(1);
  });
});
