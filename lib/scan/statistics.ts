// What a scan reports about itself while it runs and when it is over.

import type { AutoRateStatistics } from './auto-rate.js';
import {
  NO_BACKOFF,
  NO_HOSTS,
  type EngineCounters,
  type EnginePhase,
} from './engines/scan-engine.js';
import { pcapStatistics, type PcapStatistics } from './recording.js';
import type { ScanState } from './state.js';

/** Live figures of a scan. Rates are packets a second (connection attempts for the connect technique). */
export interface ScanStatistics {
  /** `preparing` until names are resolved and devices are open. */
  readonly phase: 'preparing' | EnginePhase;
  /** `packet`, `rawip`, `packet+rawip`, `connect`, or empty while preparing. */
  readonly backend: string;
  /** Packets the operating system accepted, repeated probes included. */
  readonly sent: number;
  readonly received: number;
  /** Mean from the first packet on, as long as pairs are waiting: after that, answers set the pace. */
  readonly packetsPerSecond: number;
  /** Over the last second. */
  readonly currentPacketsPerSecond: number;
  /** What was asked for; what is aimed at now where the rate is automatic. */
  readonly targetPacketsPerSecond: number;
  /**
   * How far the pacing is off the target: a percentage above (positive) or below it. Time in which caps,
   * back-off or the limiter held packets back is left out. 0 where the rate is automatic.
   */
  readonly rateErrorPercent: number;
  /** Gaps between departures (batches, where packets leave in batches), in microseconds. */
  readonly interDepartureUs: { readonly p50: number; readonly p99: number; readonly max: number };
  readonly open: number;
  readonly closed: number;
  readonly filtered: number;
  readonly unknown: number;
  /** The part of `filtered` that never answered. */
  readonly noResponse: number;
  /** Addresses and networks that are left alone now because they asked for it; see `adaptiveRate`. */
  readonly backedOffTargets: number;
  /** Pairs that wait for their target, or for a cap. */
  readonly parked: number;
  /** All that is left waits for such targets; at the end: all that was left was given up. */
  readonly allBackedOff: boolean;
  /** The part of `unknown` whose targets were backed off for longer than `backoffLimitMs`. */
  readonly rateLimitTimeouts: number;
  /** Times that 4 194 304 pairs were waiting: then the scan takes up no new ones until some have gone. */
  readonly parkedFull: number;
  /** Targets under way, where a hostgroup bounds them; otherwise 0. */
  readonly activeTargets: number;
  /** Targets given up for `hostTimeoutMs`, and those that answer for nearly every port; see `tarpit`. */
  readonly hostTimeouts: number;
  readonly tarpits: number;
  /** Verified ICMP errors (errors of the operating system for the connect technique). */
  readonly icmpUnreachable: number;
  /** Packets the operating system refused for good, and times it had no room. */
  readonly sendFailures: number;
  readonly busyRetries: number;
  /** Answers that came but found no room in the receive ring: when not 0, results may be missing. */
  readonly kernelDropped: number;
  /** Answers not to this scan, repeated, and after the time-out. */
  readonly invalid: number;
  readonly duplicates: number;
  readonly late: number;
  /** Packets given up because the sender was held up for longer than it may catch up. */
  readonly forgone: number;
  /** Times that packets had to wait for the `limiter`. */
  readonly limiterWaits: number;
  /** Hosts on the local link that did not answer ARP or neighbour discovery. */
  readonly silentNeighbours: number;
  /** (address, port) pairs in all (of the shard), and with a final result; a resumed scan counts what was settled before. */
  readonly total: number;
  readonly settled: number;
  readonly percent: number;
  readonly elapsedMs: number;
  /** Estimate of what remains; NaN while nothing is known. */
  readonly etaMs: number;
  readonly smoothedRttMs: number;
  /** Of one core. */
  readonly cpuPercent: number;
  /** Where the scan finds its rate by itself. */
  readonly autoRate?: AutoRateStatistics;
  /** Where the scan's packets are recorded. */
  readonly pcap?: PcapStatistics;
}

/** Something a user should know and a scan goes on without. */
export interface ScanWarning {
  /**
   * `technique-fallback`, `backend-fallback`, `targets-left-out`, `host-short`, `auto-rate-fixed`, `below-min-rate`,
   * `below-min-hostgroup`, `host-timeout`, `tarpit`, `capture-drops`, `pcap-drops`, `pcap-ended` or `results-unread`.
   */
  readonly code: string;
  readonly message: string;
}

/** How a scan ended. */
export interface ScanSummary {
  /** False when it was stopped before every pair had its result. */
  readonly complete: boolean;
  readonly technique: 'syn' | 'connect';
  /** Addresses probed, after excludes. */
  readonly addresses: number;
  /** Ports probed per address. */
  readonly ports: number;
  readonly seed: number;
  readonly durationMs: number;
  readonly statistics: ScanStatistics;
  /** For `resume`. */
  readonly state: ScanState;
  readonly warnings: readonly ScanWarning[];
}

const NOTHING_YET: EngineCounters = {
  phase: 'created',
  positionsTotal: 0,
  positionsSettled: 0,
  resumePosition: 0,
  sent: 0,
  sendFailures: 0,
  busyRetries: 0,
  received: 0,
  kernelDropped: 0,
  invalid: 0,
  duplicates: 0,
  late: 0,
  open: 0,
  closed: 0,
  filtered: 0,
  noResponse: 0,
  unknown: 0,
  icmpUnreachable: 0,
  targetRate: 0,
  currentRate: 0,
  forgone: 0,
  limiterWaits: 0,
  interDepartureUs: { p50: 0, p99: 0, max: 0 },
  cpuNs: 0,
  activePackets: 0,
  activeNs: 0,
  pacedPackets: 0,
  pacedNs: 0,
  silentNeighbours: 0,
  backoff: NO_BACKOFF,
  smoothedRttUs: 0,
  hosts: NO_HOSTS,
};

/** What statistics are made from, beside the counters. */
export interface StatisticsContext {
  readonly counters: EngineCounters | undefined;
  readonly backend: string;
  readonly targetRate: number;
  readonly elapsedMs: number;
  /** Pairs that earlier runs settled. */
  readonly settledBefore: number;
}

/** Makes the public figures from an engine's counters. */
export function scanStatistics(context: StatisticsContext): ScanStatistics {
  const counters = context.counters ?? NOTHING_YET;
  const { elapsedMs, backend } = context;
  const { autoRate, recording } = counters;
  const targetRate = autoRate?.rate ?? context.targetRate;
  const paced = meanRate(counters.pacedPackets, counters.pacedNs);
  return {
    phase: context.counters?.phase ?? 'preparing',
    backend,
    sent: counters.sent,
    received: counters.received,
    packetsPerSecond: meanRate(counters.activePackets, counters.activeNs),
    currentPacketsPerSecond: counters.currentRate,
    targetPacketsPerSecond: targetRate,
    rateErrorPercent: paced === 0 || autoRate !== undefined ? 0 : (paced / targetRate - 1) * 100,
    interDepartureUs: counters.interDepartureUs,
    open: counters.open,
    closed: counters.closed,
    filtered: counters.filtered,
    unknown: counters.unknown,
    noResponse: counters.noResponse,
    backedOffTargets: counters.backoff.targets,
    parked: counters.backoff.parked,
    allBackedOff: counters.backoff.isAll,
    rateLimitTimeouts: counters.backoff.givenUp,
    parkedFull: counters.backoff.full,
    activeTargets: counters.hosts.active,
    hostTimeouts: counters.hosts.timedOut,
    tarpits: counters.hosts.tarpits,
    icmpUnreachable: counters.icmpUnreachable,
    sendFailures: counters.sendFailures,
    busyRetries: counters.busyRetries,
    kernelDropped: counters.kernelDropped,
    invalid: counters.invalid,
    duplicates: counters.duplicates,
    late: counters.late,
    forgone: counters.forgone,
    limiterWaits: counters.limiterWaits,
    silentNeighbours: counters.silentNeighbours,
    total: counters.positionsTotal,
    settled: counters.positionsSettled,
    percent: percentOf(counters.positionsSettled, counters.positionsTotal),
    elapsedMs,
    etaMs: etaMs(counters, { ...context, targetRate }),
    smoothedRttMs: counters.smoothedRttUs / 1000,
    cpuPercent: elapsedMs > 0 ? counters.cpuNs / 1e4 / elapsedMs : 0,
    ...(autoRate === undefined ? {} : { autoRate }),
    ...(recording === undefined ? {} : { pcap: pcapStatistics(recording) }),
  };
}

/** n packets have n - 1 gaps. */
function meanRate(packets: number, ns: number): number {
  return packets > 1 && ns > 0 ? ((packets - 1) * 1e9) / ns : 0;
}

function percentOf(part: number, whole: number): number {
  return whole === 0 ? 0 : (part / whole) * 100;
}

/** At the pace at which pairs were settled so far, and never sooner than the asked rate allows. */
function etaMs(counters: EngineCounters, context: StatisticsContext): number {
  const remaining = counters.positionsTotal - counters.positionsSettled;
  if (context.counters === undefined) return Number.NaN;
  const settledNow = counters.positionsSettled - context.settledBefore;
  const atRate = (remaining / context.targetRate) * 1000;
  return settledNow <= 0 ? atRate : Math.max(atRate, (remaining * context.elapsedMs) / settledNow);
}
