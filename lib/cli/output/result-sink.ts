// What takes the results of a scan, whatever form it gives them.

import type { ScanResult, ScanStatistics } from '../../scan/index.js';
import type { RunSummary } from '../running-scan.js';

/** What is known of a run before its first result. */
export interface RunStart {
  readonly version: string;
  /** The command line, without the program. */
  readonly args: readonly string[];
  readonly startedAt: Date;
  /** Ports probed per address, ascending. */
  readonly ports: Uint16Array;
  readonly timeoutMs: number;
  /** As the user wrote it: `1/4`. */
  readonly shard: string | undefined;
}

/** What is known of a run after its last result. */
export interface RunEnd {
  readonly endedAt: Date;
  /** Undefined when the scan failed. */
  readonly summary: RunSummary | undefined;
  readonly statistics: ScanStatistics;
  readonly isInterrupted: boolean;
  /** What ended it before its time, where that was a fault. */
  readonly failure: string | undefined;
}

/** Takes results one by one. */
export interface ResultSink {
  /** Most of the time the next one may come at once; else it gives a promise to be awaited before that. */
  add(result: ScanResult): Promise<void> | undefined;
  /** Resolves when all results so far are where the end of this process cannot take them back. */
  sync(): Promise<void>;
  /** Shows the results so far, where the output has a place for that; `finish()` is not called meanwhile. */
  show?(soFar: RunEnd): Promise<void>;
  /** Writes what was kept to the end; resolves when all is written. */
  finish(end: RunEnd): Promise<void>;
}
