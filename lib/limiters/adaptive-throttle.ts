import { type NativeHandle, native } from '../internal/binding.js';
import { checkNumber, checkOptionalNumber, checkOptions } from '../internal/check.js';
import { type Clock, checkClock, systemClock } from '../internal/clock.js';
import { readClock } from '../internal/clock-alarms.js';
import { DisposedError } from '../internal/errors.js';
import { toPacegateError } from '../internal/native-error.js';
import { THROTTLE_COUNTS } from '../internal/calls/throttle-calls.js';

/** How an {@link AdaptiveThrottle} is made. */
export interface AdaptiveThrottleOptions {
  /** Packets per second: from 1e-9 to 1e9. */
  rate: number;
  /** The largest batch: a whole number from 1 to 2^32 - 1; 10 000 by default. */
  maxBatch?: number | undefined;
  /**
   * Lateness between two calls that is made good by sending faster, in milliseconds: 0 to 1 000; 250 by default, a
   * long turn of a busy event loop. What is later is given up. In no second are more than
   * `rate * (1 + catchUpMs / 1000) + 2` packets allowed.
   */
  catchUpMs?: number | undefined;
  /** Where time comes from; by default the system's monotonic clock. */
  clock?: Clock | undefined;
}

/** How an {@link AdaptiveThrottle} has done since it was made. */
export interface ThrottleStatistics {
  /** Packets per second: the target, and over the last second. */
  rate: number;
  currentRate: number;
  /** The most that `nextBatch` gives at present. */
  batchSize: number;
  /** Packets charged. */
  packets: number;
  /** Calls of `nextBatch`, and how many of them allowed something. */
  calls: number;
  batches: number;
  /** Packets given up: calls came later than `catchUpMs`, or the sender was behind for a whole second. */
  forgonePackets: number;
  /** Pauses of more than a second, after which it began afresh. */
  gaps: number;
}

const RATE_BOUNDS = { min: 1e-9, max: 1e9 } as const;
const DEFAULT_MAX_BATCH = 10_000;
const DEFAULT_CATCH_UP_MS = 250;

/** Frees the native half of throttles that were dropped without being disposed of. */
const dropped = new FinalizationRegistry<NativeHandle>((handle) => {
  native.throttle_destroy(handle);
});

/**
 * Says how many packets to send at once, so that a sender holds its rate with as few calls as possible. How many are
 * due at all is decided by a schedule of absolute deadlines. The batch follows the rate of the last second, by
 * (target / observed)^0.5 and at most 0.5 % a call, while it holds packets back; it shrinks by 0.1 % a call where less
 * than half of it is due, or more was sent than allowed. After a pause of more than a second (the machine slept) it starts afresh: what
 * was missed is not made good.
 *
 * @example
 * ```ts
 * import { AdaptiveThrottle } from 'pacegate';
 * import { setTimeout } from 'node:timers/promises';
 *
 * const throttle = new AdaptiveThrottle({ rate: 5_000 });
 * for (let sent = 0; sent < 10_000; ) {
 *   const batch = throttle.nextBatch(sent);
 *   if (batch === 0) await setTimeout(throttle.waitMs());
 *   sent += batch; // after sending that many packets
 * }
 * ```
 */
export class AdaptiveThrottle {
  #handle: NativeHandle;
  readonly #clock: Clock;
  #rate: number;

  /** @throws PacegateError `ERR_PACEGATE_INVALID_ARGUMENT`, `ERR_PACEGATE_OUT_OF_RANGE` */
  constructor(options: AdaptiveThrottleOptions) {
    const given = checkOptions('options', options, ['rate', 'maxBatch', 'catchUpMs', 'clock']);
    this.#rate = checkNumber('rate', given['rate'], RATE_BOUNDS);
    const maxBatch = checkOptionalNumber('maxBatch', given['maxBatch'], DEFAULT_MAX_BATCH, {
      min: 1,
      max: 2 ** 32 - 1,
      integer: true,
    });
    const catchUpMs = checkOptionalNumber('catchUpMs', given['catchUpMs'], DEFAULT_CATCH_UP_MS, {
      min: 0,
      max: 1_000,
    });
    this.#clock = checkClock('clock', given['clock']);
    const nowNs = readClock(this.#clock);
    try {
      const catchUpNs = Math.round(catchUpMs * 1e6);
      this.#handle = native.throttle_create_at(this.#rate, maxBatch, catchUpNs, nowNs);
    } catch (error) {
      throw toPacegateError(error);
    }
    dropped.register(this, this.#handle, this);
  }

  /** The rate asked for, in packets per second. */
  get rate(): number {
    return this.#rate;
  }

  /**
   * Packets per second over the last second; 0 before anything can be said.
   *
   * @throws PacegateError after dispose
   */
  get currentRate(): number {
    return native.throttle_current_rate_at(this.#alive(), readClock(this.#clock));
  }

  /**
   * The most that `nextBatch` gives at present: 1 to maxBatch.
   *
   * @throws PacegateError after dispose
   */
  get batchSize(): number {
    return Math.ceil(native.throttle_batch_size(this.#alive()));
  }

  /**
   * How many packets to send now.
   *
   * @param packetsSent - packets sent so far, in all: a whole number of at least 0. Only these are charged, not what
   * an earlier call allowed; a number smaller than the last one begins a new count
   * @returns 0 when none is due: wait {@link waitMs}, then ask again
   * @throws PacegateError for a wrong number, and after dispose
   */
  nextBatch(packetsSent: number): number {
    checkNumber('packetsSent', packetsSent, { min: 0, integer: true });
    const handle = this.#alive();
    // The system's clock is read by native code itself: one crossing instead of two.
    return this.#clock === systemClock
      ? native.throttle_next_batch(handle, packetsSent)
      : native.throttle_next_batch_at(handle, packetsSent, readClock(this.#clock));
  }

  /**
   * Milliseconds until a packet is due; 0 when one is.
   *
   * @throws PacegateError after dispose
   */
  waitMs(): number {
    return native.throttle_wait_ns_at(this.#alive(), readClock(this.#clock)) / 1e6;
  }

  /**
   * Changes the rate from now on; what is due, and the batch size, stay.
   *
   * @throws PacegateError for a rate out of range, and after dispose; then nothing has changed
   */
  setRate(rate: number): void {
    checkNumber('rate', rate, RATE_BOUNDS);
    native.throttle_set_rate_at(this.#alive(), rate, readClock(this.#clock));
    this.#rate = rate;
  }

  /**
   * How it has done so far.
   *
   * @throws PacegateError after dispose
   */
  statistics(): ThrottleStatistics {
    const { rate, currentRate, batchSize } = this;
    native.throttle_counts(this.#alive());
    const count = (name: keyof typeof THROTTLE_COUNTS): number =>
      native.scratch[THROTTLE_COUNTS[name]] ?? 0;
    return {
      rate,
      currentRate,
      batchSize,
      packets: count('packets'),
      calls: count('calls'),
      batches: count('batches'),
      forgonePackets: count('forgone'),
      gaps: count('gaps'),
    };
  }

  /** Ends the throttle: any later call throws `ERR_PACEGATE_DISPOSED`. May be called twice. */
  [Symbol.dispose](): void {
    if (this.#handle === 0) return;
    dropped.unregister(this);
    native.throttle_destroy(this.#handle);
    this.#handle = 0;
  }

  #alive(): NativeHandle {
    if (this.#handle === 0) throw new DisposedError('AdaptiveThrottle');
    return this.#handle;
  }
}
