// Keeps the resume file of a scan, however the scan ends.

import type { Scan, ScanState } from '../scan/index.js';
import { checkResumeFile, removeResumeFile, saveResumeFile, spoolFileOf } from './resume-file.js';

/** Writes where a scan stopped, or removes the file when there is nothing to go on with. */
export class ResumeKeeper {
  readonly #file: string | undefined;
  #scan: Scan | undefined;
  #atInterrupt: ScanState | undefined;

  /**
   * @param file - undefined: nothing is kept
   * @throws PacegateError (`ERR_PACEGATE_SYSTEM`) when the file could not be written
   */
  constructor(file: string | undefined) {
    if (file !== undefined) checkResumeFile(file);
    this.#file = file;
  }

  /** Where an output may keep what the next run needs, as long as there is a resume file. */
  get spoolFile(): string | undefined {
    return this.#file === undefined ? undefined : spoolFileOf(this.#file);
  }

  /** Names the scan whose state is kept. */
  follow(scan: Scan): void {
    this.#scan = scan;
  }

  /** The first signal: remembers where the scan stands. */
  remember(): void {
    if (this.#hasBegun(this.#scan)) this.#atInterrupt = this.#scan.state();
  }

  /**
   * The second signal: writes what was remembered at the first one. Answers since then may not have been written,
   * so they are probed again.
   *
   * @returns what made it impossible
   */
  keepRemembered(): Error | undefined {
    const state = this.#atInterrupt;
    if (this.#file === undefined || state === undefined) return undefined;
    return attempt(saveResumeFile, this.#file, state);
  }

  /**
   * The scan is over: writes where it stopped.
   *
   * @returns what made it impossible
   */
  keep(): Error | undefined {
    if (this.#file === undefined || !this.#hasBegun(this.#scan)) return undefined;
    const { settled, total } = this.#scan.statistics;
    return settled === total
      ? attempt(removeResumeFile, this.#file)
      : attempt(saveResumeFile, this.#file, this.#scan.state());
  }

  #hasBegun(scan: Scan | undefined): scan is Scan {
    return scan !== undefined && scan.statistics.total > 0;
  }
}

/** The error of a call, to be told when its turn comes. */
function attempt<Values extends unknown[]>(
  call: (...values: Values) => void,
  ...values: Values
): Error | undefined {
  try {
    call(...values);
    return undefined;
  } catch (error) {
    return error as Error; // PacegateError: see resume-file.ts
  }
}
