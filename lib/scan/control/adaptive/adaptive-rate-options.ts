// How an AdaptiveRate is made: the options, checked.

import { checkOptionalNumber, checkOptions } from '../../../internal/check.js';
import { checkClock, type Clock } from '../../../internal/clock.js';
import { InvalidArgumentError } from '../../../internal/errors.js';
import { RATE_BOUNDS } from '../../pace-options.js';
import { checkRateTarget, type RateTarget } from '../rate-target.js';

/** How an `AdaptiveRate` is made. */
export interface AdaptiveRateOptions {
  /** Whose rate it changes: a limiter, a scan, anything with `rate` and `setRate()`. */
  limiter: RateTarget;
  /** The rate never falls below this by its doing; above 0, by default 1, or the rate at the beginning where that is less. */
  minRate?: number | undefined;
  /** … never rises above this; by default 1000, or the rate at the beginning where that is more. */
  maxRate?: number | undefined;
  /** Share of successes below which the rate falls; 0 to 1, 0.8 by default. */
  lowSuccessRate?: number | undefined;
  /** Share of successes above which it may rise; 0 to 1, 0.95 by default. */
  highSuccessRate?: number | undefined;
  /** What the rate is multiplied by when it falls; above 0 and below 1, 0.8 by default. */
  decreaseFactor?: number | undefined;
  /** … and when it rises; above 1, at most 10, 1.1 by default. */
  increaseFactor?: number | undefined;
  /**
   * The rate rises only while permits are waited for less than this on average, in milliseconds; 10 by default. Tasks
   * that outnumber the rate wait as long as the rate makes them: Infinity lets it rise all the same, up to where
   * tasks begin to fail.
   */
  maxWaitMs?: number | undefined;
  /** Outcomes there must be before they say anything; a whole number of at least 1, 20 by default. */
  minimumOutcomes?: number | undefined;
  /** Shortest time that is judged, in milliseconds; at least 1, 1000 by default. */
  intervalMs?: number | undefined;
  /**
   * For how long after a change outcomes still belong to the rate before it and do not count, in milliseconds; best
   * the time-out of a task, 1000 by default. Without it, one overload would be answered several times.
   */
  settleMs?: number | undefined;
  /** Where time comes from; by default the system's monotonic clock. */
  clock?: Clock | undefined;
}

/** Checked {@link AdaptiveRateOptions}. */
export type CheckedAdaptiveRateOptions = {
  [Name in keyof AdaptiveRateOptions]-?: NonNullable<AdaptiveRateOptions[Name]>;
};

const KNOWN = [
  ...['limiter', 'minRate', 'maxRate', 'lowSuccessRate', 'highSuccessRate', 'decreaseFactor'],
  ...['increaseFactor', 'maxWaitMs', 'minimumOutcomes', 'intervalMs', 'settleMs', 'clock'],
];
const SHARE = { min: 0, max: 1 };
const LONGEST_MS = 86_400_000;

/** @throws InvalidArgumentError, InvalidRangeError */
export function checkAdaptiveRateOptions(options: unknown): CheckedAdaptiveRateOptions {
  const given = checkOptions('options', options, KNOWN);
  const number = (name: string, fallback: number, bounds: object): number =>
    checkOptionalNumber(name, given[name], fallback, bounds);
  const limiter = checkRateTarget('limiter', given['limiter']);
  const { rate } = limiter;
  const checked = {
    limiter,
    minRate: number('minRate', Math.min(1, rate), RATE_BOUNDS),
    maxRate: number('maxRate', Math.max(1000, rate), RATE_BOUNDS),
    lowSuccessRate: number('lowSuccessRate', 0.8, SHARE),
    highSuccessRate: number('highSuccessRate', 0.95, SHARE),
    decreaseFactor: number('decreaseFactor', 0.8, { above: 0, max: 0.999 }),
    increaseFactor: number('increaseFactor', 1.1, { above: 1, max: 10 }),
    maxWaitMs: number('maxWaitMs', 10, { min: 0, infinity: true }),
    minimumOutcomes: number('minimumOutcomes', 20, { min: 1, integer: true }),
    intervalMs: number('intervalMs', 1000, { min: 1, max: LONGEST_MS }),
    settleMs: number('settleMs', 1000, { min: 0, max: LONGEST_MS }),
    clock: checkClock('clock', given['clock']),
  };
  checkOrder('minRate', checked.minRate, 'maxRate', checked.maxRate);
  checkOrder('lowSuccessRate', checked.lowSuccessRate, 'highSuccessRate', checked.highSuccessRate);
  return checked;
}

function checkOrder(low: string, least: number, high: string, most: number): void {
  if (least <= most) return;
  throw new InvalidArgumentError(`${low} must be at most ${high} (${most}), not ${least}`);
}
