// How long a scan will still take.

import type { ScanStatistics } from '../../scan/index.js';

const WINDOW_MS = 10_000;
/** Less says too little. */
const ENOUGH_MS = 2000;

/** What a look at the scan tells. */
type Look = Pick<ScanStatistics, 'elapsedMs' | 'settled'>;

/** Judges by the last seconds: what was before a pause, or at another rate, says nothing of the rest. */
export class TimeLeft {
  #looks: Look[] = [];
  #askedRate = 0;

  /** In milliseconds; the scan's own figure, which is of all its time, where the last seconds do not tell. */
  look(statistics: ScanStatistics, isHeld: boolean): number {
    const { elapsedMs, settled, total, targetPacketsPerSecond, autoRate, etaMs } = statistics;
    const isOther = autoRate === undefined && targetPacketsPerSecond !== this.#askedRate;
    this.#askedRate = targetPacketsPerSecond;
    if (isHeld || isOther) this.#looks = [];
    this.#looks.push({ elapsedMs, settled });
    while ((this.#looks[0]?.elapsedMs ?? elapsedMs) < elapsedMs - WINDOW_MS) this.#looks.shift();
    const [first = { elapsedMs, settled }] = this.#looks;
    const inMs = elapsedMs - first.elapsedMs;
    const done = settled - first.settled;
    if (inMs < ENOUGH_MS || done <= 0) return etaMs;
    const atAskedRate = ((total - settled) / targetPacketsPerSecond) * 1000;
    return Math.max(atAskedRate, ((total - settled) * inMs) / done);
  }
}
