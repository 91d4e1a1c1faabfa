// What holds of waiting for every Limiter, whatever its algorithm.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Limiter } from '../../../lib/index.js';
import { ManualClock } from '../../../lib/testing/index.js';
import { kinds } from './limiter-kinds.js';

const shape = fc.record({
  rate: fc.constantFrom(1, 10, 1_000),
  size: fc.integer({ min: 1, max: 8 }),
});

/** Pauses and patience are in units of the time one unit takes. */
const step = fc.record({
  pause: fc.oneof(fc.constant(0), fc.double({ min: 0, max: 4, noNaN: true })),
  cost: fc.integer({ min: 0, max: 9 }),
  call: fc.constantFrom('acquire', 'acquire', 'acquire', 'try', 'abort', 'refund', 'rate', 'reset'),
  patience: fc.oneof(fc.constant(Infinity), fc.double({ min: 0, max: 12, noNaN: true })),
  priority: fc.constantFrom(0, 0, 0, 1, -1),
  which: fc.nat(20),
});
const script = fc.array(step, { minLength: 1, maxLength: 14 });
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

interface Wait {
  readonly cost: number;
  readonly joinedNs: bigint;
  readonly patienceMs: number;
  readonly controller: AbortController;
  /** How often its promise was settled. */
  settled: number;
  outcome?: boolean | 'aborted';
  endedNs?: bigint;
}

class Waits {
  readonly clock = new ManualClock(1_000_000_000n);
  readonly all: Wait[] = [];
  tried = { allowed: 0, blocked: 0 };

  readonly limiter: Limiter;

  constructor(make: (clock: ManualClock) => Limiter) {
    this.limiter = make(this.clock);
  }

  acquire(cost: number, patienceMs: number, priority: number): void {
    const wait: Wait = {
      cost,
      joinedNs: this.clock.nowNs(),
      patienceMs,
      controller: new AbortController(),
      settled: 0,
    };
    const end = (outcome: boolean | 'aborted'): void => {
      wait.settled++;
      wait.outcome = outcome;
      wait.endedNs = this.clock.nowNs();
    };
    this.limiter
      .acquire(cost, {
        timeoutMs: patienceMs,
        signal: wait.controller.signal,
        priority,
      })
      .then(end, () => {
        end('aborted');
      });
    this.all.push(wait);
  }

  try(cost: number): void {
    this.tried[this.limiter.tryAcquire(cost) ? 'allowed' : 'blocked']++;
  }

  abort(which: number): void {
    this.all[which % Math.max(this.all.length, 1)]?.controller.abort();
  }
}

function doStep(waits: Waits, each: Step, rate: number): void {
  const patienceMs = (each.patience * 1_000) / rate;
  const { limiter } = waits;
  if (each.call === 'acquire') waits.acquire(each.cost, patienceMs, each.priority);
  else if (each.call === 'try') waits.try(each.cost);
  else if (each.call === 'abort') waits.abort(each.which);
  else if (each.call === 'refund') limiter.refund(each.cost);
  else if (each.call === 'rate') limiter.setRate(rate * (1 + (each.which % 3)));
  else limiter.reset();
}

/** Ends a turn: what was settled is told. */
const turn = async (): Promise<void> =>
  new Promise((resolve) => {
    setImmediate(resolve);
  });

describe.each(kinds)('$name', (kind) => {
  test('H1 H2 H3 acquire waits as long as estimateWaitMs says when nobody comes after it', async () => {
    await fc.assert(
      fc.asyncProperty(
        shape,
        fc.array(
          fc.record({ pause: fc.double({ min: 0, max: 3, noNaN: true }), cost: fc.nat(9) }),
          {
            minLength: 1,
            maxLength: 12,
          },
        ),
        async ({ rate, size }, all) => {
          const unitMs = 1_000 / rate;
          const waits = new Waits((clock) => kind.make(rate, size, clock));
          const { limiter, clock } = waits;
          const expected: number[] = [];
          for (const { pause, cost } of all) {
            await clock.advance(pause * unitMs);
            expected.push(limiter.estimateWaitMs(cost));
            waits.acquire(cost, Infinity, 0);
            await turn();
          }
          await clock.advance(200 * size * unitMs);
          for (const [
            index,
            { cost, joinedNs, endedNs, outcome, settled },
          ] of waits.all.entries()) {
            const estimate = expected[index] ?? NaN;
            expect(settled).toBe(1);
            expect(outcome).toBe(estimate !== Infinity);
            expect(estimate === Infinity).toBe(cost > limiter.peek(0).limit);
            if (estimate === Infinity) continue;
            const waitedMs = Number((endedNs ?? 0n) - joinedNs) / 1e6;
            // A wait ends at a whole nanosecond.
            expect(Math.abs(waitedMs - estimate)).toBeLessThanOrEqual(3e-6);
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  test('H1 H2 H3 H11 each wait is settled once, in time, and counted; dispose settles the rest', async () => {
    await fc.assert(
      fc.asyncProperty(shape, script, async ({ rate, size }, all) => {
        const unitMs = 1_000 / rate;
        const steps = all.map((each) =>
          each.call === 'reset' ? { ...each, call: 'try' as const } : each,
        );
        const waits = new Waits((clock) => kind.make(rate, size, clock));
        const { limiter, clock } = waits;
        for (const each of steps) {
          await clock.advance(each.pause * unitMs);
          doStep(waits, each, rate);
          await turn();
        }
        for (const { settled, outcome, joinedNs, endedNs, patienceMs } of waits.all) {
          expect(settled).toBeLessThanOrEqual(1);
          if (outcome === true) {
            expect(Number((endedNs ?? 0n) - joinedNs) / 1e6).toBeLessThanOrEqual(patienceMs + 1e-6);
          }
        }
        const { totalRequests, allowedRequests, blockedRequests, timedOutRequests } =
          limiter.statistics();
        const count = (outcome: Wait['outcome']): number =>
          waits.all.filter((wait) => wait.outcome === outcome).length;
        expect(totalRequests).toBe(allowedRequests + blockedRequests + timedOutRequests);
        expect(allowedRequests).toBe(waits.tried.allowed + count(true));
        expect(blockedRequests + timedOutRequests).toBe(waits.tried.blocked + count(false));
        limiter[Symbol.dispose]();
        await turn();
        expect(waits.all.map(({ settled }) => settled)).toEqual(waits.all.map(() => 1));
        await clock.advance(1_000 * unitMs);
        expect(waits.all.every(({ settled }) => settled === 1)).toBe(true);
        expect(clock.sleeping).toBe(0);
      }),
      { numRuns: 80 },
    );
  });

  test('H1 H2 H3 nobody waits for ever: when all is calm, whoever is patient is served', async () => {
    await fc.assert(
      fc.asyncProperty(shape, script, async ({ rate, size }, all) => {
        const unitMs = 1_000 / rate;
        const waits = new Waits((clock) => kind.make(rate, size, clock));
        const { limiter, clock } = waits;
        for (const each of all) {
          await clock.advance(each.pause * unitMs);
          doStep(waits, each, rate);
          await turn();
        }
        await clock.advance(500 * size * unitMs);
        for (const { cost, outcome, settled, patienceMs } of waits.all) {
          expect(settled).toBe(1);
          if (patienceMs === Infinity && cost <= size) expect(outcome).not.toBe(false);
        }
        expect(clock.sleeping).toBe(0);
        expect(limiter.peek(0).remaining).toBe(Math.floor(limiter.peek(0).limit));
      }),
      { numRuns: 60 },
    );
  });
});
