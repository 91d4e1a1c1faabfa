import { native } from '../internal/binding.js';
import { checkNumber, checkOptions } from '../internal/check.js';
import { type Clock, checkClock } from '../internal/clock.js';
import { checkShare, placeOf, type Share, type ShareHandle } from './sharing/share.js';
import { checkQuota } from './token-bucket-options.js';
import { WindowLimiter } from './window/window-limiter.js';
import { checkWindowMs, limitOfRate, windowNs, type WindowQuota } from './window/window-options.js';

/** How a {@link HybridLimiter} is made. */
export interface HybridLimiterOptions {
  /** Tokens per second: above 0, at most 256e9. */
  rate: number;
  /** Tokens of a full bucket: at least 1. By default twice the rate, but not less than 1 nor more than 100. */
  burst?: number | undefined;
  /**
   * Length of the window in milliseconds: 0.001 to 8.64e9 (100 days), and enough for one unit. By default 1 000, or
   * the time of one unit where that is longer.
   */
  windowMs?: number | undefined;
  /** Where time comes from; by default the system's monotonic clock. */
  clock?: Clock | undefined;
  /** Where its state is, for others to use it too; `'none'` by default. See {@link Share}. */
  share?: Share | undefined;
}

const KNOWN = ['rate', 'burst', 'windowMs', 'clock', 'share'] as const;

/**
 * A token bucket, then a sliding window of `rate * windowMs / 1000` units; a request takes from both or from neither.
 * In any time t it grants at most `burst + rate * t` units, and in every interval of `windowMs` at most what `rate`
 * brings in that time: so a burst is possible, but never on top of the rate.
 *
 * The window counts neighbouring grants as one when together they are at most 1/2048 of it, so its memory is 64 KiB at
 * most; then one such pair at a time counts up to a window too long, never too short.
 *
 * Shared (`share`), it is one limit for threads or processes: each request is decided under a lock. First come, first served holds among those who wait by one object; others may come between. `statistics()`
 * are those of one object, `setRate` and `reset` are for all. Whoever is killed in the middle of a request leaves the
 * limit whole: at worst the last window then lapses together.
 *
 * Costs above `burst`, or above the window, can never be met: they are refused at once, `check` says
 * `retryAfterMs: Infinity`.
 *
 * @example
 * ```ts
 * import { HybridLimiter } from 'pacegate';
 *
 * using limiter = new HybridLimiter({ rate: 100, burst: 20, windowMs: 10_000 });
 * if (limiter.tryAcquire()) console.log('at most 1000 in any 10 seconds, at most 20 at once');
 * ```
 */
export class HybridLimiter extends WindowLimiter {
  /** Milliseconds. */
  readonly windowMs: number;
  /** What who joins a shared one must say. */
  readonly #madeWith: WindowQuota;
  #share: ShareHandle | undefined;

  /**
   * @throws PacegateError `ERR_PACEGATE_INVALID_ARGUMENT`, `ERR_PACEGATE_OUT_OF_RANGE`; `ERR_PACEGATE_SHARED_STATE`
   * and those of files for a place that cannot be shared
   */
  constructor(options: HybridLimiterOptions) {
    const given = checkOptions('options', options, KNOWN);
    const burst = given['burst'];
    const { rate } = checkQuota(given['rate'], checkBurst(burst));
    const windowMs = checkWindowMs(given['windowMs'], Math.max(1_000, 1_000 / rate));
    const quotaFor = (wanted: number): WindowQuota => ({
      ...checkQuota(wanted, burst),
      limit: limitOfRate(wanted, windowMs),
    });
    const quota = quotaFor(rate);
    const share = checkShare('share', given['share']);
    super({
      name: 'HybridLimiter',
      clock: checkClock('clock', given['clock']),
      quota,
      create: (nowNs) =>
        native.window_create_hybrid_at(
          quota.limit,
          quota.rate,
          quota.burst,
          windowNs(windowMs),
          nowNs,
        ),
      quotaFor,
    });
    this.windowMs = windowMs;
    this.#madeWith = quota;
    if (share !== undefined) this.#joinOrEnd(share);
  }

  /** Tokens of a full bucket. */
  get burst(): number {
    return this.quota.burst;
  }

  /**
   * Where others can join it: `new HybridLimiter({ ...options, share })` with the options this one was made with, in
   * another thread or process; it can be cloned, and so be sent. One that was not shared moves into a new
   * SharedArrayBuffer first, with all that is taken.
   *
   * @throws PacegateError after dispose
   */
  get share(): ShareHandle {
    this.aliveHandle();
    this.#share ??= this.#join({ buffer: new SharedArrayBuffer(native.hybrid_share_bytes) });
    return this.#share;
  }

  #join(share: ShareHandle): ShareHandle {
    const { rate, burst } = this.#madeWith;
    this.becomeShared((handle) => {
      native.window_share(handle, rate, burst, windowNs(this.windowMs), placeOf(share));
    });
    return share;
  }

  #joinOrEnd(share: ShareHandle): void {
    try {
      this.#share = this.#join(share);
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
  }
}

function checkBurst(burst: unknown): number | undefined {
  return burst === undefined ? undefined : checkNumber('burst', burst, { min: 1 });
}
