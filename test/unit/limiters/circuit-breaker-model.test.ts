import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CircuitBreaker, type CircuitCall, type CircuitState } from '../../../lib/index.js';
import { SteppedClock } from './stepped-clock.js';

const WINDOW_MS = 1_000;
const OPEN_MS = 300;

interface PlainCall {
  readonly epoch: number;
  isTrial: boolean;
}

/** The rules written down plainly: every result is kept, and everything is counted anew each time. */
class PlainBreaker {
  state: CircuitState = 'closed';
  nowMs = 0;
  #epoch = 0;
  #results: { atMs: number; isFailure: boolean }[] = [];
  #sinceMs = 0;
  #trials: PlainCall[] = [];
  #successes = 0;

  constructor(
    readonly failureRate: number,
    readonly minimumCalls: number,
    readonly halfOpenCalls: number,
  ) {}

  settle(): void {
    const isDue = this.nowMs - this.#sinceMs >= OPEN_MS;
    if (this.state === 'open' && isDue) this.#enter('half-open');
    const isFull = this.#trials.length + this.#successes >= this.halfOpenCalls;
    if (this.state === 'half-open' && isFull && this.#trials.length > 0 && isDue) {
      for (const trial of this.#trials) trial.isTrial = false;
      this.#trials = [];
    }
  }

  begin(): PlainCall | undefined {
    this.settle();
    if (this.state === 'open') return undefined;
    const call = { epoch: this.#epoch, isTrial: this.state === 'half-open' };
    if (!call.isTrial) return call;
    if (this.#trials.length + this.#successes >= this.halfOpenCalls) return undefined;
    this.#trials.push(call);
    this.#sinceMs = this.nowMs;
    return call;
  }

  end(call: PlainCall, isFailure: boolean): void {
    if (call.epoch !== this.#epoch) return;
    this.#trials = this.#trials.filter((trial) => trial !== call);
    if (this.state === 'half-open') {
      if (isFailure) this.#enter('open');
      else if (++this.#successes >= this.halfOpenCalls) this.#enter('closed');
      return;
    }
    this.#results.push({ atMs: this.nowMs, isFailure });
    const bucket = (ms: number): number => Math.floor(ms / (WINDOW_MS / 10));
    const recent = this.#results.filter(({ atMs }) => bucket(atMs) > bucket(this.nowMs) - 10);
    const failures = recent.filter((result) => result.isFailure).length;
    const isEnough = recent.length >= this.minimumCalls;
    if (isEnough && failures >= this.failureRate * recent.length) this.#enter('open');
  }

  #enter(state: CircuitState): void {
    this.state = state;
    this.#epoch++;
    this.#results = [];
    this.#trials = [];
    this.#successes = 0;
    if (state === 'open') this.#sinceMs = this.nowMs;
  }
}

const script = fc.array(
  fc.record({
    pauseMs: fc.oneof(
      { weight: 4, arbitrary: fc.integer({ min: 0, max: 40 }) },
      fc.integer({ min: 0, max: 1_200 }),
    ),
    step: fc.constantFrom('begin', 'begin', 'success', 'failure', 'look'),
    which: fc.nat(),
  }),
  { maxLength: 120 },
);

test('X6 a breaker does what the rules say, late and lost results included', () => {
  fc.assert(
    fc.property(
      script,
      fc.constantFrom(0.1, 0.5, 0.75, 1),
      fc.integer({ min: 1, max: 6 }),
      fc.integer({ min: 1, max: 3 }),
      (steps, failureRate, minimumCalls, halfOpenCalls) => {
        const clock = new SteppedClock();
        const breaker = new CircuitBreaker({
          failureRate,
          minimumCalls,
          halfOpenCalls,
          windowMs: WINDOW_MS,
          openMs: OPEN_MS,
          clock,
        });
        const plain = new PlainBreaker(failureRate, minimumCalls, halfOpenCalls);
        const calls: { real: CircuitCall; plain: PlainCall }[] = [];
        for (const { pauseMs, step, which } of steps) {
          plain.nowMs += pauseMs;
          clock.ns = BigInt(plain.nowMs) * 1_000_000n;
          if (step === 'begin') {
            const real = breaker.begin();
            const model = plain.begin();
            expect(real === undefined).toBe(model === undefined);
            if (real !== undefined && model !== undefined) calls.push({ real, plain: model });
          } else if (step !== 'look' && calls.length > 0) {
            const [call] = calls.splice(which % calls.length, 1);
            call?.real[step]();
            if (call !== undefined) plain.end(call.plain, step === 'failure');
          } else {
            plain.settle();
            expect(breaker.state).toBe(plain.state);
          }
        }
        plain.settle();
        expect(breaker.state).toBe(plain.state);
      },
    ),
    { numRuns: 1_000 },
  );
});
