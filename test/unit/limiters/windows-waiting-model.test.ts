import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SlidingWindow } from '../../../lib/index.js';
import { ManualClock } from '../../../lib/testing/index.js';

const WINDOW = 100;

interface Waiter {
  name: string;
  cost: number;
  priority: number;
  order: number;
  latest: number;
}

/** A window and those who wait for it, in whole milliseconds, everything computed anew each time. */
class PlainLine {
  grants: { at: number; cost: number }[] = [];
  waiters: Waiter[] = [];
  readonly entries: string[] = [];
  now = 0;

  constructor(readonly limit: number) {}

  static free(grants: { at: number; cost: number }[], limit: number, cost: number, from: number) {
    for (let at = from; ; at++) {
      const used = grants.reduce((sum, one) => (at - one.at < WINDOW ? sum + one.cost : sum), 0);
      if (used + cost <= limit) return at;
    }
  }

  /** When each is served; those who would wait too long are refused, and take no part. */
  plan(): { waiter: Waiter; at: number }[] {
    const grants = [...this.grants];
    const placed: { waiter: Waiter; at: number }[] = [];
    let from = this.now;
    for (const waiter of this.waiters) {
      const at = PlainLine.free(grants, this.limit, waiter.cost, from);
      if (at > waiter.latest) {
        this.entries.push(`${waiter.name} false @${String(this.now)}`);
        continue;
      }
      grants.push({ at, cost: waiter.cost });
      placed.push({ waiter, at });
      from = at;
    }
    this.waiters = placed.map(({ waiter }) => waiter);
    return placed;
  }

  /** Serves whoever is due. */
  settle(): void {
    for (const { waiter, at } of this.plan()) {
      if (at > this.now) break;
      this.grants.push({ at, cost: waiter.cost });
      this.waiters.shift();
      this.entries.push(`${waiter.name} true @${String(at)}`);
    }
  }

  join(waiter: Waiter): void {
    this.waiters.push(waiter);
    this.waiters.sort((a, b) => b.priority - a.priority || a.order - b.order);
    this.settle();
  }

  tryAcquire(cost: number): boolean {
    if (this.waiters.some(({ priority }) => priority >= 0)) return false;
    if (PlainLine.free(this.grants, this.limit, cost, this.now) > this.now) return false;
    this.grants.push({ at: this.now, cost });
    this.settle();
    return true;
  }

  estimate(cost: number): number {
    const before = { waiters: this.waiters, entries: this.entries.length };
    this.waiters = this.waiters.filter(({ priority }) => priority >= 0);
    const placed = this.plan();
    const grants = [...this.grants, ...placed.map(({ waiter, at }) => ({ at, cost: waiter.cost }))];
    const at = PlainLine.free(grants, this.limit, cost, placed.at(-1)?.at ?? this.now);
    this.waiters = before.waiters;
    this.entries.length = before.entries;
    return at - this.now;
  }

  leave(name: string): void {
    if (!this.waiters.some((waiter) => waiter.name === name)) return;
    this.waiters = this.waiters.filter((waiter) => waiter.name !== name);
    this.entries.push(`${name} aborted @${String(this.now)}`);
    this.settle();
  }

  advance(ms: number): void {
    for (let left = ms; left > 0; left--) {
      this.now++;
      this.settle();
    }
  }
}

const steps = fc.array(
  fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({
        act: fc.constant('join' as const),
        cost: fc.integer({ min: 1, max: 4 }),
        priority: fc.integer({ min: -1, max: 1 }),
        timeoutMs: fc.oneof(fc.constant(Infinity), fc.integer({ min: 0, max: 400 })),
      }),
    },
    { weight: 2, arbitrary: fc.record({ act: fc.constant('try' as const), cost: fc.nat(3) }) },
    { weight: 2, arbitrary: fc.record({ act: fc.constant('leave' as const), who: fc.nat(30) }) },
    { weight: 3, arbitrary: fc.record({ act: fc.constant('pause' as const), ms: fc.nat(120) }) },
  ),
  { minLength: 1, maxLength: 40 },
);

describe('waiting for a window against a plain line', () => {
  test('H2 who is served when, who is refused, and what is estimated, by priority and arrival', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 4, max: 9 }), steps, async (limit, script) => {
        const clock = new ManualClock();
        const window = new SlidingWindow({ limit, windowMs: WINDOW, clock });
        const plain = new PlainLine(limit);
        const entries: string[] = [];
        const controllers: AbortController[] = [];
        const note = (name: string) => (end: unknown) =>
          entries.push(`${name} ${String(end)} @${String(Number(clock.nowNs()) / 1e6)}`);
        for (const step of script) {
          const order = controllers.length;
          const name = `w${String(order)}`;
          if (step.act === 'join') {
            const controller = new AbortController();
            controllers.push(controller);
            const { cost, priority, timeoutMs } = step;
            plain.join({ name, cost, priority, order, latest: plain.now + timeoutMs });
            window
              .acquire(cost, { priority, timeoutMs, signal: controller.signal })
              .then(note(name), (error: unknown) => note(name)((error as Error).message));
          } else if (step.act === 'try') {
            expect(window.estimateWaitMs(step.cost + 1)).toBe(plain.estimate(step.cost + 1));
            expect(window.tryAcquire(step.cost + 1)).toBe(plain.tryAcquire(step.cost + 1));
          } else if (step.act === 'leave') {
            plain.leave(`w${String(step.who)}`);
            controllers[step.who]?.abort(new Error('aborted'));
          } else {
            await clock.advance(step.ms);
            plain.advance(step.ms);
          }
          await clock.advance(0);
        }
        await clock.advance(20_000);
        plain.advance(20_000);
        expect([...entries].sort()).toEqual([...plain.entries].sort());
        expect(clock.sleeping).toBe(0);
      }),
      { numRuns: 150 },
    );
  });
});
