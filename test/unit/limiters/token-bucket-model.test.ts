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
          // A wait ends at a whole nanosecond, up to one late.
          expectWindows(granted, BigInt(rate), BigInt(burst), 1n);
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('leaving the line against exact arithmetic', () => {
  const events = fc.array(
    fc.record({
      pause: fc.integer({ min: 0, max: 2_000 }),
      share: fc.integer({ min: 1, max: 100 }),
      abort: fc.option(fc.nat(15), { nil: undefined }),
    }),
    { minLength: 1, maxLength: 16 },
  );

  test('H1 whoever stays is served as if those who left had never come', async () => {
    await fc.assert(
      fc.asyncProperty(bucketShape, events, async ({ rate, burst }, script) => {
        const clock = new ManualClock();
        const bucket = new TokenBucket({ rate, burst, clock });
        const line = new LeavableLine(BigInt(rate), BigInt(burst));
        const controllers: AbortController[] = [];
        const granted: { index: number; atNs: bigint; cost: bigint }[] = [];
        for (const [index, { pause, share, abort }] of script.entries()) {
          await clock.advance((pause * 1e3) / rate);
          const cost = BigInt(Math.max(1, Math.floor((burst * share) / 100)));
          const controller = new AbortController();
          controllers.push(controller);
          line.join(index, clock.nowNs(), cost);
          bucket.acquire(Number(cost), { signal: controller.signal }).then(
            () => granted.push({ index, atNs: clock.nowNs(), cost }),
            () => undefined,
          );
          if (abort !== undefined) {
            line.leave(abort, clock.nowNs());
            controllers[abort]?.abort();
          }
          await clock.advance(0);
        }
        await clock.advance(((script.length + 1) * burst * 1e3) / rate + 1);
        const served = line.serve(clock.nowNs());
        expect(granted.map(({ index }) => index)).toEqual(served.map(({ index }) => index));
        for (const [i, { atNs }] of granted.entries()) {
          const late = atNs - (served[i]?.atNs ?? 0n);
          expect(late).toBeGreaterThanOrEqual(-1n);
          // A nanosecond for rounding up, and one for each of the first in line that left.
          expect(late).toBeLessThanOrEqual(1n + BigInt(script.length));
        }
        expect(clock.sleeping).toBe(0);
      }),
      { numRuns: 150 },
    );
  });
});

describe('an event loop that stalls', () => {
  test('H1 however late timers come: at most burst + rate * (t + 20 ms) in every window', async () => {
    const stalls = fc.array(
      fc.oneof(
        { weight: 4, arbitrary: fc.double({ min: 0, max: 3, noNaN: true }) },
        { weight: 1, arbitrary: fc.double({ min: 3, max: 60, noNaN: true }) },
      ),
      { minLength: 5, maxLength: 40 },
    );
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 500 }),
        fc.integer({ min: 1, max: 20 }),
        stalls,
        async (rate, burst, script) => {
          const clock = new LateClock();
          const bucket = new TokenBucket({ rate, burst, clock });
          const grants: { atNs: bigint; cost: bigint }[] = [];
          for (let i = 0; i < 60; i++) {
            void bucket.acquire().then(() => grants.push({ atNs: clock.nowNs(), cost: 1n }));
          }
          await clock.wakeAfter(0n);
          for (const tokens of script) {
            await clock.wakeAfter(BigInt(Math.floor((tokens * 1e9) / rate)));
            if (bucket.tryAcquire()) grants.push({ atNs: clock.nowNs(), cost: 1n });
          }
          expectWindows(grants, BigInt(rate), BigInt(burst), 20_000_000n);
        },
      ),
      { numRuns: 150 },
    );
  });
});

/** A clock whose sleepers wake when the test says, not when they asked to. */
class LateClock extends SteppedClock {
  readonly #sleepers: (() => void)[] = [];

  override sleep(): Promise<void> {
    return new Promise((resolve) => this.#sleepers.push(resolve));
  }

  async wakeAfter(ns: bigint): Promise<void> {
    this.ns += ns;
    for (const wake of this.#sleepers.splice(0)) wake();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** A line in exact arithmetic, whose members may leave; times are scaled by the rate, so that they stay whole. */
class LeavableLine {
  #repaid = 0n;
  readonly #waiting: { index: number; joined: bigint; cost: bigint }[] = [];
  readonly #served: { index: number; atNs: bigint }[] = [];

  constructor(
    readonly rate: bigint,
    readonly burst: bigint,
  ) {}

  join(index: number, nowNs: bigint, cost: bigint): void {
    this.serve(nowNs);
    const now = nowNs * this.rate;
    if (this.#waiting.length === 0 && this.#repaid < now) this.#repaid = now;
    this.#waiting.push({ index, joined: now, cost });
    this.serve(nowNs);
  }

  leave(index: number, nowNs: bigint): void {
    this.serve(nowNs);
    const place = this.#waiting.findIndex((waiter) => waiter.index === index);
    if (place >= 0) this.#waiting.splice(place, 1);
    this.#left = nowNs * this.rate;
    this.serve(nowNs);
  }

  /** Nobody can be served before the moment at which somebody ahead left. */
  #left = 0n;

  serve(nowNs: bigint): { index: number; atNs: bigint }[] {
    for (let first = this.#waiting[0]; first !== undefined; first = this.#waiting[0]) {
      let at = this.#repaid + first.cost * NANO - this.burst * NANO;
      if (at < first.joined) at = first.joined;
      if (at < this.#left) at = this.#left;
      const atNs = (at + this.rate - 1n) / this.rate;
      if (atNs > nowNs) break;
      this.#repaid += first.cost * NANO;
      this.#served.push({ index: first.index, atNs });
      this.#waiting.shift();
    }
    return this.#served;
  }
}

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
  catchUpNs = 0n,
): void {
  for (const [first, start] of grants.entries()) {
    let sum = 0n;
    for (const [i, grant] of grants.slice(first).entries()) {
      sum += grant.cost;
      const bound = burst * NANO + (grant.atNs - start.atNs + catchUpNs) * rate;
      if (sum * NANO > bound + allowance(rate, i + 1)) {
        expect.fail(`${sum} tokens from ${start.atNs} to ${grant.atNs} ns`);
      }
    }
  }
}
