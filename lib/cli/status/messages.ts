// Status for a person: progress, warnings and the summary, as far as they are wanted.

import type { ScanStatistics } from '../../scan/index.js';
import type { RunningScan, RunSummary } from '../running-scan.js';
import { inFlags } from '../failure.js';
import { count } from './format.js';
import { ProgressLine } from './progress-line.js';
import type { Report, ReportFlags } from './report.js';
import { jsonSummary, summaryLines } from './summary.js';

/** Prints on standard error. */
export class Messages implements Report {
  readonly #flags: ReportFlags;
  readonly #progress: ProgressLine;
  #hold = '';

  constructor(flags: ReportFlags) {
    this.#flags = flags;
    this.#progress = new ProgressLine(process.stderr);
  }

  readonly clear = (): void => {
    this.#progress.clear();
  };

  follow(scan: RunningScan): void {
    if (this.#flags.quiet) return;
    scan.on('warning', ({ code, message }) => {
      // The command reads until its output fails, and that is reported by itself.
      if (code !== 'results-unread') this.print(`warning: ${inFlags(message)}`);
    });
    if (!this.#flags.progress) return;
    scan.on('progress', (statistics) => {
      this.#progress.update(statistics, this.#hold);
    });
  }

  setPaused(isPaused: boolean): void {
    this.#hold = isPaused ? 'paused' : '';
  }

  setStopping(): void {
    this.#hold = 'stopping';
  }

  /** Not printed when quiet. */
  print(message: string): void {
    if (!this.#flags.quiet) this.#write(`pacegate: ${message}`);
  }

  summarize(summary: RunSummary, isInterrupted: boolean): void {
    if (this.#flags.jsonSummary) this.#write(jsonSummary(summary, isInterrupted));
    else if (!this.#flags.quiet) for (const line of summaryLines(summary)) this.#write(line);
  }

  figures(statistics: ScanStatistics): void {
    const { settled, total } = statistics;
    if (total === 0 || this.#flags.jsonSummary) return;
    const found = (['open', 'closed', 'filtered', 'unknown'] as const)
      .filter((state) => state !== 'unknown' || statistics.unknown > 0)
      .map((state) => `${count(statistics[state])} ${state}`)
      .join(', ');
    this.print(`failed after ${count(settled)} of ${count(total)} probes: ${found}`);
  }

  #write(line: string): void {
    this.clear();
    process.stderr.write(`${line}\n`);
  }
}
