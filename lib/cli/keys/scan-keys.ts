// What keys do while a scan runs.

import { isatty } from 'node:tty';
import type { Scan } from '../../scan/index.js';
import { inFlags } from '../failure.js';
import { rate } from '../status/format.js';
import type { Report } from '../status/report.js';
import { Keyboard } from './keyboard.js';

/** As `pacegate` prints it when a scan begins. */
export const KEYS_HINT = 'keys: + faster, - slower, p pause, q stop';

const STEP = 1.25;

/** Steers a scan by single keys. */
export class ScanKeys {
  readonly #scan: Scan;
  readonly #report: Report;
  readonly #stop: () => void;
  #isPaused = false;

  /** @param stop - ends the scan orderly */
  constructor(scan: Scan, report: Report, stop: () => void) {
    this.#scan = scan;
    this.#report = report;
    this.#stop = stop;
  }

  /** Does what a key means; any other key does nothing. */
  press(key: string): void {
    if (key === '+' || key === '=') this.#changeRate(STEP);
    else if (key === '-' || key === '_') this.#changeRate(1 / STEP);
    else if (key === 'p' || key === ' ') this.#togglePause();
    else if (key === '?' || key === 'h') this.#report.print(KEYS_HINT);
    else if (key === 'q') {
      this.#report.print('stopping');
      this.#stop();
    }
  }

  #changeRate(factor: number): void {
    const wanted = Number((this.#scan.statistics.targetPacketsPerSecond * factor).toPrecision(3));
    try {
      this.#scan.setRate(wanted);
      this.#report.print(`rate ${rate(wanted)} packets/s`);
    } catch (error) {
      this.#report.print(inFlags((error as Error).message)); // a bound of the rate: minRate, most often
    }
  }

  #togglePause(): void {
    this.#isPaused = !this.#isPaused;
    if (this.#isPaused) this.#scan.pause();
    else this.#scan.resume();
    this.#report.setPaused(this.#isPaused);
    this.#report.print(this.#isPaused ? 'paused; p goes on' : 'going on');
  }
}

/**
 * Reads keys while the scan runs, where there is a terminal to read them from and one to answer on.
 *
 * @returns undefined where there is not
 */
export function watchKeys(scan: Scan, report: Report, stop: () => void): Keyboard | undefined {
  if (!isatty(0) || !isatty(2)) return undefined;
  const keys = new ScanKeys(scan, report, stop);
  return new Keyboard(process.stdin, (key) => {
    keys.press(key);
  });
}
