// The figures of a healthy scan, and how far this one meets them.

import type { PerformanceStatistics } from './comprehensive-statistics.js';
import type { RateLimitingFigures } from './rate-figures.js';

/** One figure, and what it should be. */
export interface HealthMark {
  readonly name: 'throughput' | 'response-time' | 'error-rate' | 'utilisation' | 'wait-time';
  /** Undefined where nobody measures it. */
  readonly value: number | undefined;
  readonly unit: '%' | 'ms';
  /** `80 to 90`, `below 5`. */
  readonly target: string;
  /** Throughput above its target means that the limit is what holds the scan back, and that waits will grow. */
  readonly status: 'met' | 'below' | 'above' | 'unknown';
}

const THROUGHPUT = { least: 80, most: 90 };
const ERROR_PERCENT = 5;
const UTILISATION_PERCENT = 80;
const WAIT_MS = 100;

/** The marks of a scan: throughput, response times, errors, utilisation, waits. */
export function healthOf(
  performance: Omit<PerformanceStatistics, 'bottleneck'>,
  rate: RateLimitingFigures | undefined,
  timeoutMs: number | undefined,
): readonly HealthMark[] {
  const { throughputPercent, errorPercent, responseMs, utilisationPercent } = performance;
  const waitMs = performance.waitMs?.mean ?? rate?.averageWaitMs;
  return [
    {
      name: 'throughput',
      value: throughputPercent,
      unit: '%',
      target: `${THROUGHPUT.least} to ${THROUGHPUT.most}`,
      status: within(throughputPercent),
    },
    below('response-time', responseMs?.mean, timeoutMs && 2 * timeoutMs, 'ms'),
    below('error-rate', errorPercent, ERROR_PERCENT, '%'),
    below('utilisation', utilisationPercent, UTILISATION_PERCENT, '%'),
    below('wait-time', waitMs, WAIT_MS, 'ms'),
  ];
}

function within(value: number | undefined): HealthMark['status'] {
  if (value === undefined) return 'unknown';
  if (value < THROUGHPUT.least) return 'below';
  return value > THROUGHPUT.most ? 'above' : 'met';
}

function below(
  name: HealthMark['name'],
  value: number | undefined,
  limit: number | undefined,
  unit: '%' | 'ms',
): HealthMark {
  const target = limit === undefined ? 'below twice the time-out' : `below ${limit}`;
  if (value === undefined || limit === undefined) {
    return { name, value, unit, target, status: 'unknown' };
  }
  return { name, value, unit, target, status: value < limit ? 'met' : 'above' };
}
