// A rate that the scan finds by itself: its options, and what it has to say about what it found.

import { checkOptionalNumber, invalidArgument } from '../internal/check.js';
import { InvalidArgumentError } from '../internal/errors.js';
import { RATE_BOUNDS } from './pace-options.js';
import { notSupported } from './scan-errors.js';

/** Where an automatic rate begins, in packets a second: slow for every network, and quick to double. */
export const AUTO_RATE_START = 1000;

/** What keeps an automatic rate where it is, in the order of the numbers of native/engine/auto_rate/rate_search.h. */
const BOUNDS = ['search', 'path', 'receiver', 'sender', 'cap', 'nobody'] as const;

/**
 * What keeps an automatic rate where it is: `search` (it is still being looked for), `path` (packets were lost, or
 * queued up, above it), `receiver` (this host could not take the answers), `sender` (this host could not send faster),
 * `cap` (`maxRateCap` allows no more), `nobody` (too few targets have answered to judge by).
 */
export type RateBound = (typeof BOUNDS)[number];

/** How an automatic rate came about. Rates are packets a second. */
export interface AutoRateStatistics {
  readonly rate: number;
  readonly boundBy: RateBound;
  /** Highest rate at which nothing was lost, since the path was last different; 0 before there is one. */
  readonly losslessRate: number;
  /** Lowest rate at which something was; 0 before there is one. */
  readonly lossyRate: number;
  /** Probes sent to targets known to answer, and those of them that got no answer. */
  readonly canaries: number;
  readonly canariesLost: number;
  readonly changes: number;
}

/** {@link ScanOptions.maxRate}, checked. */
export interface RateSettings {
  /** The fixed rate, or the most that an automatic one may become. */
  readonly maxRate: number;
  readonly autoRate: boolean;
}

/**
 * Separates `maxRate: 'auto'` with its cap from a rate that is fixed.
 *
 * @throws PacegateError (`ERR_PACEGATE_INVALID_ARGUMENT`, `ERR_PACEGATE_OUT_OF_RANGE`)
 */
export function checkRateSettings(
  given: Readonly<Record<string, unknown>>,
  checkFixed: (rate: unknown) => number,
): RateSettings {
  const { maxRate, maxRateCap } = given;
  if (maxRate === 'auto') {
    const cap = checkOptionalNumber('maxRateCap', maxRateCap, RATE_BOUNDS.max, RATE_BOUNDS);
    return { maxRate: cap, autoRate: true };
  }
  if (maxRateCap !== undefined) {
    throw new InvalidArgumentError(
      "maxRateCap limits an automatic rate: it needs maxRate 'auto'; a fixed rate is its own cap",
    );
  }
  if (typeof maxRate === 'string') throw invalidArgument('maxRate', maxRate, "a number or 'auto'");
  return { maxRate: checkFixed(maxRate), autoRate: false };
}

type AutoRateSlot =
  | 'targetRate'
  | 'rateBound'
  | 'losslessRate'
  | 'lossyRate'
  | 'canaries'
  | 'canariesLost'
  | 'rateChanges';

/** The public figures from a native scan's counters. */
export function autoRateStatistics(slot: (name: AutoRateSlot) => number): AutoRateStatistics {
  return {
    rate: slot('targetRate'),
    boundBy: BOUNDS[slot('rateBound')] ?? 'search',
    losslessRate: slot('losslessRate'),
    lossyRate: slot('lossyRate'),
    canaries: slot('canaries'),
    canariesLost: slot('canariesLost'),
    changes: slot('rateChanges'),
  };
}

/**
 * The rate to ask for, and a warning where a scan that was to find its own cannot.
 *
 * @param rate - what the user asks for now: `setRate()` may have come before
 */
export function fixedRateInstead(
  settings: RateSettings,
  plan: { readonly rate: number; readonly autoRate: boolean },
  rate: number,
  warn: (code: string, message: string) => void,
): number {
  if (!settings.autoRate || plan.autoRate) return rate;
  const instead = rate === settings.maxRate ? plan.rate : rate;
  warn('auto-rate-fixed', `maxRate 'auto' needs technique 'syn': the rate is ${instead} a second`);
  return instead;
}

/** @throws PacegateError (`ERR_PACEGATE_NOT_SUPPORTED`) */
export function refuseAutoRate(beside: string): never {
  throw notSupported(`maxRate 'auto' beside ${beside} is not available in this version`);
}
