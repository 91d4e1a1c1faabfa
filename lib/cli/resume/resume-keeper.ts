// Keeps the resume file of a scan, however the scan ends. The file is never ahead of the outputs: a state is taken, then
// everything up to it is written out, then the state is.

import type { Scan } from '../../scan/index.js';
import type { Outputs } from '../output/open-sinks.js';
import { checkResumeFile, removeResumeFile, saveResumeFile, spoolFileOf } from './resume-file.js';

const EVERY_MS = 1000;
/** The first time: soon, so that a scan that ends early is gone on with in its own order. */
const FIRST_MS = 100;

/** Writes where a scan stands once a second and at its end, and removes the file when there is nothing to go on with. */
export class ResumeKeeper {
  readonly #file: string | undefined;
  #scan: Scan | undefined;
  #outputs: Outputs | undefined;
  #first: NodeJS.Timeout | undefined;
  #timer: NodeJS.Timeout | undefined;
  #saving: Promise<void> | undefined;

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

  /** Names the scan whose state is kept, and the outputs it waits for. */
  follow(scan: Scan, outputs: Outputs): void {
    this.#scan = scan;
    this.#outputs = outputs;
    if (this.#file === undefined) return;
    this.#first = setTimeout(this.saveSoon, FIRST_MS).unref();
    this.#timer = setInterval(this.saveSoon, EVERY_MS).unref();
  }

  /** Writes the state once the outputs have caught up with it, unless that is being done. */
  readonly saveSoon = (): void => {
    // Outputs that fail end the scan; a file that cannot be written now is tried again, and at the end for the last time.
    this.#saving ??= this.#save()
      .catch(() => undefined)
      .finally(() => {
        this.#saving = undefined;
      });
  };

  /** Saves no more before `keep()`; resolves when nothing of it is under way. To be awaited before outputs are closed. */
  readonly rest = async (): Promise<void> => {
    clearTimeout(this.#first);
    clearInterval(this.#timer);
    await this.#saving;
  };

  /**
   * The scan is over: writes where it stopped, or, where an output has failed, leaves what was written before that.
   *
   * @returns what made it impossible
   */
  async keep(isAllWritten: boolean): Promise<Error | undefined> {
    const file = this.#file;
    if (file === undefined || !isAllWritten || !this.#hasBegun(this.#scan)) return undefined;
    const { settled, total } = this.#scan.statistics;
    try {
      if (settled === total) removeResumeFile(file);
      else await saveResumeFile(file, this.#scan.state());
      return undefined;
    } catch (error) {
      return error as Error; // PacegateError: see resume-file.ts
    }
  }

  async #save(): Promise<void> {
    if (this.#file === undefined || !this.#hasBegun(this.#scan)) return;
    const state = this.#scan.state();
    const sinks = this.#outputs?.sinks ?? [];
    const synced = await Promise.allSettled(sinks.map((sink) => sink.sync()));
    const isWritten = synced.every(({ status }) => status === 'fulfilled');
    // What the last reader has not taken is written nowhere.
    if (isWritten && this.#outputs?.hasReader() === true) await saveResumeFile(this.#file, state);
  }

  #hasBegun(scan: Scan | undefined): scan is Scan {
    return scan !== undefined && scan.statistics.total > 0;
  }
}
