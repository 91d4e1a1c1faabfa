import { describe, expect, test } from 'vitest';
import { type Clock, DisposedError, TokenBucket } from '../../../lib/index.js';
import { ManualClock } from '../../../lib/testing/index.js';
import { SteppedClock } from './stepped-clock.js';

const endOfRun = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function leased(options: { rate: number; burst: number; initialTokens?: number }) {
  const clock = new SteppedClock();
  return { clock, bucket: new TokenBucket({ ...options, clock, lease: true }) };
}

/** Spends enough for a lease to be out. */
function take(bucket: TokenBucket, count: number): void {
  for (let i = 0; i < count; i++) expect(bucket.tryAcquire()).toBe(true);
}

describe('leases', () => {
  test.each([1 / 3600, 0.5, 7, 1_000, 14_880_952, 30_000_000])(
    'H1 a burst is granted exactly, at %d a second',
    (rate) => {
      for (const burst of [1, 2, 3, 5, 17, 1_000]) {
        const { bucket } = leased({ rate, burst });
        let granted = 0;
        while (bucket.tryAcquire()) granted++;
        expect(granted).toBe(burst);
        expect(bucket.availableTokens()).toBeLessThan(1);
      }
    },
  );

  test('H1 every call sees the tokens that a lease has spent', () => {
    const { bucket } = leased({ rate: 1, burst: 1_000 });
    take(bucket, 100);
    expect(bucket.availableTokens()).toBe(900);
    take(bucket, 50);
    expect(bucket.peek().remaining).toBe(850);
    take(bucket, 50);
    expect(bucket.check()).toMatchObject({ allowed: true, remaining: 799 });
    take(bucket, 50);
    expect(bucket.tryAcquireUpTo(49)).toBe(49);
    take(bucket, 50);
    expect(bucket.estimateWaitMs(750)).toBe(100_000);
    bucket.refund(50);
    expect(bucket.availableTokens()).toBe(700);
  });

  test('H1 statistics count every call and every token, leased or not', () => {
    const { bucket } = leased({ rate: 1, burst: 1_000 });
    take(bucket, 100);
    expect(bucket.tryAcquire(7)).toBe(true);
    expect(bucket.tryAcquire(0)).toBe(true);
    expect(bucket.tryAcquire(0.5)).toBe(true);
    take(bucket, 20);
    expect(bucket.tryAcquire(300)).toBe(true);
    expect(bucket.tryAcquire(1_000)).toBe(false);
    const { totalRequests, allowedRequests, blockedRequests, actualRate } = bucket.statistics();
    expect({ totalRequests, allowedRequests, blockedRequests }).toEqual({
      totalRequests: 125,
      allowedRequests: 124,
      blockedRequests: 1,
    });
    expect(actualRate * 8).toBeCloseTo(427.5, 6);
    expect(bucket.availableTokens()).toBe(572.5);
  });

  test('H1 costs that are whole come out of a lease, others are asked for', () => {
    const { bucket } = leased({ rate: 1, burst: 100 });
    take(bucket, 10);
    for (const cost of [2, 3, 0.25, 5, 0.75, 40]) expect(bucket.tryAcquire(cost)).toBe(true);
    expect(bucket.availableTokens()).toBe(39);
    expect(bucket.tryAcquire(39.5)).toBe(false);
    expect(bucket.tryAcquire(39)).toBe(true);
    expect(bucket.tryAcquire()).toBe(false);
  });

  test('H1 wrong costs are refused with a lease out, and nothing is spent', () => {
    const { bucket } = leased({ rate: 1, burst: 100 });
    take(bucket, 10);
    for (const cost of [-1, NaN, Infinity]) {
      expect(() => bucket.tryAcquire(cost)).toThrow(
        expect.objectContaining({ code: 'ERR_PACEGATE_OUT_OF_RANGE' }) as Error,
      );
    }
    expect(() => bucket.tryAcquire('1' as unknown as number)).toThrow(TypeError);
    expect(bucket.availableTokens()).toBe(90);
  });

  test('H1 a lease ends with the run of JavaScript: an idle bucket is exact', async () => {
    const { clock, bucket } = leased({ rate: 10, burst: 100 });
    take(bucket, 60);
    await endOfRun();
    // Had it been charged later than this, the bucket would have been full meanwhile.
    clock.ns += 6_000_000_000n;
    expect(bucket.availableTokens()).toBe(100);
  });

  test('H1 a lease that is sat on is charged when it is settled, never more than burst in a window', () => {
    const { clock, bucket } = leased({ rate: 10, burst: 100 });
    take(bucket, 60);
    clock.ns += 60_000_000_000n;
    let granted = 0;
    while (bucket.tryAcquire()) granted++;
    // What was held and spent before is charged now: at most the whole burst in this moment.
    expect(granted).toBeLessThanOrEqual(100);
    expect(granted).toBeGreaterThanOrEqual(40);
  });

  test('H1 the largest lease is the one asked for', () => {
    const clock = new SteppedClock();
    const bucket = new TokenBucket({ rate: 1, burst: 1_000, clock, lease: { maxTokens: 1 } });
    let readings = 0;
    clock.nowNs = () => (readings++, 0n);
    take(bucket, 50);
    expect(readings).toBe(50);
    const wide = new TokenBucket({ rate: 1, burst: 1_000, clock, lease: { maxTokens: 8 } });
    readings = 0;
    take(wide, 81);
    expect(readings).toBeGreaterThan(10);
    expect(readings).toBeLessThan(15);
  });

  test('H1 with a clock of the user, or lease: false, each token is asked for', () => {
    for (const lease of [undefined, false]) {
      const clock = new SteppedClock();
      const bucket = new TokenBucket({ rate: 1, burst: 1_000, clock, lease });
      let readings = 0;
      clock.nowNs = () => (readings++, 0n);
      take(bucket, 100);
      expect(readings).toBe(100);
    }
  });

  test('on the system clock too', async () => {
    const bucket = new TokenBucket({ rate: 0.01, burst: 5_000 });
    take(bucket, 3_000);
    await endOfRun();
    take(bucket, 2_000);
    expect(bucket.tryAcquire()).toBe(false);
    expect(bucket.statistics()).toMatchObject({ allowedRequests: 5_000, blockedRequests: 1 });
  });
});

describe('with a lease out', () => {
  test('H1 acquire waits for what is truly missing, and nobody leases past who waits', async () => {
    const clock = new ManualClock();
    const bucket = new TokenBucket({ rate: 10, burst: 100, clock, lease: true });
    take(bucket, 95);
    const waits = [bucket.acquire(5), bucket.acquire(10)];
    expect(bucket.tryAcquire()).toBe(false);
    await clock.advance(999.999);
    expect(bucket.statistics()).toMatchObject({ allowedRequests: 96 });
    await clock.advance(0.001);
    expect(await Promise.all(waits)).toEqual([true, true]);
    expect(bucket.tryAcquire()).toBe(false);
  });

  test('H1 setRate keeps what the lease has spent, and the rest is of the new rate', () => {
    const { clock, bucket } = leased({ rate: 10, burst: 100 });
    take(bucket, 70);
    bucket.setRate(20);
    expect(bucket.availableTokens()).toBeCloseTo(30, 9);
    clock.ns += 1_000_000_000n;
    expect(bucket.availableTokens()).toBeCloseTo(50, 9);
    let granted = 0;
    while (bucket.tryAcquire()) granted++;
    expect(granted).toBe(50);
  });

  test('H1 reset forgets what was spent, and counts nothing of it', () => {
    const { bucket } = leased({ rate: 1, burst: 100 });
    take(bucket, 70);
    bucket.reset();
    expect(bucket.statistics().totalRequests).toBe(0);
    take(bucket, 100);
    expect(bucket.tryAcquire()).toBe(false);
    expect(bucket.statistics()).toMatchObject({ allowedRequests: 100, blockedRequests: 1 });
  });

  test('H1 dispose ends it: not one token more', async () => {
    const { bucket } = leased({ rate: 1, burst: 100 });
    take(bucket, 10);
    bucket[Symbol.dispose]();
    expect(() => bucket.tryAcquire()).toThrow(DisposedError);
    expect(() => bucket.tryAcquire(2)).toThrow(DisposedError);
    await endOfRun();
    expect(() => bucket.tryAcquire()).toThrow(DisposedError);
  });

  test('H1 share takes everything along that was spent', () => {
    const { clock, bucket } = leased({ rate: 1, burst: 100 });
    take(bucket, 30);
    const other = new TokenBucket({ rate: 1, burst: 100, clock, share: bucket.share });
    expect(other.availableTokens()).toBe(70);
    take(bucket, 30);
    expect(other.availableTokens()).toBe(40);
    expect(bucket.statistics().allowedRequests).toBe(60);
  });

  test('a clock that fails at the end of the run fails the next call, not the process', async () => {
    let isBroken = false;
    const clock: Clock = {
      nowNs: () => {
        if (isBroken) throw new Error('out of order');
        return 0n;
      },
      sleep: () => Promise.resolve(),
    };
    const bucket = new TokenBucket({ rate: 1, burst: 100, clock, lease: true });
    take(bucket, 10);
    isBroken = true;
    await endOfRun();
    expect(() => bucket.availableTokens()).toThrow('out of order');
    isBroken = false;
    expect(bucket.availableTokens()).toBe(90);
    expect(bucket.statistics().allowedRequests).toBe(10);
  });
});
