// What the two techniques have in common, so that a Scan need not know which one it drives.

import type { AutoRateStatistics } from '../auto-rate.js';
import type { BackoffEvent } from '../backoff-event.js';
import type { TarpitNotice } from '../hosts/host-watch.js';
import type { HostProgress } from '../hosts/host-progress.js';
import type { RecordingCounters } from '../recording.js';
import type { ScanResult } from '../result.js';

/** Where an engine stands. `done` and `stopped` are ends; `failed` is an end with an error. */
export type EnginePhase =
  'created' | 'resolving' | 'sending' | 'draining' | 'done' | 'stopped' | 'failed';

/** Counters of an engine, from the start of this run. Rates in packets a second, times in nanoseconds. */
export interface EngineCounters {
  readonly phase: EnginePhase;
  readonly positionsTotal: number;
  /** What earlier runs settled included. */
  readonly positionsSettled: number;
  /** Everything before this position of the order is settled. */
  readonly resumePosition: number;
  readonly sent: number;
  readonly sendFailures: number;
  readonly busyRetries: number;
  readonly received: number;
  readonly kernelDropped: number;
  readonly invalid: number;
  readonly duplicates: number;
  readonly late: number;
  readonly open: number;
  readonly closed: number;
  readonly filtered: number;
  readonly noResponse: number;
  readonly unknown: number;
  readonly icmpUnreachable: number;
  readonly targetRate: number;
  readonly currentRate: number;
  readonly forgone: number;
  /** Times that packets were due and the limiter had no token. */
  readonly limiterWaits: number;
  readonly interDepartureUs: { readonly p50: number; readonly p99: number; readonly max: number };
  readonly cpuNs: number;
  /** Packets sent while new or parked pairs were waiting, from the first on, and the time that took. */
  readonly activePackets: number;
  readonly activeNs: number;
  /** The part of them that only the rate kept waiting: no cap, no silence. */
  readonly pacedPackets: number;
  readonly pacedNs: number;
  readonly silentNeighbours: number;
  readonly backoff: BackoffCounters;
  readonly smoothedRttUs: number;
  readonly hosts: HostCounters;
  /** Where the scan finds its rate by itself. */
  readonly autoRate?: AutoRateStatistics;
  /** Where its packets are recorded. */
  readonly recording?: RecordingCounters;
}

/** Counters of a hostgroup's targets. */
export interface HostCounters {
  /** Under way now. */
  readonly active: number;
  /** Given up because they took too long. */
  readonly timedOut: number;
  /** That answer for every port. */
  readonly tarpits: number;
}

/** Of a scan without a hostgroup. */
export const NO_HOSTS: HostCounters = { active: 0, timedOut: 0, tarpits: 0 };

/** Counters of what has to wait. */
export interface BackoffCounters {
  /** Addresses and networks left alone now. */
  readonly targets: number;
  /** Pairs that wait for their target or for a cap. */
  readonly parked: number;
  readonly isAll: boolean;
  /** Times there was no room for more of them. */
  readonly full: number;
  /** Pairs that ended for having waited too long. */
  readonly givenUp: number;
}

/** Of a scan in which nothing waits. */
export const NO_BACKOFF: BackoffCounters = {
  targets: 0,
  parked: 0,
  isAll: false,
  full: 0,
  givenUp: 0,
};

/**
 * A scan under way. Calls come from one thread; none of them waits. The engine ends by itself when every position is
 * settled, or one time-out after `stop()`; `close()` frees what it holds, and `counters()` still answers after it.
 */
export interface ScanEngine {
  readonly technique: 'syn' | 'connect';
  /** How packets leave: `packet`, `rawip`, `xdp`, several joined by `+`, or `connect`. */
  readonly backend: string;
  start(): void;
  pause(): void;
  resume(): void;
  /** Packets a second from now on. */
  setRate(rate: number): void;
  /** No probe leaves after this; answers under way are still awaited. Idempotent. */
  stop(): void;
  /** Takes at most `max` waiting results; what is not taken holds the engine back. */
  drain(max: number): ScanResult[];
  /** What drain() has come across since the last call; connect scans have none. */
  takeBackoffs?(): BackoffEvent[];
  /** Tarpits that drain() has come across since the last call. */
  takeTarpits?(): TarpitNotice[];
  counters(): EngineCounters;
  /** Where a scan with a hostgroup stands; also after the end. */
  hostProgress?(): HostProgress;
  /** The error behind phase `failed`. */
  fault(): Error | undefined;
  close(): void;
}

/** True for the phases an engine does not leave. */
export function hasEnded(phase: EnginePhase): boolean {
  return phase === 'done' || phase === 'stopped' || phase === 'failed';
}
