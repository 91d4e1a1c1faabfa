import { native } from '../internal/binding.js';
import { checkOptions } from '../internal/check.js';
import { type Clock, checkClock } from '../internal/clock.js';
import { WindowLimiter } from './window/window-limiter.js';
import {
  checkLimit,
  checkWindowMs,
  limitOfRate,
  rateOfLimit,
  windowNs,
} from './window/window-options.js';

/** How a {@link FixedWindow} is made. */
export interface FixedWindowOptions {
  /** Units of each window: 1 to 2^53 - 1. */
  limit: number;
  /** Length of a window in milliseconds: 0.001 to 8.64e9 (100 days); 1 000 by default. */
  windowMs?: number | undefined;
  /** Where time comes from; by default the system's monotonic clock. */
  clock?: Clock | undefined;
}

/**
 * At most `limit` units in each window, in a few bytes. A window begins with the first grant after the last one ended
 * (not at multiples of `windowMs`): who asks seldom has a whole window's time for a whole limit, and not everybody is
 * reset at the same moment.
 *
 * Where two windows meet, up to `2 * limit` units can be had in no time: the end of one and the start of the next. It
 * is never more than that in any interval of `windowMs`; where it matters, use {@link SlidingWindow}.
 *
 * A cost above `limit` can never be met: it is refused at once, `check` says `retryAfterMs: Infinity`.
 *
 * @example
 * ```ts
 * import { FixedWindow } from 'pacegate';
 *
 * using window = new FixedWindow({ limit: 1_000, windowMs: 3_600_000 });
 * const { allowed, remaining, resetMs } = window.check();
 * console.log(allowed, remaining, resetMs); // true 999 3600000
 * ```
 */
export class FixedWindow extends WindowLimiter {
  /** Milliseconds. */
  readonly windowMs: number;

  /** @throws PacegateError `ERR_PACEGATE_INVALID_ARGUMENT`, `ERR_PACEGATE_OUT_OF_RANGE` */
  constructor(options: FixedWindowOptions) {
    const given = checkOptions('options', options, ['limit', 'windowMs', 'clock']);
    const limit = checkLimit('limit', given['limit']);
    const windowMs = checkWindowMs(given['windowMs']);
    super({
      name: 'FixedWindow',
      clock: checkClock('clock', given['clock']),
      quota: { limit, rate: rateOfLimit(limit, windowMs), burst: 0 },
      create: (nowNs) => native.window_create_fixed_at(limit, windowNs(windowMs), nowNs),
      quotaFor: (rate) => ({ limit: limitOfRate(rate, windowMs), rate, burst: 0 }),
    });
    this.windowMs = windowMs;
  }
}
