// Figures of a stretch of time, made from its slots.

import type { WaitHistogram } from '../../../limiters/statistics/wait-histogram.js';
import { type ResourceName, resourceNames } from '../resources/resource-readings.js';
import { TimeSlot } from './time-slot.js';

/** A distribution of times in milliseconds; percentiles are too high by at most 1/32. All 0 where there was none. */
export interface TimesMs {
  /** How many were measured. */
  readonly count: number;
  readonly mean: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
}

/** One reading over a stretch of time. */
export interface ResourceFigures {
  readonly mean: number;
  readonly max: number;
}

/** What happened in a stretch of time. */
export interface PerformanceFigures {
  /** When it begins, in milliseconds since the monitor was made, and how long it is. */
  readonly startMs: number;
  readonly durationMs: number;
  /** Outcomes observed. */
  readonly requests: number;
  readonly requestsPerSecond: number;
  readonly failures: number;
  /** Part of the requests that failed; 0 where there was none. */
  readonly errorRate: number;
  readonly responseMs: TimesMs;
  /** Waits for permits. */
  readonly waitMs: TimesMs;
  /** Readings by name; one that could not be had is absent. */
  readonly resources: Readonly<Partial<Record<ResourceName, ResourceFigures>>>;
}

/** @param slots - in any order; undefined where nothing happened */
export function figuresOf(
  slots: readonly (TimeSlot | undefined)[],
  startMs: number,
  durationMs: number,
): PerformanceFigures {
  const [only] = slots;
  const sum = slots.length === 1 && only !== undefined ? only : new TimeSlot();
  if (sum !== only) for (const slot of slots) if (slot !== undefined) sum.add(slot);
  const { requests, failures } = sum;
  return {
    startMs,
    durationMs,
    requests,
    requestsPerSecond: durationMs > 0 ? (requests * 1000) / durationMs : 0,
    failures,
    errorRate: requests === 0 ? 0 : failures / requests,
    responseMs: timesOf(sum.responses),
    waitMs: timesOf(sum.waits),
    resources: resourcesOf(sum),
  };
}

function timesOf(histogram: WaitHistogram): TimesMs {
  return {
    count: histogram.recorded,
    mean: histogram.averageNs / 1e6,
    p50: histogram.percentileNs(0.5) / 1e6,
    p90: histogram.percentileNs(0.9) / 1e6,
    p99: histogram.percentileNs(0.99) / 1e6,
    max: histogram.maxNs / 1e6,
  };
}

function resourcesOf(slot: TimeSlot): PerformanceFigures['resources'] {
  const entries = resourceNames.flatMap((name) => {
    const gauge = slot.gauge(name);
    return gauge === undefined ? [] : [[name, { mean: gauge.sum / gauge.count, max: gauge.max }]];
  });
  return Object.fromEntries(entries) as PerformanceFigures['resources'];
}
