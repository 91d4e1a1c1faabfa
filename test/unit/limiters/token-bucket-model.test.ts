import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { TokenBucket } from '../../../lib/index.js';
import { ManualClock } from '../../../lib/testing/index.js';
import { SteppedClock } from './stepped-clock.js';

/** Nano-tokens per token: at a whole rate, every nanosecond brings a whole number of them. */
const NANO = 1_000_000_000n;
const TICKS_PER_SECOND = 256n * NANO;

/** The textbook bucket in exact arithmetic: what the atomic one is measured against. */
class ExactBucket {
  #nanoTokens: bigint;
  #atNs = 0n;

  constructor(
    readonly rate: bigint,
    readonly burst: bigint,
  ) {
    this.#nanoTokens = burst * NANO;
  }

  at(nowNs: bigint): bigint {
    this.#nanoTokens += (nowNs - this.#atNs) * this.rate;
    if (this.#nanoTokens > this.burst * NANO) this.#nanoTokens = this.burst * NANO;
    this.#atNs = nowNs;
    return this.#nanoTokens;
  }

  take(cost: bigint): void {
    this.#nanoTokens -= cost * NANO;
  }
}

/** What `requests` of them may be too cheap by, in nano-tokens: each less than a tick of 1/256 ns. */
function allowance(rate: bigint, requests: number): bigint {
  return (BigInt(requests + 1) * rate * NANO) / TICKS_PER_SECOND + 1n;
}

const bucketShape = fc.record({
  rate: fc.oneof(
    fc.integer({ min: 1, max: 100 }),
    fc.integer({ min: 1, max: 20_000_000 }),
    fc.constantFrom(3, 7, 333, 14_880_952),
  ),
  burst: fc.integer({ min: 1, max: 1_000 }),
});

const steps = fc.array(
  fc.record({
    // Of the time one token takes: around it, and long pauses.
    pause: fc.oneof(
      { weight: 5, arbitrary: fc.double({ min: 0, max: 3, noNaN: true }) },
      fc.constant(2_000),
    ),
    cost: fc.integer({ min: 0, max: 1_100 }),
  }),
  { minLength: 1, maxLength: 60 },
);

describe('against exact arithmetic', () => {
  test('H1 grants at most burst + rate * t in every window, and refuses only what is not there', () => {
    fc.assert(
      fc.property(bucketShape, steps, ({ rate, burst }, script) => {
        const clock = new SteppedClock();
        const bucket = new TokenBucket({ rate, burst, clock });
        const exact = new ExactBucket(BigInt(rate), BigInt(burst));
        const grants: { atNs: bigint; cost: bigint }[] = [];
        for (const { pause, cost } of script) {
          clock.ns += BigInt(Math.floor((pause * 1e9) / rate));
          const available = exact.at(clock.ns);
          const needed = BigInt(cost) * NANO;
          if (bucket.tryAcquire(cost)) {
            exact.take(BigInt(cost));
            grants.push({ atNs: clock.ns, cost: BigInt(cost) });
            expect(available + allowance(BigInt(rate), grants.length)).toBeGreaterThanOrEqual(
              needed,
            );
          } else {
            expect(available).toBeLessThan(needed);
          }
        }
        expectWindows(grants, BigInt(rate), BigInt(burst));
      }),
      { numRuns: 500 },
    );
  });

  test('H1 a refused request is refused until retryAfterMs, and granted then', () => {
    fc.assert(
      fc.property(
        bucketShape,
        fc.array(fc.double({ min: 0.1, max: 1.1, noNaN: true }), { minLength: 1, maxLength: 20 }),
        ({ rate, burst }, shares) => {
          const clock = new SteppedClock();
          const bucket = new TokenBucket({ rate, burst, clock });
          for (const share of shares) {
            const cost = burst * share;
            const { allowed, retryAfterMs } = bucket.check(cost);
            if (allowed) continue;
            if (cost > burst) {
              expect(retryAfterMs).toBe(Infinity);
              continue;
            }
            clock.ns += BigInt(Math.round(retryAfterMs * 1e6)) - 1n;
            expect(bucket.peek(cost).allowed).toBe(false);
            clock.ns += 1n;
            expect(bucket.tryAcquire(cost)).toBe(true);
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  test('H1 time that jumps back grants nothing more', () => {
    fc.assert(
      fc.property(
        bucketShape,
        fc.array(fc.integer({ min: -3_000, max: 3_000 }), { minLength: 1, maxLength: 60 }),
        ({ rate, burst }, jumps) => {
          const clock = new SteppedClock();
          const bucket = new TokenBucket({ rate, burst, clock });
          let granted = 0n;
          let latestNs = 0n;
          for (const jump of jumps) {
            clock.ns += BigInt(Math.floor((jump * 1e6) / rate));
            if (clock.ns > latestNs) latestNs = clock.ns;
            granted += BigInt(bucket.tryAcquireUpTo(1_000));
          }
          const bound = (BigInt(burst) * NANO + latestNs * BigInt(rate)) / NANO;
          expect(granted).toBeLessThanOrEqual(bound + 1n);
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe('waiting against exact arithmetic', () => {
  test('H1 waits are served in order, each at the first nanosecond at which its tokens are there', async () => {
    await fc.assert(
      fc.asyncProperty(
        bucketShape,
        fc.array(
          fc.record({
            pause: fc.integer({ min: 0, max: 3_000 }),
            share: fc.integer({ min: 1, max: 100 }),
          }),
          {
            minLength: 1,
            maxLength: 12,
          },
        ),
        async ({ rate, burst }, script) => {
          const clock = new ManualClock();
          const bucket = new TokenBucket({ rate, burst, clock });
          const granted: { index: number; atNs: bigint; cost: bigint }[] = [];
          const expectedNs: bigint[] = [];
          const line = new ExactLine(BigInt(rate), BigInt(burst));
          for (const [index, { pause, share }] of script.entries()) {
            await clock.advance((pause * 1e3) / rate);
            const cost = BigInt(Math.max(1, Math.floor((burst * share) / 100)));
            expectedNs.push(line.join(clock.nowNs(), cost));
            void bucket
              .acquire(Number(cost))
              .then(() => granted.push({ index, atNs: clock.nowNs(), cost }));
          }
          await clock.advance(((script.length + 1) * burst * 1e3) / rate + 1);
          expect(granted.map(({ index }) => index)).toEqual(script.map((_, index) => index));
          for (const { index, atNs } of granted) {
            const late = atNs - (expectedNs[index] ?? 0n);
            // Too early by the ticks its forerunners were too cheap by; too late by rounding up to a nanosecond.
            expect(late).toBeGreaterThanOrEqual(-1n);
            expect(late).toBeLessThanOrEqual(1n);
          }
          expectWindows(granted, BigInt(rate), BigInt(burst));
        },
      ),
      { numRuns: 60 },
    );
  });
});

/** When each of a line is served, in exact arithmetic: the bucket may be overdrawn, and is repaid before the next. */
class ExactLine {
  /** Scaled by the rate, so that it stays whole: (ns * rate) at which everything taken is repaid. */
  #repaid = 0n;

  constructor(
    readonly rate: bigint,
    readonly burst: bigint,
  ) {}

  join(nowNs: bigint, cost: bigint): bigint {
    const now = nowNs * this.rate;
    const from = this.#repaid > now ? this.#repaid : now;
    this.#repaid = from + cost * NANO;
    const served = this.#repaid - this.burst * NANO;
    if (served <= now) return nowNs;
    return (served + this.rate - 1n) / this.rate;
  }
}

function expectWindows(
  grants: { atNs: bigint; cost: bigint }[],
  rate: bigint,
  burst: bigint,
): void {
  for (let first = 0; first < grants.length; first++) {
    let sum = 0n;
    for (let last = first; last < grants.length; last++) {
      const grant = grants[last];
      const start = grants[first];
      if (grant === undefined || start === undefined) continue;
      sum += grant.cost;
      const bound = burst * NANO + (grant.atNs - start.atNs) * rate;
      const slack = allowance(rate, last - first + 1);
      if (sum * NANO > bound + slack)
        expect.fail(`${sum} tokens from ${start.atNs} to ${grant.atNs} ns`);
    }
  }
}
