import type { TimesMs } from '../monitor/performance-figures.js';
import type { Degradation, ResourceName } from '../resources/resource-readings.js';
import { bottleneckOf, type Bottleneck } from './bottleneck.js';
import { healthOf, type HealthMark } from './health.js';
import {
  errorPercentOf,
  percent,
  rateFigures,
  responseTimesOf,
  throughputOf,
  waitsOf,
  type RateLimitingFigures,
} from './rate-figures.js';
import {
  readSources,
  type PoolFigures,
  type SourceFigures,
  type StatisticsSources,
} from './sources.js';

/** What comes out of a scan, what it takes, and what holds it back. */
export interface PerformanceStatistics {
  /** Results a second that are no failures: over `overMs` of the monitor, else over the last second of the pool. */
  readonly effectiveThroughput: number | undefined;
  /** The same as a part of the limit; undefined without a limit. */
  readonly throughputPercent: number | undefined;
  /** Failures among all results; tasks nobody answered are none. */
  readonly errorPercent: number | undefined;
  /** Of the monitor, else the durations of the pool; undefined where none was measured. */
  readonly responseMs: TimesMs | undefined;
  /** Waits for permits, as outcomes told the monitor of them, else those of the pool; undefined where none was measured. */
  readonly waitMs: TimesMs | undefined;
  /** Of the workers of the pool, those that are busy. */
  readonly workersPercent: number | undefined;
  /** The greater of processors and memory, as the target figure has it. */
  readonly utilisationPercent: number | undefined;
  /** Readings by name, where somebody takes them; one that cannot be had is absent. */
  readonly resources: Readonly<Partial<Record<ResourceName, number>>>;
  readonly bottleneck: Bottleneck;
}

/** Everything about a scan at one moment. */
export interface ComprehensiveStatistics {
  /** Undefined without a limiter and a scan. */
  readonly rateLimiting: RateLimitingFigures | undefined;
  /** What the pool says of itself; undefined without one. */
  readonly connectionPool: PoolFigures | undefined;
  readonly performance: PerformanceStatistics;
  /** The figures of a healthy scan, and how far they are met. */
  readonly health: readonly HealthMark[];
  /** Readings that cannot be had, or not as they should be. */
  readonly degraded: readonly Degradation[];
}

/**
 * Rate limiting, pool and performance in one look, with the bottleneck by name and marks against the figures of a healthy
 * scan: throughput 80 to 90 % of the limit, errors below 5 %, waits below 100 ms, processors and memory below 80 %,
 * response times below twice the time-out. What no source knows is undefined, and its mark `unknown`.
 *
 * @param sources - at least one; each is only read
 * @throws PacegateError `ERR_PACEGATE_INVALID_ARGUMENT`, `ERR_PACEGATE_OUT_OF_RANGE`; what a source throws
 *
 * @example
 * ```ts
 * import { TokenBucket } from 'pacegate';
 * import { comprehensiveStatistics, PerformanceMonitor } from 'pacegate/scan';
 *
 * const limiter = new TokenBucket({ rate: 100 });
 * using monitor = new PerformanceMonitor();
 * const { performance, health } = comprehensiveStatistics({ limiter, monitor, timeoutMs: 1000 });
 * console.log(performance.bottleneck.name, health.filter(({ status }) => status === 'above'));
 * ```
 */
export function comprehensiveStatistics(sources: StatisticsSources): ComprehensiveStatistics {
  const figures = readSources(sources);
  const rateLimiting = rateFigures(figures);
  const performance = performanceOf(figures, rateLimiting);
  return {
    rateLimiting,
    connectionPool: figures.pool,
    performance: { ...performance, bottleneck: bottleneckOf(figures, rateLimiting) },
    health: healthOf(performance, rateLimiting, figures.timeoutMs),
    degraded: figures.degraded,
  };
}

function performanceOf(
  figures: SourceFigures,
  rate: RateLimitingFigures | undefined,
): Omit<PerformanceStatistics, 'bottleneck'> {
  const { pool } = figures;
  const effectiveThroughput = throughputOf(figures);
  const resources = resourcesOf(figures);
  const { cpuPercent, memoryPercent } = resources;
  const known = [cpuPercent, memoryPercent].filter((value) => value !== undefined);
  return {
    effectiveThroughput,
    throughputPercent:
      rate === undefined || effectiveThroughput === undefined
        ? undefined
        : percent(effectiveThroughput, rate.limit),
    errorPercent: errorPercentOf(figures),
    responseMs: responseTimesOf(figures),
    waitMs: waitsOf(figures),
    workersPercent: pool && percent(pool.active, pool.workers),
    utilisationPercent: known.length === 0 ? undefined : Math.max(...known),
    resources,
  };
}

/** Means of the monitor; else what the throttle read last. */
function resourcesOf({ monitor, throttle }: SourceFigures): PerformanceStatistics['resources'] {
  const entries =
    monitor === undefined
      ? Object.entries(throttle?.readings ?? {}).map(([name, { value }]) => [name, value])
      : Object.entries(monitor.resources).map(([name, { mean }]) => [name, mean]);
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined)) as Partial<
    Record<ResourceName, number>
  >;
}
