// The figures of one member, made from those of the shards it has scanned and scans.

import { scanStatistics, type ScanStatistics } from '../statistics.js';
import type { FleetTotals } from './store/fleet-store.js';

/** Counts that go on from one shard to the next. */
const SUMMED = [
  ...(['sent', 'received', 'open', 'closed', 'filtered', 'unknown', 'noResponse'] as const),
  ...(['rateLimitTimeouts', 'parkedFull', 'hostTimeouts', 'tarpits', 'icmpUnreachable'] as const),
  ...(['sendFailures', 'busyRetries', 'kernelDropped', 'invalid', 'duplicates', 'late'] as const),
  ...(['forgone', 'silentNeighbours'] as const),
];
/** What holds now, of all scans under way. */
const CURRENT = [
  'currentPacketsPerSecond',
  'backedOffTargets',
  'parked',
  'activeTargets',
  'cpuPercent',
] as const;

/** What was counted so far. */
export type WorkDone = Readonly<Record<(typeof SUMMED)[number], number>>;

/** Before the first shard. */
export const NO_WORK = Object.fromEntries(SUMMED.map((name) => [name, 0])) as WorkDone;

/** The sum of both. */
export function addStatistics(work: WorkDone, more: WorkDone): WorkDone {
  const sums = SUMMED.map((name) => [name, work[name] + more[name]]);
  return Object.fromEntries(sums) as WorkDone;
}

/**
 * Live figures of a member. Counts and rates are its own; `total`, `settled`, `percent` and `etaMs` are those of the whole
 * plan as the store told last, at most a second ago. `targetPacketsPerSecond` is its part of the rate, which changes, so
 * `rateErrorPercent` is 0; at the end it is the rate of all.
 */
export interface FleetStatistics extends ScanStatistics {
  /** The whole plan; undefined before the store has told. */
  readonly fleet: FleetTotals | undefined;
}

/** What statistics are made from, beside the counts. */
export interface FleetContext {
  readonly work: WorkDone;
  readonly live: readonly ScanStatistics[];
  readonly rate: number;
  readonly totals: FleetTotals | undefined;
  /** What this member, and all, had done when it began. */
  readonly settledBefore: number;
  readonly elapsedMs: number;
  readonly end: 'done' | 'stopped' | 'failed' | undefined;
}

/** Makes the public figures. */
export function fleetStatistics(context: FleetContext): FleetStatistics {
  const { work, live, rate, totals, elapsedMs, end } = context;
  const latest =
    live.at(-1) ??
    scanStatistics({
      ...{ counters: undefined, backend: '', targetRate: rate, elapsedMs, settledBefore: 0 },
    });
  const sumOf = (name: (typeof CURRENT)[number]): number =>
    live.reduce((sum, statistics) => sum + statistics[name], 0);
  const { pairs = 0, settled = 0 } = totals ?? {};
  return {
    ...latest,
    ...work,
    ...Object.fromEntries(CURRENT.map((name) => [name, sumOf(name)])),
    phase: end ?? (totals === undefined ? 'preparing' : 'sending'),
    packetsPerSecond: elapsedMs > 0 ? (work.sent * 1000) / elapsedMs : 0,
    targetPacketsPerSecond: rate,
    rateErrorPercent: 0,
    total: pairs,
    settled,
    percent: pairs === 0 ? 0 : (settled / pairs) * 100,
    elapsedMs,
    etaMs: etaMs(context, pairs - settled, settled),
    fleet: totals,
  };
}

/** At the pace of all members since this one began. */
function etaMs({ settledBefore, elapsedMs }: FleetContext, left: number, settled: number): number {
  const pace = (settled - settledBefore) / elapsedMs;
  return left === 0 ? 0 : pace > 0 ? left / pace : Number.NaN;
}
