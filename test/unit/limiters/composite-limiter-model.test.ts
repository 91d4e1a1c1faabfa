import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CompositeLimiter, TokenBucket } from '../../../lib/index.js';
import { ManualClock } from '../../../lib/testing/index.js';
import { SteppedClock } from './stepped-clock.js';

const NANO = 1_000_000_000n;

const shapes = fc.array(
  fc.record({ rate: fc.integer({ min: 1, max: 200 }), burst: fc.integer({ min: 1, max: 12 }) }),
  { minLength: 1, maxLength: 4 },
);
type Shape = typeof shapes extends fc.Arbitrary<infer T> ? T : never;

function bucketsOf(shape: Shape, clock: SteppedClock | ManualClock): Record<string, TokenBucket> {
  return Object.fromEntries(
    shape.map(({ rate, burst }, i) => [`limit ${i}`, new TokenBucket({ rate, burst, clock })]),
  );
}

test('H3 charges every limit or none, exactly when all would allow it, and names the one that waits longest', () => {
  const steps = fc.array(
    fc.record({
      pauseMs: fc.integer({ min: 0, max: 400 }),
      cost: fc.integer({ min: 0, max: 13 }),
      alone: fc.option(fc.nat(3), { nil: undefined, freq: 4 }),
    }),
    { minLength: 1, maxLength: 50 },
  );
  fc.assert(
    fc.property(shapes, steps, (shape, script) => {
      const clock = new SteppedClock();
      const buckets = bucketsOf(shape, clock);
      const limiter = new CompositeLimiter({ limits: buckets, clock });
      const all = Object.entries(buckets);
      for (const { pauseMs, cost, alone } of script) {
        clock.ns += BigInt(pauseMs) * 1_000_000n;
        if (alone !== undefined) all[alone]?.[1].tryAcquireUpTo(cost);
        const before = all.map(([, bucket]) => bucket.availableTokens());
        const waits = all.map(([, bucket]) => bucket.peek(cost).retryAfterMs);
        const { allowed, refusedBy, retryAfterMs } = limiter.check(cost);
        const longestMs = Math.max(...waits);
        expect(allowed).toBe(longestMs === 0);
        expect(retryAfterMs).toBe(longestMs);
        expect(refusedBy).toBe(allowed ? undefined : all[waits.indexOf(longestMs)]?.[0]);
        for (const [i, [, bucket]] of all.entries()) {
          const charged = allowed ? cost : 0;
          expect(bucket.availableTokens()).toBeCloseTo((before[i] ?? 0) - charged, 6);
        }
      }
    }),
    { numRuns: 300 },
  );
});

/** One limit in exact arithmetic. */
class ExactBucket {
  #nano: bigint;
  #atNs = 0n;

  constructor(
    readonly rate: bigint,
    readonly burst: bigint,
  ) {
    this.#nano = burst * NANO;
  }

  /** The first nanosecond, from `fromNs` on, at which `cost` is there. */
  ready(fromNs: bigint, cost: bigint): bigint {
    this.#advance(fromNs);
    const missing = cost * NANO - this.#nano;
    return missing <= 0n ? fromNs : fromNs + (missing + this.rate - 1n) / this.rate;
  }

  take(atNs: bigint, cost: bigint): void {
    this.#advance(atNs);
    this.#nano -= cost * NANO;
  }

  #advance(nowNs: bigint): void {
    this.#nano += (nowNs - this.#atNs) * this.rate;
    if (this.#nano > this.burst * NANO) this.#nano = this.burst * NANO;
    this.#atNs = nowNs;
  }
}

test('H3 who waits is served in order, each at the first nanosecond at which all limits have enough', async () => {
  const script = fc.array(
    fc.record({
      pauseMs: fc.integer({ min: 0, max: 300 }),
      share: fc.integer({ min: 1, max: 100 }),
    }),
    { minLength: 1, maxLength: 12 },
  );
  await fc.assert(
    fc.asyncProperty(shapes, script, async (shape, joins) => {
      const clock = new ManualClock();
      const limiter = new CompositeLimiter({ limits: bucketsOf(shape, clock), clock });
      const exact = shape.map(({ rate, burst }) => new ExactBucket(BigInt(rate), BigInt(burst)));
      const most = Math.min(...shape.map(({ burst }) => burst));
      const expectedNs: bigint[] = [];
      const served: { index: number; atNs: bigint }[] = [];
      let latestNs = 0n;
      for (const [index, { pauseMs, share }] of joins.entries()) {
        await clock.advance(pauseMs);
        const cost = Math.max(1, Math.floor((most * share) / 100));
        if (clock.nowNs() > latestNs) latestNs = clock.nowNs();
        for (const bucket of exact) {
          const readyNs = bucket.ready(latestNs, BigInt(cost));
          if (readyNs > latestNs) latestNs = readyNs;
        }
        for (const bucket of exact) bucket.take(latestNs, BigInt(cost));
        expectedNs.push(latestNs);
        void limiter.acquire(cost).then(() => served.push({ index, atNs: clock.nowNs() }));
      }
      await clock.advance(13 * 13 * 1_000);
      expect(served.map(({ index }) => index)).toEqual(joins.map((_, index) => index));
      for (const { index, atNs } of served) {
        const lateNs = atNs - (expectedNs[index] ?? 0n);
        // Each wait ends at a whole nanosecond, and the next is counted from there.
        expect(lateNs).toBeGreaterThanOrEqual(-1n);
        expect(lateNs).toBeLessThanOrEqual(BigInt(index) + 2n);
      }
      expect(clock.sleeping).toBe(0);
    }),
    { numRuns: 60 },
  );
});
