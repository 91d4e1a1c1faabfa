// How many tasks may be worked on now.

import { Concurrency, descriptorLimit } from '../engines/concurrency.js';
import type { WorkerThrottle } from './pool-options.js';
import type { TaskTimes } from './pool-statistics.js';

/** Descriptors left to the rest of the program: its files, name lookups, the event loop's own. */
const SPARE_DESCRIPTORS = 64;

/** The least of what the user allows, what the throttle leaves, and what this host has shown to bear; at least 1. */
export class WorkerLimit {
  /** Never more than this. */
  readonly max: number;
  readonly #concurrency: Concurrency;
  readonly #throttle: WorkerThrottle | undefined;
  readonly #onChange: () => void;
  #attempts = 0;

  /** @param onChange - called when the throttle may have left more */
  constructor(
    maxWorkers: number,
    throttle: WorkerThrottle | undefined,
    onChange: () => void,
    descriptors = descriptorLimit() ?? Infinity,
  ) {
    this.max = Math.min(maxWorkers, Math.max(1, descriptors - SPARE_DESCRIPTORS));
    this.#concurrency = new Concurrency(this.max);
    this.#throttle = throttle;
    this.#onChange = onChange;
    throttle?.on('change', onChange);
  }

  get now(): number {
    const share = this.#throttle?.workerShare ?? 1;
    const left = share < 1 ? Math.floor(this.max * share) : this.max;
    return Math.max(1, Math.min(left, this.#concurrency.limit));
  }

  /** How long an attempt is to wait before it asks for its permit, in milliseconds. */
  get pauseMs(): number {
    return this.#throttle?.waitMs ?? 0;
  }

  /** Tells the throttle of a result; what it throws is the program's error, as that of a listener. */
  tell(success: boolean, { durationNs, waitNs }: TaskTimes): void {
    try {
      this.#throttle?.observe?.({ success, responseMs: durationNs / 1e6, waitMs: waitNs / 1e6 });
    } catch (error) {
      queueMicrotask(() => {
        throw error;
      });
    }
  }

  /** An attempt is made from now on, until {@link made} or {@link refused}. */
  began(): void {
    this.#attempts += 1;
  }

  /** It could be made, whatever came of it. */
  made(): void {
    this.#attempts -= 1;
    this.#concurrency.made();
  }

  /**
   * This host could not make it.
   *
   * @param refusals - how often that has happened to this task
   * @returns false when it makes no sense to try again
   */
  refused(refusals: number, nowNs: bigint): boolean {
    this.#attempts -= 1;
    return this.#concurrency.refused(this.#attempts, refusals, nowNs);
  }

  /** Hears the throttle no more. */
  close(): void {
    this.#throttle?.off('change', this.#onChange);
  }
}
