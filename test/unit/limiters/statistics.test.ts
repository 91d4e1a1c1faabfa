import { describe, expect, test } from 'vitest';
import { TokenBucket } from '../../../lib/index.js';
import { ManualClock } from '../../../lib/testing/index.js';

function start(options: { rate: number; burst: number; initialTokens?: number }) {
  const clock = new ManualClock();
  return { clock, bucket: new TokenBucket({ ...options, clock }) };
}

describe('statistics', () => {
  test('H3 a new limiter has nothing to say, and has refused nobody', () => {
    expect(start({ rate: 1, burst: 1 }).bucket.statistics()).toEqual({
      totalRequests: 0,
      allowedRequests: 0,
      blockedRequests: 0,
      timedOutRequests: 0,
      successRate: 1,
      actualRate: 0,
      averageWaitMs: 0,
      waitMs: { p50: 0, p90: 0, p99: 0, max: 0 },
    });
  });

  test('H3 every decision counts once, peek and estimates never', async () => {
    const { bucket } = start({ rate: 1, burst: 3 });
    bucket.tryAcquire();
    bucket.check();
    await bucket.acquire();
    bucket.tryAcquire();
    bucket.check();
    bucket.tryAcquireUpTo(4);
    await bucket.acquire(1, { timeoutMs: 5 });
    await bucket.acquire(4);
    bucket.peek();
    bucket.estimateWaitMs();
    expect(bucket.statistics()).toMatchObject({
      totalRequests: 8,
      allowedRequests: 3,
      blockedRequests: 4,
      timedOutRequests: 1,
      successRate: 3 / 8,
    });
  });

  test('H3 waits: mean, percentiles within 1/32, exact maximum', async () => {
    const { clock, bucket } = start({ rate: 10, burst: 1, initialTokens: 0 });
    for (let i = 0; i < 100; i++) void bucket.acquire();
    await clock.advance(10_000);
    const { averageWaitMs, waitMs, actualRate } = bucket.statistics();
    expect(averageWaitMs).toBeCloseTo(5_050, 6);
    for (const [seen, exact] of [
      [waitMs.p50, 5_000],
      [waitMs.p90, 9_000],
      [waitMs.p99, 9_900],
    ] as const) {
      expect(seen).toBeGreaterThanOrEqual(exact);
      expect(seen).toBeLessThanOrEqual(exact * (1 + 1 / 32));
    }
    expect(waitMs.max).toBe(10_000);
    expect(actualRate).toBeCloseTo(10, 6);
  });

  test('H3 acquire that need not wait counts as a wait of nothing', async () => {
    const { clock, bucket } = start({ rate: 1, burst: 3 });
    for (let i = 0; i < 3; i++) await bucket.acquire();
    void bucket.acquire();
    await clock.advance(1_000);
    const { averageWaitMs, waitMs } = bucket.statistics();
    expect(averageWaitMs).toBeCloseTo(250, 9);
    expect(waitMs).toMatchObject({ p50: 0, max: 1_000 });
  });

  test('H3 actualRate is that of the last second: tokens, not requests', async () => {
    const { clock, bucket } = start({ rate: 100, burst: 100 });
    bucket.tryAcquire(40);
    expect(bucket.statistics().actualRate).toBe(40);
    for (let i = 0; i < 50; i++) {
      await clock.advance(100);
      bucket.tryAcquire(5);
    }
    expect(bucket.statistics().actualRate).toBeCloseTo(50, 6);
    await clock.advance(2_500);
    expect(bucket.statistics().actualRate).toBe(0);
  });

  test('H3 actualRate does not depend on where the clock began', async () => {
    const clock = new ManualClock(-(2n ** 62n));
    const bucket = new TokenBucket({ rate: 100, burst: 100, clock });
    bucket.tryAcquire(30);
    await bucket.acquire(30);
    expect(bucket.statistics().actualRate).toBe(60);
    await clock.advance(1_500);
    expect(bucket.statistics().actualRate).toBeCloseTo(30, 3);
  });

  test('H3 a slow limiter is judged over the time of eight units', async () => {
    const { clock, bucket } = start({ rate: 0.5, burst: 1 });
    for (let i = 0; i < 60; i++) {
      await clock.advance(2_000);
      bucket.tryAcquire();
    }
    expect(bucket.statistics().actualRate).toBeCloseTo(0.5, 6);
  });

  test('H3 aborted and pending waits are not decided', async () => {
    const { clock, bucket } = start({ rate: 1, burst: 1, initialTokens: 0 });
    const aborted = bucket.acquire(1, { signal: AbortSignal.abort() });
    await expect(aborted).rejects.toThrow();
    void bucket.acquire();
    expect(bucket.statistics().totalRequests).toBe(0);
    await clock.advance(1_000);
    expect(bucket.statistics().totalRequests).toBe(1);
  });
});
