// What holds of every Limiter, whatever its algorithm. Models of each are in its own tests.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Decision, Limiter } from '../../../lib/index.js';
import { type Kind, kinds } from './limiter-kinds.js';
import { SteppedClock } from './stepped-clock.js';

const shape = fc.record({
  rate: fc.constantFrom(1, 3, 10, 1_000, 250_000),
  size: fc.integer({ min: 1, max: 12 }),
});

/** Pauses are in units of the time one unit takes. */
const step = fc.record({
  pause: fc.oneof(
    { weight: 6, arbitrary: fc.double({ min: 0, max: 2, noNaN: true }) },
    { weight: 1, arbitrary: fc.double({ min: 0, max: 40, noNaN: true }) },
  ),
  cost: fc.oneof(
    { weight: 4, arbitrary: fc.integer({ min: 0, max: 4 }) },
    { weight: 1, arbitrary: fc.integer({ min: 5, max: 14 }) },
  ),
  call: fc.constantFrom('try', 'try', 'try', 'check', 'refund', 'rate', 'reset', 'back'),
  factor: fc.constantFrom(0.5, 1, 2, 3),
});
const script = fc.array(step, { minLength: 1, maxLength: 40 });
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** Runs a script on a limiter of this kind; `look` is called before each step and can do without consequences. */
class Run {
  readonly clock = new SteppedClock(1_000_000_000n);
  readonly limiter: Limiter;
  rate: number;
  /** Decisions by what was called. */
  decided = { allowed: 0, blocked: 0 };

  constructor(
    kind: Kind,
    readonly slowest: number,
    size: number,
  ) {
    this.rate = slowest;
    this.limiter = kind.make(slowest, size, this.clock);
  }

  move(units: number): void {
    this.clock.ns += BigInt(Math.round((units * 1e9) / this.rate));
  }

  /** @returns units granted */
  request(cost: number, explains: boolean): number {
    const allowed = explains ? this.limiter.check(cost).allowed : this.limiter.tryAcquire(cost);
    this.decided[allowed ? 'allowed' : 'blocked']++;
    return allowed ? cost : 0;
  }

  /** Rates go up and down, from the one at the start to 8 times that: no limit comes to less than 1. */
  setRate(factor: number): void {
    this.rate = Math.min(Math.max(this.rate * factor, this.slowest), 8 * this.slowest);
    this.limiter.setRate(this.rate);
  }

  /** @returns units granted */
  do({ call, cost, factor, pause }: Step): number {
    if (call === 'back') this.clock.ns -= BigInt(Math.round((pause * 1e9) / this.rate));
    else this.move(pause);
    if (call === 'refund') this.limiter.refund(cost);
    else if (call === 'rate') this.setRate(factor);
    else if (call === 'reset') this.limiter.reset();
    else return this.request(cost, call === 'check');
    if (call === 'reset') this.decided = { allowed: 0, blocked: 0 };
    return 0;
  }
}

/** Runs scripts of this kind of limiter, and `check` before each step. */
function everywhere(
  kind: Kind,
  check: (run: Run, next: Step, granted: number) => void,
  steps = script,
): void {
  fc.assert(
    fc.property(shape, steps, ({ rate, size }, all) => {
      const run = new Run(kind, rate, size);
      let granted = 0;
      for (const next of all) {
        check(run, next, granted);
        granted += run.do(next);
      }
      run.limiter[Symbol.dispose]();
    }),
    { numRuns: 150 },
  );
}

const calm = fc.array(
  step.map((each) => ({ ...each, call: each.call === 'back' ? ('try' as const) : each.call })),
  { minLength: 1, maxLength: 40 },
);

/** Nanoseconds after which a request that was refused is to be allowed. */
const wholeNs = ({ retryAfterMs }: Decision): bigint =>
  BigInt(Math.ceil(retryAfterMs * 1e6 - 1e-3));

describe.each(kinds)('$name', (kind) => {
  test('H1 H2 H3 peek says what check says, and a check that takes leaves the rest', () => {
    everywhere(kind, ({ limiter }, { cost }) => {
      const before = limiter.peek(cost);
      expect(limiter.peek(cost)).toEqual(before);
      expect(limiter.estimateWaitMs(cost)).toBe(before.retryAfterMs);
    });
    everywhere(kind, (run, { cost }) => {
      const before = run.limiter.peek(cost);
      const decision = run.limiter.check(cost);
      run.decided[decision.allowed ? 'allowed' : 'blocked']++;
      if (!before.allowed) expect(decision).toEqual(before);
      expect(decision.allowed).toBe(before.allowed);
      expect(decision.limit).toBe(before.limit);
      expect(decision.retryAfterMs).toBe(before.retryAfterMs);
      expect(decision.remaining).toBeLessThanOrEqual(before.remaining);
      expect(decision.resetMs).toBeGreaterThanOrEqual(before.resetMs);
      if (cost > 0 && decision.allowed) {
        expect(decision.remaining).toBeGreaterThanOrEqual(before.remaining - cost - 1);
        expect(decision.remaining).toBeLessThanOrEqual(before.remaining - cost + 1);
      }
    });
  });

  test('H1 H2 H3 every decision is within its bounds', () => {
    everywhere(kind, ({ limiter }, { cost }) => {
      const { allowed, limit, remaining, retryAfterMs, resetMs } = limiter.peek(cost);
      expect(Number.isInteger(remaining)).toBe(true);
      expect(remaining).toBeGreaterThanOrEqual(0);
      expect(remaining).toBeLessThanOrEqual(limit);
      expect(allowed).toBe(retryAfterMs === 0);
      expect(retryAfterMs).toBeGreaterThanOrEqual(0);
      expect(retryAfterMs === Infinity).toBe(cost > limit);
      expect(resetMs).toBeGreaterThanOrEqual(0);
      expect(resetMs).toBeLessThan(Infinity);
      if (allowed) expect(remaining).toBeGreaterThanOrEqual(cost);
    });
  });

  test('H1 H2 H3 refused until retryAfterMs, to the nanosecond, and allowed then', () => {
    everywhere(
      kind,
      ({ limiter, clock }, { cost }) => {
        const refusal = limiter.peek(cost);
        if (refusal.allowed || refusal.retryAfterMs === Infinity) return;
        const nowNs = clock.ns;
        clock.ns = nowNs + wholeNs(refusal);
        expect(limiter.peek(cost).allowed).toBe(true);
        clock.ns -= 1n;
        expect(limiter.peek(cost).allowed).toBe(false);
        clock.ns = nowNs;
        expect(limiter.peek(cost)).toEqual(refusal);
      },
      calm,
    );
  });

  test('H1 H2 H3 all of it is there again after resetMs', () => {
    everywhere(
      kind,
      ({ limiter, clock }) => {
        const nowNs = clock.ns;
        const { resetMs } = limiter.peek(0);
        clock.ns = nowNs + BigInt(Math.ceil(resetMs * 1e6 - 1e-3));
        const { remaining, limit, resetMs: rest } = limiter.peek(0);
        expect(remaining).toBe(Math.floor(limit));
        expect(rest).toBe(0);
        clock.ns = nowNs;
      },
      calm,
    );
  });

  test('H1 H2 H3 no clock, no change of rate lets more through than the rate allows', () => {
    const plain = fc.array(
      step.map((each) => ({
        ...each,
        call: each.call === 'refund' || each.call === 'reset' ? ('try' as const) : each.call,
      })),
      { minLength: 1, maxLength: 80 },
    );
    fc.assert(
      fc.property(shape, plain, ({ rate, size }, all) => {
        const run = new Run(kind, rate, size);
        const startNs = run.clock.ns;
        let newestNs = startNs;
        let granted = 0;
        let fastest: number = rate;
        let largest = run.limiter.peek(0).limit;
        for (const next of all) {
          granted += run.do(next);
          if (run.clock.ns > newestNs) newestNs = run.clock.ns;
          fastest = Math.max(fastest, run.rate);
          largest = Math.max(largest, run.limiter.peek(0).limit);
          const seconds = Number(newestNs - startNs) / 1e9;
          expect(granted).toBeLessThanOrEqual(kind.most(fastest, largest, seconds) + 1e-6);
        }
      }),
      { numRuns: 200 },
    );
  });

  test('H1 H2 H3 H11 statistics add up, and count every decision once', () => {
    everywhere(kind, ({ limiter, decided }) => {
      const { totalRequests, allowedRequests, blockedRequests, timedOutRequests, successRate } =
        limiter.statistics();
      expect(totalRequests).toBe(allowedRequests + blockedRequests + timedOutRequests);
      expect({ allowed: allowedRequests, blocked: blockedRequests }).toEqual(decided);
      expect(timedOutRequests).toBe(0);
      expect(successRate).toBe(totalRequests === 0 ? 1 : allowedRequests / totalRequests);
    });
  });

  test('H1 H2 H3 a refund gives back what was taken, and never more than there can be', () => {
    everywhere(
      kind,
      ({ limiter }, { cost }) => {
        const before = limiter.peek(cost);
        if (before.allowed && cost > 0) {
          expect(limiter.tryAcquire(cost)).toBe(true);
          limiter.refund(cost);
          expect(Math.abs(limiter.peek(cost).remaining - before.remaining)).toBeLessThanOrEqual(1);
        }
        const { limit } = before;
        limiter.refund(1_000 * limit);
        expect(limiter.peek(0).remaining).toBe(Math.floor(limit));
      },
      calm,
    );
  });

  test('H1 H2 H3 a lower rate gives nothing back, and a rate set anew changes nothing', () => {
    everywhere(
      kind,
      (run) => {
        const { limiter, rate, slowest } = run;
        const before = limiter.peek(0);
        limiter.setRate(rate);
        expect(limiter.peek(0).remaining).toBe(before.remaining);
        limiter.setRate(slowest);
        expect(limiter.peek(0).remaining).toBeLessThanOrEqual(before.remaining);
        run.rate = slowest;
      },
      calm,
    );
  });

  test('H1 H2 H3 after a reset all is there', () => {
    everywhere(kind, ({ limiter, decided }) => {
      limiter.reset();
      decided.allowed = decided.blocked = 0;
      const { remaining, limit, resetMs } = limiter.peek(0);
      expect(remaining).toBe(Math.floor(limit));
      expect(resetMs).toBe(0);
    });
  });
});
