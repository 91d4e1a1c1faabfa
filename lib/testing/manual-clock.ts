import { onAbort } from '../internal/abort-listeners.js';
import { checkNumber, checkSignal, invalidArgument } from '../internal/check.js';
import type { Clock } from '../internal/clock.js';
import { type Deadline, DeadlineHeap } from '../internal/deadline-heap.js';
import { nsFromMs } from '../internal/duration.js';

interface Sleeper extends Deadline {
  wake(): void;
}

/**
 * A clock that stands still until a test moves it: hours pass in no time, and always in the same way.
 *
 * @example
 * ```ts
 * import { TokenBucket } from 'pacegate';
 * import { ManualClock } from 'pacegate/testing';
 *
 * const clock = new ManualClock();
 * const bucket = new TokenBucket({ rate: 1, burst: 1, clock });
 * bucket.tryAcquire();
 * const waiting = bucket.acquire();
 * await clock.advance(1_000);
 * console.log(await waiting); // true
 * ```
 */
export class ManualClock implements Clock {
  #nowNs: bigint;
  readonly #sleepers = new DeadlineHeap<Sleeper>();

  /**
   * @param startNs - what `nowNs()` says at first
   * @throws PacegateError when it is no bigint
   */
  constructor(startNs = 0n) {
    if (typeof startNs !== 'bigint') throw invalidArgument('startNs', startNs, 'a bigint');
    this.#nowNs = startNs;
  }

  nowNs(): bigint {
    return this.#nowNs;
  }

  /** How many are asleep. */
  get sleeping(): number {
    return this.#sleepers.size;
  }

  /**
   * Resolves when the clock has been moved `ms` milliseconds on from now; rejects with `signal.reason` when aborted.
   *
   * @param ms - at least 0, to the nearest nanosecond; at 0 it resolves without the clock
   * @throws (rejects) PacegateError for wrong arguments
   */
  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    checkNumber('ms', ms, { min: 0 });
    checkSignal('signal', signal);
    if (signal?.aborted === true) throw signal.reason;
    const deadlineNs = this.#nowNs + nsFromMs(ms);
    if (deadlineNs === this.#nowNs) return;
    await new Promise<void>((resolve, reject) => {
      const wake = (): void => {
        forget?.();
        resolve();
      };
      const sleeper: Sleeper = { deadlineNs, heapIndex: -1, heapOrder: 0, wake };
      this.#sleepers.add(sleeper);
      const forget =
        signal &&
        onAbort(signal, () => {
          this.#sleepers.remove(sleeper);
          reject(signal.reason as Error);
        });
    });
  }

  /**
   * Moves the clock on, and wakes those whose time comes, one after the other: each sees the time it asked for, and
   * what it does then (sleeping again, for instance) happens before the next is woken.
   *
   * @param ms - at least 0, to the nearest nanosecond
   * @throws (rejects) PacegateError for a wrong number
   */
  async advance(ms: number): Promise<void> {
    checkNumber('ms', ms, { min: 0 });
    const endNs = this.#nowNs + nsFromMs(ms);
    await macrotask();
    for (let due = this.#sleepers.takeDue(endNs); due !== undefined;) {
      if (due.deadlineNs > this.#nowNs) this.#nowNs = due.deadlineNs;
      due.wake();
      await macrotask();
      due = this.#sleepers.takeDue(endNs);
    }
    if (endNs > this.#nowNs) this.#nowNs = endNs;
  }
}

// Taken now: a test may replace the timers of the process by its own later.
const soon = setImmediate;

/** Lets every microtask run that is waiting, and those they bring. */
function macrotask(): Promise<void> {
  return new Promise((resolve) => {
    soon(resolve);
  });
}
