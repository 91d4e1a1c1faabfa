import type { ManualClock } from '../../../lib/testing/index.js';

/** Notes when (ms of the clock) and how each promise settles: `name true @100`. */
export class Journal {
  readonly entries: string[] = [];

  constructor(readonly clock: ManualClock) {}

  note(name: string, promise: Promise<boolean>): void {
    promise.then(
      (allowed) => this.entries.push(`${name} ${String(allowed)} ${this.#at()}`),
      (error: unknown) => this.entries.push(`${name} ${(error as Error).message} ${this.#at()}`),
    );
  }

  #at(): string {
    return `@${String(Number(this.clock.nowNs()) / 1e6)}`;
  }
}
