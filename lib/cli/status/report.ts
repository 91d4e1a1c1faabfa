// What a scan says about itself on standard error.

import type { ScanStatistics } from '../../scan/index.js';
import type { RunningScan, RunSummary } from '../running-scan.js';

/** Which messages are wanted. */
export interface ReportFlags {
  readonly quiet?: true;
  readonly progress: boolean;
  readonly jsonSummary?: true;
  readonly statusNdjson?: true;
}

/** One way to say it: for a person, or for a program. */
export interface Report {
  /** Takes a line that would be in the way from the terminal. */
  readonly clear: () => void;
  /** Tells of progress and warnings from now on. */
  follow(scan: RunningScan): void;
  /** Probes are held back, or no longer. */
  setPaused(isPaused: boolean): void;
  /** No new probe leaves; answers to those under way are awaited. */
  setStopping(): void;
  /** One line of our own. */
  print(message: string): void;
  summarize(summary: RunSummary, isInterrupted: boolean): void;
  /** What is known of a scan that failed on its way. */
  figures(statistics: ScanStatistics): void;
}
