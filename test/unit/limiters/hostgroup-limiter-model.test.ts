import fc from 'fast-check';
import { expect, test } from 'vitest';
import { HostgroupLimiter, type TargetPermit } from '../../../lib/index.js';
import { ManualClock } from '../../../lib/testing/index.js';

interface PlainWaiter {
  readonly name: string;
  readonly priority: number;
  readonly order: number;
  readonly endMs: number;
}

/** The rules written down plainly: a list that is sorted anew each time. */
class PlainLimiter {
  readonly active = new Set<string>();
  waiters: PlainWaiter[] = [];
  readonly gone: string[] = [];
  nowMs = 0;

  constructor(public max: number) {}

  join(name: string, order: number, priority: number, timeoutMs: number): void {
    if (timeoutMs === 0 && this.active.size >= this.max) {
      this.gone.push(name);
      return;
    }
    this.waiters.push({ name, priority, order, endMs: this.nowMs + timeoutMs });
    this.serve();
  }

  leave(name: string): void {
    this.waiters = this.waiters.filter((waiter) => waiter.name !== name);
  }

  advance(ms: number): void {
    this.nowMs += ms;
    const late = this.waiters.filter(({ endMs }) => endMs <= this.nowMs);
    this.gone.push(...late.map(({ name }) => name));
    this.waiters = this.waiters.filter(({ endMs }) => endMs > this.nowMs);
  }

  serve(): void {
    this.waiters.sort((a, b) => b.priority - a.priority || a.order - b.order);
    for (; this.active.size < this.max && this.waiters.length > 0; this.waiters.shift()) {
      this.active.add(this.waiters[0]?.name ?? '');
    }
  }
}

const script = fc.array(
  fc.oneof(
    fc.record({
      step: fc.constant('join' as const),
      priority: fc.integer({ min: -1, max: 1 }),
      timeoutMs: fc.constantFrom(0, 50, 500, Infinity),
    }),
    fc.record({ step: fc.constant('release' as const), which: fc.nat() }),
    fc.record({ step: fc.constant('abort' as const), which: fc.nat() }),
    fc.record({ step: fc.constant('max' as const), max: fc.integer({ min: 1, max: 5 }) }),
    fc.record({ step: fc.constant('wait' as const), ms: fc.integer({ min: 0, max: 100 }) }),
  ),
  { maxLength: 60 },
);

test('P6 a limiter does what the rules say: who holds a permit, who waits, who was refused', async () => {
  await fc.assert(
    fc.asyncProperty(script, fc.integer({ min: 1, max: 4 }), async (steps, max) => {
      const clock = new ManualClock();
      const limiter = new HostgroupLimiter({ max, clock });
      const plain = new PlainLimiter(max);
      const held = new Map<string, TargetPermit>();
      const refused = new Set<string>();
      const controllers = new Map<string, AbortController>();
      for (const [order, step] of steps.entries()) {
        if (step.step === 'join') {
          const name = `target ${order}`;
          const controller = new AbortController();
          controllers.set(name, controller);
          const { priority, timeoutMs } = step;
          plain.join(name, order, priority, timeoutMs);
          limiter.acquireTarget(name, { priority, timeoutMs, signal: controller.signal }).then(
            (permit) => held.set(name, permit),
            () => refused.add(name),
          );
        } else if (step.step === 'release' && plain.active.size > 0) {
          const name = [...plain.active][step.which % plain.active.size] ?? '';
          plain.active.delete(name);
          plain.serve();
          held.get(name)?.release();
          held.delete(name);
        } else if (step.step === 'abort' && plain.waiters.length > 0) {
          const name = plain.waiters[step.which % plain.waiters.length]?.name ?? '';
          plain.leave(name);
          plain.gone.push(name);
          controllers.get(name)?.abort();
        } else if (step.step === 'max') {
          plain.max = step.max;
          plain.serve();
          limiter.setMax(step.max);
        } else if (step.step === 'wait') {
          plain.advance(step.ms);
          await clock.advance(step.ms);
        }
        await clock.advance(0);
        expect([...held.keys()].sort()).toEqual([...plain.active].sort());
        expect([...refused].sort()).toEqual([...plain.gone].sort());
        expect(limiter.active).toBe(plain.active.size);
        expect(limiter.waiting).toBe(plain.waiters.length);
      }
    }),
    { numRuns: 150 },
  );
});
