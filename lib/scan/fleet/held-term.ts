// For how long what the store has given may be used, on the clock of this host.

import type { Clock } from '../../internal/clock.js';

/** What is counted on of a term, from before it was asked for: clocks differ, and obeying takes a moment. */
const SAFE_PART = 0.8;

/** Ends by itself, unless it is prolonged. */
export class HeldTerm {
  readonly #clock: Clock;
  readonly #leaseMs: number;
  readonly #over = new AbortController();
  #untilMs = 0;

  constructor(clock: Clock, leaseMs: number) {
    this.#clock = clock;
    this.#leaseMs = leaseMs;
  }

  get nowMs(): number {
    return Number(this.#clock.nowNs()) / 1e6;
  }

  get hasRunOut(): boolean {
    return this.nowMs >= this.#untilMs;
  }

  /** @param askedMs - when the store was asked, whenever it answered */
  prolong(askedMs: number): void {
    this.#untilMs = askedMs + this.#leaseMs * SAFE_PART;
  }

  /** Calls `hold` when the term has run out, and again and again until it is prolonged; until `close()`. */
  async watch(hold: () => void): Promise<void> {
    const { signal } = this.#over;
    while (!signal.aborted) {
      const leftMs = this.#untilMs - this.nowMs;
      if (leftMs <= 0) hold();
      const waitMs = leftMs > 0 ? leftMs : this.#leaseMs * (1 - SAFE_PART);
      await this.#clock.sleep(waitMs, signal).catch(() => undefined);
    }
  }

  close(): void {
    this.#over.abort();
  }
}
