import type { Outcome } from '../outcome.js';

/** Outcomes of one stretch of time, in sums. */
export class OutcomeTally {
  #outcomes = 0;
  #successes = 0;
  #waits = 0;
  #waitSumMs = 0;

  add({ success, waitMs }: Outcome): void {
    this.#outcomes += 1;
    if (success) this.#successes += 1;
    if (waitMs === undefined) return;
    this.#waits += 1;
    this.#waitSumMs += waitMs;
  }

  get outcomes(): number {
    return this.#outcomes;
  }

  /** 1 before the first outcome. */
  get successRate(): number {
    return this.#outcomes === 0 ? 1 : this.#successes / this.#outcomes;
  }

  /** Of the outcomes that said how long they waited; undefined when none did. */
  get averageWaitMs(): number | undefined {
    return this.#waits === 0 ? undefined : this.#waitSumMs / this.#waits;
  }
}
