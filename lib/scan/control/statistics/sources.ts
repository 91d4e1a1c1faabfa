// What comprehensive statistics are made from: by shape, so that anything with the figures will do.

import { checkNumber, checkOptions, invalidArgument } from '../../../internal/check.js';
import { InvalidArgumentError } from '../../../internal/errors.js';
import type { LimiterStatistics } from '../../../limiters/decision.js';
import type { ScanStatistics } from '../../statistics.js';
import type { DurationsMs } from '../../pool/pool-statistics.js';
import type { PerformanceFigures } from '../monitor/performance-figures.js';
import type { Degradation } from '../resources/resource-readings.js';
import type { ResourceThrottleStatistics } from '../throttle/resource-throttle.js';

/** What is needed of a pool's figures; those of a `ConnectionPool` have more, which stays. */
export interface PoolFigures {
  readonly queued: number;
  readonly active: number;
  /** The part of `active` that waits for a permit. */
  readonly waiting: number;
  readonly completed: number;
  readonly failed: number;
  /** Nobody answered in time, which is an answer too. */
  readonly timedOut: number;
  /** No permit in time. */
  readonly rateLimited: number;
  /** Workers there may be now. */
  readonly workers: number;
  /** Results over the last second. */
  readonly tasksPerSecond: number;
  readonly durationMs: DurationsMs;
  /** Waits for permits; absent where they are not measured. */
  readonly waitMs?: DurationsMs | undefined;
}

/** Where the figures come from; at least one of them. */
export interface StatisticsSources {
  /** The limiter that tasks take their permits from. */
  limiter?: { readonly rate: number; statistics(): LimiterStatistics } | undefined;
  pool?: { statistics(): PoolFigures } | undefined;
  /** A pipeline, for the figures of its pool. */
  pipeline?: { statistics(): { readonly pool: PoolFigures | undefined } } | undefined;
  /** A running scan; its rate is the limit where no `limiter` is given. */
  scan?: { readonly statistics: ScanStatistics } | undefined;
  monitor?:
    | { statistics(overMs?: number): PerformanceFigures; readonly degraded: readonly Degradation[] }
    | undefined;
  throttle?: { statistics(): ResourceThrottleStatistics } | undefined;
  /** Longest time of a task, in milliseconds: response times are judged by it. */
  timeoutMs?: number | undefined;
  /** How much of the past the monitor's figures are of, in milliseconds; 1000 to 3 600 000, a minute by default. */
  overMs?: number | undefined;
}

/** The figures of all sources at one moment. */
export interface SourceFigures {
  readonly limiter: { readonly rate: number; readonly statistics: LimiterStatistics } | undefined;
  readonly pool: PoolFigures | undefined;
  readonly scan: ScanStatistics | undefined;
  readonly monitor: PerformanceFigures | undefined;
  readonly throttle: ResourceThrottleStatistics | undefined;
  readonly timeoutMs: number | undefined;
  readonly degraded: readonly Degradation[];
}

const WITH_METHOD = ['limiter', 'pool', 'pipeline', 'monitor', 'throttle'] as const;
const SOURCES = [...WITH_METHOD, 'scan'] as const;
const KNOWN = [...SOURCES, 'timeoutMs', 'overMs'];

/** @throws InvalidArgumentError, InvalidRangeError for sources that are none, and where there is none */
export function readSources(sources: StatisticsSources): SourceFigures {
  const given = checkOptions('sources', sources, KNOWN);
  for (const name of WITH_METHOD) checkStatisticsMethod(name, given[name]);
  const { limiter, pool, pipeline, scan, monitor, throttle } = sources;
  const { timeoutMs, overMs = 60_000 } = sources;
  if (SOURCES.every((name) => given[name] === undefined)) {
    throw new InvalidArgumentError(
      `sources: none given; name at least one of ${SOURCES.join(', ')}`,
    );
  }
  if (timeoutMs !== undefined) checkNumber('timeoutMs', timeoutMs, { above: 0 });
  const throttled = throttle?.statistics();
  return {
    limiter: limiter && { rate: limiter.rate, statistics: limiter.statistics() },
    pool: pool?.statistics() ?? pipeline?.statistics().pool,
    scan: scan?.statistics,
    monitor: monitor?.statistics(overMs),
    throttle: throttled,
    timeoutMs,
    degraded: distinct([...(monitor?.degraded ?? []), ...(throttled?.degraded ?? [])]),
  };
}

function checkStatisticsMethod(name: string, source: unknown): void {
  if (source === undefined) return;
  const { statistics } = (source ?? {}) as { statistics?: unknown };
  if (typeof statistics !== 'function') {
    throw invalidArgument(name, source, 'an object with statistics()');
  }
}

function distinct(degraded: readonly Degradation[]): Degradation[] {
  const byText = degraded.map((one) => [`${one.name}: ${one.remark}`, one] as const);
  return [...new Map(byText).values()];
}
