// What outputs and status need of a scan, be it the whole of one or a fleet's member.

import type {
  BackoffEvent,
  FleetSummary,
  ScanResult,
  ScanStatistics,
  ScanSummary,
  ScanWarning,
} from '../scan/index.js';

/** How it ended. */
export type RunSummary = ScanSummary | FleetSummary;

/** Under way. */
export interface RunningScan extends AsyncIterable<ScanResult> {
  readonly statistics: ScanStatistics;
  readonly done: Promise<RunSummary>;
  on(event: 'progress', listener: (statistics: ScanStatistics) => void): unknown;
  on(event: 'warning', listener: (warning: ScanWarning) => void): unknown;
  on(event: 'backoff', listener: (backoff: BackoffEvent) => void): unknown;
}
