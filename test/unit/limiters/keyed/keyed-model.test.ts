import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { KeyedLimiter } from '../../../../lib/index.js';
import { SteppedClock } from '../stepped-clock.js';
import { ExactBuckets } from './exact-buckets.js';

const shape = fc.record({
  rate: fc.constantFrom(1, 2, 5, 10, 100, 1_000, 50_000),
  burst: fc.integer({ min: 1, max: 12 }),
});

const key = (count: number): fc.Arbitrary<string | number> =>
  fc.oneof(fc.nat(count), fc.nat(count).map(String));

interface Step {
  verb: 'take' | 'check' | 'penalize' | 'reward' | 'block' | 'delete' | 'batch';
  key: string | number;
  amount: number;
  /** In thousandths of a token's time. */
  pause: number;
}

function steps(keys: number, verbs: readonly Step['verb'][]): fc.Arbitrary<Step[]> {
  const step = fc.record({
    verb: fc.constantFrom(...verbs),
    key: key(keys),
    amount: fc.integer({ min: 0, max: 13 }),
    pause: fc.oneof(
      { weight: 3, arbitrary: fc.constant(0) },
      { weight: 3, arbitrary: fc.nat(3_000) },
      { weight: 1, arbitrary: fc.nat(50_000) },
    ),
  });
  return fc.array(step, { minLength: 1, maxLength: 300, size: 'max' });
}

/** A limiter and its model, side by side. */
class Pair implements Disposable {
  readonly clock = new SteppedClock(5_000_000_000n);
  readonly model: ExactBuckets;
  readonly limiter: KeyedLimiter;

  constructor(
    readonly rate: number,
    readonly burst: number,
    options: { maxKeys?: number; idleMs?: number } = {},
  ) {
    this.model = new ExactBuckets(rate, burst);
    this.limiter = new KeyedLimiter({ rate, burst, clock: this.clock, ...options });
  }

  [Symbol.dispose](): void {
    this.limiter[Symbol.dispose]();
  }

  get now(): bigint {
    return this.clock.ns * 256n;
  }

  pause(thousandths: number): void {
    this.clock.ns += BigInt(Math.floor((thousandths * 1e6) / this.rate));
  }

  /** What the limiter says, and what the model does; whatever was granted is charged to the model. */
  take(step: Step): { got: boolean; may: boolean } {
    const may = this.model.allows(step.key, step.amount, this.now);
    const got = this.#ask(step);
    if (got) this.model.take(step.key, step.amount, this.now);
    return { got, may };
  }

  #ask({ verb, key, amount }: Step): boolean {
    if (verb === 'check') return this.limiter.check(key, amount).allowed;
    if (verb !== 'batch' || typeof key === 'string') return this.limiter.tryAcquire(key, amount);
    const allowed = new Uint8Array(1);
    return this.limiter.tryAcquireMany(Uint32Array.of(key), allowed, amount) === 1;
  }

  change({ verb, key, amount }: Step): void {
    if (verb === 'penalize') {
      if (this.limiter.penalize(key, amount)) this.model.take(key, amount, this.now);
    } else if (verb === 'reward') {
      this.limiter.reward(key, amount);
      this.model.reward(key, amount, this.now);
    } else if (verb === 'block') {
      // Whole nanoseconds, and longer than anything that can be owed: such a block is exact.
      const ns = BigInt(100 + amount) * BigInt(Math.ceil((this.burst * 1e9) / this.rate));
      if (this.limiter.block(key, Number(ns) / 1e6)) this.model.block(key, ns * 256n, this.now);
    } else {
      this.limiter.delete(key);
      this.model.delete(key);
    }
  }
}

const isRequest = ({ verb }: Step): boolean => ['take', 'check', 'batch'].includes(verb);

describe('KeyedLimiter against a Map of exact buckets', () => {
  test('H1 equal in every answer while keys fit', () => {
    const all = [
      'take',
      'check',
      'batch',
      'take',
      'penalize',
      'reward',
      'block',
      'delete',
    ] as const;
    fc.assert(
      fc.property(shape, steps(15, all), fc.nat(3_000), ({ rate, burst }, script, idleMs) => {
        using pair = new Pair(rate, burst, { idleMs });
        for (const step of script) {
          pair.pause(step.pause);
          // What is owed behind a block is rounded up.
          const isExact = step.verb === 'delete' || !pair.model.isBlocked(step.key, pair.now);
          if (!isRequest(step)) {
            if (isExact) pair.change(step);
            continue;
          }
          const { got, may } = pair.take(step);
          expect(got).toBe(may);
        }
        expect(pair.limiter.statistics().overflowRequests).toBe(0);
      }),
      { numRuns: 400 },
    );
  });

  test('H1 never more than burst + rate * t for any key when they do not fit', () => {
    const verbs = ['take', 'take', 'check', 'batch', 'penalize', 'block'] as const;
    fc.assert(
      fc.property(
        shape,
        steps(25, verbs),
        fc.integer({ min: 1, max: 12 }),
        fc.nat(3_000),
        ({ rate, burst }, script, maxKeys, idleMs) => {
          using pair = new Pair(rate, burst, { maxKeys, idleMs });
          for (const step of script) {
            pair.pause(step.pause);
            if (!isRequest(step)) {
              pair.change(step);
              continue;
            }
            const { got, may } = pair.take(step);
            if (got) expect(may).toBe(true);
          }
          expect(pair.limiter.size).toBeLessThanOrEqual(maxKeys);
        },
      ),
      { numRuns: 1_500 },
    );
  });

  test('H1 the same with many keys, while the table grows and shrinks', () => {
    const batch = fc.record({
      seed: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
      size: fc.integer({ min: 1, max: 6_000 }),
      range: fc.constantFrom(10, 1_000, 30_000),
      pause: fc.nat(2_500),
    });
    const limits = fc.constantFrom(100, 3_000, 40_000);
    fc.assert(
      fc.property(shape, fc.array(batch, { maxLength: 12 }), limits, (quota, script, maxKeys) => {
        using pair = new Pair(quota.rate, quota.burst, { maxKeys });
        for (const { seed, size, range, pause } of script) {
          pair.pause(pause);
          const keys = Uint32Array.from({ length: size }, (_, i) => hash(seed + i) % range);
          const allowed = new Uint8Array(size);
          pair.limiter.tryAcquireMany(keys, allowed);
          const now = pair.now;
          for (const [i, key] of keys.entries()) {
            const may = pair.model.allows(key, 1, now);
            if (maxKeys === 40_000 ? (allowed[i] === 1) !== may : allowed[i] === 1 && !may) {
              expect.fail(`key ${key}: ${allowed[i]}, and by the model ${may}`);
            }
            if (allowed[i] === 1) pair.model.take(key, 1, now);
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  test('H1 a refused request is refused until retryAfterMs, and granted then', () => {
    fc.assert(
      fc.property(shape, steps(5, ['check', 'penalize', 'block']), ({ rate, burst }, script) => {
        using pair = new Pair(rate, burst);
        for (const step of script) {
          pair.pause(step.pause);
          if (!isRequest(step)) {
            pair.change(step);
            continue;
          }
          const { allowed, retryAfterMs } = pair.limiter.check(step.key, step.amount);
          if (allowed) continue;
          if (step.amount > burst) {
            expect(retryAfterMs).toBe(Infinity);
            continue;
          }
          pair.clock.ns += BigInt(Math.round(retryAfterMs * 1e6)) - 1n;
          expect(pair.limiter.peek(step.key, step.amount).allowed).toBe(false);
          pair.clock.ns += 1n;
          expect(pair.limiter.peek(step.key, step.amount).allowed).toBe(true);
        }
      }),
      { numRuns: 200 },
    );
  });

  test('H1 a rate that changes, and blocks of any length, grant no more than the larger rate', () => {
    const verbs = ['take', 'take', 'take', 'block'] as const;
    fc.assert(
      fc.property(shape, steps(6, verbs), fc.boolean(), ({ rate, burst }, script, isCrowded) => {
        const clock = new SteppedClock(9n);
        const maxKeys = isCrowded ? 3 : 100;
        using limiter = new KeyedLimiter({ rate, burst, maxKeys, clock });
        const model = new ExactBuckets(rate, burst);
        for (const [i, { verb, key, amount, pause }] of script.entries()) {
          clock.ns += BigInt(Math.floor((pause * 1e6) / rate));
          if (i % 20 === 7) limiter.setRate(rate / 4);
          if (i % 20 === 17) limiter.setRate(rate);
          if (verb === 'block') limiter.block(key, (amount * 300) / rate);
          else if (limiter.tryAcquire(key, amount)) {
            expect(model.allows(key, amount, clock.ns * 256n)).toBe(true);
            model.take(key, amount, clock.ns * 256n);
          }
        }
      }),
      { numRuns: 300 },
    );
  });
});

const hash = (x: number): number => (Math.imul(x ^ (x >>> 15), 0x2c1b3c6d) >>> 3) >>> 0;
