// Outputs that are written at the end show what they have while the scan runs.

import type { ResultSink, RunEnd } from './result-sink.js';

const FIRST_MS = 1000;
const EVERY_MS = 5000;
/** A snapshot holds everything: the next one waits for so many times as long as it took. */
const REST = 50;

/** Asks outputs for a snapshot now and then, at most a fiftieth of the time. */
export class Snapshots {
  readonly #sinks: readonly ResultSink[];
  readonly #soFar: () => RunEnd;
  #timer: NodeJS.Timeout | undefined;
  #showing: Promise<void> = Promise.resolve();
  #isOver = false;

  /** @param soFar - what a run that ended now would tell */
  constructor(sinks: readonly ResultSink[], soFar: () => RunEnd) {
    this.#sinks = sinks.filter((sink) => 'show' in sink);
    this.#soFar = soFar;
    if (this.#sinks.length > 0) this.#schedule(FIRST_MS);
  }

  /** Resolves when none is under way; none follows. */
  async stop(): Promise<void> {
    this.#isOver = true;
    clearTimeout(this.#timer);
    await this.#showing;
  }

  #schedule(ms: number): void {
    this.#timer = setTimeout(() => {
      this.#showing = this.#show();
    }, ms).unref();
  }

  async #show(): Promise<void> {
    const startMs = performance.now();
    const end = this.#soFar();
    // What fails is tried again, at the end for the last time, and told then.
    await Promise.allSettled(this.#sinks.map(async (sink) => sink.show?.(end)));
    const tookMs = performance.now() - startMs;
    if (!this.#isOver) this.#schedule(Math.max(EVERY_MS, REST * tookMs));
  }
}
