import { native } from '../internal/binding.js';
import { checkNumber, checkOptions, outOfRange } from '../internal/check.js';
import { type Clock, checkClock } from '../internal/clock.js';
import { WindowLimiter } from './window/window-limiter.js';
import {
  checkLimit,
  checkWindowMs,
  limitOfRate,
  rateOfLimit,
  windowNs,
} from './window/window-options.js';

/** How a {@link SlidingWindow} is made. */
export interface SlidingWindowOptions {
  /** Units in any window: 1 to 2^53 - 1; 1 to 2^24 when `precision` is `'exact'`. */
  limit: number;
  /** Length of the window in milliseconds: 0.001 to 8.64e9 (100 days); 1 000 by default. */
  windowMs?: number | undefined;
  /**
   * `'exact'`, or a number of sub-windows, a whole one from 1 to 65 536. Exact up to a limit of 65 536 by default,
   * which takes 1 MiB at most; 4 096 sub-windows above that.
   */
  precision?: 'exact' | number | undefined;
  /** Where time comes from; by default the system's monotonic clock. */
  clock?: Clock | undefined;
}

/** Native code keeps 16 bytes a unit: this is 256 MiB. */
const MAX_EXACT_LIMIT = 2 ** 24;
const MAX_SUB_WINDOWS = 65_536;
/** Up to this limit a window is exact by default: 1 MiB. */
const DEFAULT_EXACT_LIMIT = 65_536;
/** Enough to be within 1/4096 of the rate, in 64 KiB. */
const DEFAULT_SUB_WINDOWS = 4_096;

/**
 * At most `limit` units in *every* interval of `windowMs`, wherever it begins (half-open: what was taken at t counts
 * until just before t + windowMs).
 *
 * - **Exact**: every grant is remembered until it lapses. 16 bytes each, at most `limit` of them while costs are at
 *   least 1; the memory grows by doubling, see `bytes`. Smaller costs are remembered one by one down to limit / 4096
 *   (down to 1 when the limit is above 4096); what is smaller is counted together, on the safe side: then up to one
 *   unit counts too long.
 * - **Approximate** with p sub-windows: 16 * (p + 1) bytes at most, whatever the limit. What is granted within
 *   windowMs / p lapses at once, with the last of it. So it also never grants more than `limit` in any window; it may
 *   grant less, but asked without pause it grants at least p / (p + 1) of the rate.
 *
 * `tryAcquire` is amortised O(1), `check` O(log n). A cost above `limit` can never be met: it is refused at once,
 * `check` says `retryAfterMs: Infinity`.
 *
 * @example
 * ```ts
 * import { SlidingWindow } from 'pacegate';
 *
 * using window = new SlidingWindow({ limit: 100, windowMs: 60_000 });
 * if (window.tryAcquire()) console.log('one of at most 100 in any minute');
 * console.log(window.currentRate()); // per second, over the last minute
 * ```
 */
export class SlidingWindow extends WindowLimiter {
  /** Milliseconds. */
  readonly windowMs: number;
  /** `'exact'`, or the number of sub-windows. */
  readonly precision: 'exact' | number;

  /** @throws PacegateError `ERR_PACEGATE_INVALID_ARGUMENT`, `ERR_PACEGATE_OUT_OF_RANGE` */
  constructor(options: SlidingWindowOptions) {
    const given = checkOptions('options', options, ['limit', 'windowMs', 'precision', 'clock']);
    const limit = checkLimit('limit', given['limit']);
    const windowMs = checkWindowMs(given['windowMs']);
    const precision = checkPrecision(given['precision'], limit);
    const maxLimit = precision === 'exact' ? MAX_EXACT_LIMIT : undefined;
    super({
      name: 'SlidingWindow',
      clock: checkClock('clock', given['clock']),
      quota: { limit, rate: rateOfLimit(limit, windowMs), burst: 0 },
      create: (nowNs) =>
        native.window_create_sliding_at(
          limit,
          windowNs(windowMs),
          precision === 'exact' ? 0 : precision,
          nowNs,
        ),
      quotaFor: (rate) => ({ limit: limitOfRate(rate, windowMs, maxLimit), rate, burst: 0 }),
    });
    this.windowMs = windowMs;
    this.precision = precision;
  }

  /**
   * Units per second over the last window.
   *
   * @throws PacegateError after dispose
   */
  currentRate(): number {
    return Number(rateOfLimit(this.usedUnits(), this.windowMs).toPrecision(14));
  }
}

function checkPrecision(precision: unknown, limit: number): 'exact' | number {
  if (precision === undefined) return limit <= DEFAULT_EXACT_LIMIT ? 'exact' : DEFAULT_SUB_WINDOWS;
  if (precision === 'exact') {
    if (limit <= MAX_EXACT_LIMIT) return precision;
    const expected = `at most ${MAX_EXACT_LIMIT} for an exact window (precision can be a number)`;
    throw outOfRange('limit', limit, expected);
  }
  return checkNumber('precision', precision, { min: 1, max: MAX_SUB_WINDOWS, integer: true });
}
