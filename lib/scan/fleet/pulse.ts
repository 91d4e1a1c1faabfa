// The pauses between one message to the store and the next.

import type { Clock } from '../../internal/clock.js';

/** Messages in a term, and the longest between two. */
const BEATS = 5;
const MAX_BEAT_MS = 1000;

/** Waits a beat, or until something makes it worthwhile to ask at once. */
export class Pulse {
  readonly beatMs: number;
  readonly #clock: Clock;
  #cut = new AbortController();

  constructor(clock: Clock, leaseMs: number) {
    this.#clock = clock;
    this.beatMs = Math.min(leaseMs / BEATS, MAX_BEAT_MS);
  }

  /** Ends the wait, or leaves the next one out. */
  nudge(): void {
    this.#cut.abort();
  }

  async rest(): Promise<void> {
    const { signal } = this.#cut;
    if (!signal.aborted) await this.#clock.sleep(this.beatMs, signal).catch(() => undefined);
    this.#cut = new AbortController();
  }
}
