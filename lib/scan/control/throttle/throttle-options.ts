// How a ResourceThrottle is made: the options, checked.

import {
  checkNumber,
  checkOptionalNumber,
  checkOptions,
  invalidArgument,
  type NumberBounds,
} from '../../../internal/check.js';
import { checkClock, type Clock } from '../../../internal/clock.js';
import { InvalidArgumentError } from '../../../internal/errors.js';
import { checkRateTarget, type RateTarget } from '../rate-target.js';
import { checkResourceSource, type ResourceSource } from '../resources/resource-readings.js';
import type { LadderSteps } from './ladder.js';

/** Above these it is too much; Infinity: never. */
export interface ResourceThresholds {
  /** Processors of this host, 80 % by default. */
  cpuPercent?: number | undefined;
  /** Memory of this host, or of what this process may have where that is less; 85 % by default. */
  memoryPercent?: number | undefined;
  /** Tasks that failed, of those in the last `errorWindowMs`; 10 % by default. */
  errorPercent?: number | undefined;
  /** By how much timers come late, 100 ms by default. */
  eventLoopLagMs?: number | undefined;
  /** Descriptors (files and sockets) of those this process may open, 80 % by default. */
  descriptorPercent?: number | undefined;
}

/** How a `ResourceThrottle` is made. */
export interface ResourceThrottleOptions {
  /** When it is too much. */
  thresholds?: ResourceThresholds | undefined;
  /** Whose rate is lowered when fewer workers and longer waits do not help: a limiter, a scan, an `AdaptiveRate`. */
  limiter?: RateTarget | undefined;
  /** Parts of the workers, step by step; each below the one before. [0.75, 0.5, 0.25] by default, [] for no such steps. */
  workerShares?: readonly number[] | undefined;
  /** Waits before each task in milliseconds; each above the one before, at most 60 000. [10, 50, 200] by default. */
  waitsMs?: readonly number[] | undefined;
  /** Parts of the rate; each below the one before. [0.75, 0.5, 0.25] by default. */
  rateShares?: readonly number[] | undefined;
  /** How often it looks, in milliseconds; 1 to 3 600 000, 1000 by default. Each look is one step at most. */
  intervalMs?: number | undefined;
  /** So many looks in a row must find everything clear before one step is taken back; at least 1, 3 by default. */
  recoverLooks?: number | undefined;
  /** A reading that was too high is clear when it is at most this part of its threshold; above 0, at most 1, 0.9 by default. */
  clearShare?: number | undefined;
  /** How far back failures count, in milliseconds; 1 to 3 600 000, 10 000 by default. */
  errorWindowMs?: number | undefined;
  /** Outcomes there must be in that time before they say anything; at least 1, 20 by default. */
  minimumOutcomes?: number | undefined;
  /** Where readings come from; by default this host. One that is given is the caller's to dispose of. */
  readings?: ResourceSource | undefined;
  /** Where time comes from; by default the system's monotonic clock. */
  clock?: Clock | undefined;
}

/** {@link ResourceThresholds}, all of them. */
export type CheckedThresholds = {
  readonly [Name in keyof ResourceThresholds]-?: number;
};

/** Checked {@link ResourceThrottleOptions}. */
export interface CheckedThrottleOptions extends LadderSteps {
  readonly thresholds: CheckedThresholds;
  readonly limiter: RateTarget | undefined;
  readonly intervalMs: number;
  readonly recoverLooks: number;
  readonly clearShare: number;
  readonly errorWindowMs: number;
  readonly minimumOutcomes: number;
  /** Undefined: this host. */
  readonly readings: ResourceSource | undefined;
  readonly clock: Clock;
}

const KNOWN = [
  ...['thresholds', 'limiter', 'workerShares', 'waitsMs', 'rateShares', 'intervalMs'],
  ...['recoverLooks', 'clearShare', 'errorWindowMs', 'minimumOutcomes', 'readings', 'clock'],
];
const DEFAULTS: CheckedThresholds = {
  cpuPercent: 80,
  memoryPercent: 85,
  errorPercent: 10,
  eventLoopLagMs: 100,
  descriptorPercent: 80,
};
const STEPS = { shares: [0.75, 0.5, 0.25], waitsMs: [10, 50, 200] };
const SHARE: NumberBounds = { above: 0, max: 1 };
const TIME: NumberBounds = { min: 1, max: 3_600_000 };
const COUNT: NumberBounds = { min: 1, integer: true };

/** @throws InvalidArgumentError, InvalidRangeError */
export function checkThrottleOptions(options: unknown): CheckedThrottleOptions {
  const given = checkOptions('options', options === undefined ? {} : options, KNOWN);
  const number = (name: string, fallback: number, bounds: NumberBounds): number =>
    checkOptionalNumber(name, given[name], fallback, bounds);
  const shares = (name: string): readonly number[] =>
    checkSteps(name, given[name] ?? STEPS.shares, { above: 0, max: 0.999 }, 'below');
  const { limiter, readings, waitsMs = STEPS.waitsMs } = given;
  return {
    thresholds: checkThresholds(given['thresholds']),
    limiter: limiter === undefined ? undefined : checkRateTarget('limiter', limiter),
    workerShares: shares('workerShares'),
    waitsMs: checkSteps('waitsMs', waitsMs, { above: 0, max: 60_000 }, 'above'),
    rateShares: shares('rateShares'),
    intervalMs: number('intervalMs', 1000, TIME),
    recoverLooks: number('recoverLooks', 3, COUNT),
    clearShare: number('clearShare', 0.9, SHARE),
    errorWindowMs: number('errorWindowMs', 10_000, TIME),
    minimumOutcomes: number('minimumOutcomes', 20, COUNT),
    readings: readings === undefined ? undefined : checkResourceSource('readings', readings),
    clock: checkClock('clock', given['clock']),
  };
}

function checkThresholds(value: unknown): CheckedThresholds {
  const names = Object.keys(DEFAULTS) as (keyof CheckedThresholds)[];
  const given = checkOptions('thresholds', value === undefined ? {} : value, names);
  const threshold = (name: keyof CheckedThresholds): number =>
    checkOptionalNumber(`thresholds.${name}`, given[name], DEFAULTS[name], {
      above: 0,
      infinity: true,
    });
  return {
    cpuPercent: threshold('cpuPercent'),
    memoryPercent: threshold('memoryPercent'),
    errorPercent: threshold('errorPercent'),
    eventLoopLagMs: threshold('eventLoopLagMs'),
    descriptorPercent: threshold('descriptorPercent'),
  };
}

function checkSteps(
  name: string,
  value: unknown,
  bounds: NumberBounds,
  order: 'above' | 'below',
): readonly number[] {
  if (!Array.isArray(value)) throw invalidArgument(name, value, 'a list of numbers');
  const steps = value.map((step, i) => checkNumber(`${name}[${i}]`, step, bounds));
  const isInOrder = steps.every((step, i) => {
    const before = steps[i - 1] ?? step;
    return i === 0 || (order === 'above' ? step > before : step < before);
  });
  if (!isInOrder) {
    throw new InvalidArgumentError(
      `${name} must be each ${order} the one before, not ${show(steps)}`,
    );
  }
  return steps;
}

function show(steps: readonly number[]): string {
  return `[${steps.join(', ')}]`;
}
