// What a scan says about itself on standard error.

import type { Scan, ScanSummary } from '../scan/index.js';
import { ProgressLine } from './progress.js';
import { jsonSummary, summaryLines } from './summary.js';

/** Which messages are wanted. */
export interface MessageFlags {
  readonly quiet?: true;
  readonly progress: boolean;
  readonly jsonSummary?: true;
}

/** Prints progress, warnings and the summary, as far as they are wanted. */
export class Messages {
  readonly #flags: MessageFlags;
  readonly #progress: ProgressLine;

  constructor(flags: MessageFlags) {
    this.#flags = flags;
    this.#progress = new ProgressLine(process.stderr);
    // A standard error that nobody reads is no reason to end.
    process.stderr.on('error', () => undefined);
  }

  /** Takes the progress line away before something else is printed. */
  readonly clear = (): void => {
    this.#progress.clear();
  };

  follow(scan: Scan): void {
    if (this.#flags.quiet) return;
    scan.on('warning', ({ message }) => {
      this.print(`warning: ${message}`);
    });
    if (!this.#flags.progress) return;
    scan.on('progress', (statistics) => {
      this.#progress.update(statistics);
    });
  }

  /** One line of our own; not printed when quiet. */
  print(message: string): void {
    if (!this.#flags.quiet) this.#write(`pacegate: ${message}`);
  }

  summarize(summary: ScanSummary, isInterrupted: boolean): void {
    if (this.#flags.jsonSummary) this.#write(jsonSummary(summary, isInterrupted));
    else if (!this.#flags.quiet) for (const line of summaryLines(summary)) this.#write(line);
  }

  #write(line: string): void {
    this.clear();
    process.stderr.write(`${line}\n`);
  }
}
