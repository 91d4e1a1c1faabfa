// How the rate is used, how much comes out of it, and how many tasks fail.

import type { TimesMs } from '../monitor/performance-figures.js';
import type { DurationsMs } from '../../pool/pool-statistics.js';
import type { PoolFigures, SourceFigures } from './sources.js';

/** What a limit does to a scan. */
export interface RateLimitingFigures {
  /** Permits a second that may be given at most. */
  readonly limit: number;
  /** Permits a second that were given over the last second. */
  readonly requestsPerSecond: number;
  /** The same as a part of the limit, in percent. */
  readonly usedPercent: number;
  readonly totalRequests: number;
  readonly allowedRequests: number;
  readonly blockedRequests: number;
  readonly timedOutRequests: number;
  /** allowed / total. */
  readonly successRate: number;
  /** Waits for a permit of those who asked the limiter itself; undefined for a scan, whose packets wait in native code. */
  readonly averageWaitMs: number | undefined;
  readonly waitMs: Omit<TimesMs, 'mean' | 'count'> | undefined;
}

/** Those of the limiter; else those of the scan; else undefined. */
export function rateFigures({ limiter, scan }: SourceFigures): RateLimitingFigures | undefined {
  if (limiter !== undefined) {
    const { rate, statistics } = limiter;
    return {
      limit: rate,
      requestsPerSecond: statistics.actualRate,
      usedPercent: percent(statistics.actualRate, rate),
      totalRequests: statistics.totalRequests,
      allowedRequests: statistics.allowedRequests,
      blockedRequests: statistics.blockedRequests,
      timedOutRequests: statistics.timedOutRequests,
      successRate: statistics.successRate,
      averageWaitMs: statistics.averageWaitMs,
      waitMs: statistics.waitMs,
    };
  }
  if (scan === undefined) return undefined;
  const { currentPacketsPerSecond: sending, targetPacketsPerSecond: limit } = scan;
  const total = scan.sent + scan.sendFailures;
  return {
    limit,
    requestsPerSecond: sending,
    usedPercent: percent(sending, limit),
    totalRequests: total,
    allowedRequests: scan.sent,
    blockedRequests: scan.sendFailures,
    timedOutRequests: scan.rateLimitTimeouts,
    successRate: total === 0 ? 1 : scan.sent / total,
    averageWaitMs: undefined,
    waitMs: undefined,
  };
}

/** Results a second that are no failures; undefined where nobody counts them. */
export function throughputOf({ monitor, pool, scan }: SourceFigures): number | undefined {
  if (monitor !== undefined) return monitor.requestsPerSecond * (1 - monitor.errorRate);
  if (pool !== undefined) return pool.tasksPerSecond * (1 - poolErrors(pool) / 100);
  if (scan === undefined) return undefined;
  return scan.elapsedMs > 0 ? ((scan.settled - scan.unknown) * 1000) / scan.elapsedMs : 0;
}

/** Failures among all results, in percent; undefined where nobody counts them. */
export function errorPercentOf({ monitor, pool, scan }: SourceFigures): number | undefined {
  if (monitor !== undefined) return monitor.errorRate * 100;
  if (pool !== undefined) return poolErrors(pool);
  return scan === undefined ? undefined : percent(scan.unknown, scan.settled);
}

/** Of the tasks; undefined where nobody measures them. */
export function responseTimesOf({ monitor, pool }: SourceFigures): TimesMs | undefined {
  if (monitor !== undefined && monitor.responseMs.count > 0) return monitor.responseMs;
  return pool && timesOf(pool, pool.durationMs);
}

/**
 * Waits for permits, as outcomes told the monitor of them, else those of the pool. A limiter knows less: of the tasks of a
 * pool only the first one asks it.
 */
export function waitsOf({ monitor, pool }: SourceFigures): TimesMs | undefined {
  if (monitor !== undefined && monitor.waitMs.count > 0) return monitor.waitMs;
  return pool?.waitMs && timesOf(pool, pool.waitMs);
}

/** Every task with a result has been measured. */
function timesOf(pool: PoolFigures, times: DurationsMs): TimesMs | undefined {
  const { mean, p50, p90, p99, max } = times;
  const count = pool.completed + pool.failed + pool.timedOut + pool.rateLimited;
  return count === 0 ? undefined : { count, mean, p50, p90, p99, max };
}

/** A task nobody answered is a result like another; one that failed or got no permit is not. */
function poolErrors(pool: NonNullable<SourceFigures['pool']>): number {
  const errors = pool.failed + pool.rateLimited;
  return percent(errors, errors + pool.completed + pool.timedOut);
}

/** 0 where there is no whole. */
export function percent(part: number, whole: number): number {
  return whole > 0 ? (part / whole) * 100 : 0;
}
