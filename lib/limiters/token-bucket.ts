import { type NativeHandle, native, SCRATCH } from '../internal/binding.js';
import { checkNumber } from '../internal/check.js';
import { type Clock, systemClock } from '../internal/clock.js';
import { alarmsOf, readClock } from '../internal/clock-alarms.js';
import { wholeNs } from '../internal/duration.js';
import { DisposedError } from '../internal/errors.js';
import { toPacegateError } from '../internal/native-error.js';
import {
  type AcquireOptions,
  badCost,
  checkAcquireOptions,
  type Decision,
  isCost,
  type Limiter,
  type LimiterStatistics,
} from './decision.js';
import { LimiterCounters } from './statistics/limiter-counters.js';
import {
  type BucketQuota,
  checkQuota,
  checkTokenBucketOptions,
  type TokenBucketOptions,
} from './token-bucket-options.js';
import { type Reservations, WaitingLine } from './waiting/waiting-line.js';

const { scratch, bucket_try_acquire, bucket_try_acquire_at } = native;

/** Frees the native half of buckets that were dropped without being disposed of. */
const dropped = new FinalizationRegistry<NativeHandle>((handle) => {
  native.bucket_destroy(handle);
});

/**
 * A token bucket: `rate` tokens a second flow in, up to `burst` of them are kept, a request takes `cost` of them.
 * In any time t it grants at most `burst + rate * t` tokens.
 *
 * Costs are numbers of tokens, fractions allowed; 0 is always granted. A cost above `burst` can never be met: it is
 * refused at once, `check` says `retryAfterMs: Infinity`.
 *
 * @example
 * ```ts
 * import { TokenBucket } from 'pacegate';
 *
 * using bucket = new TokenBucket({ rate: 50, burst: 10 });
 * if (bucket.tryAcquire()) console.log('now');
 * if (await bucket.acquire(5, { timeoutMs: 1_000 })) console.log('within a second');
 * ```
 */
export class TokenBucket implements Limiter {
  #handle: NativeHandle;
  /** Undefined: the system's clock, which native code reads itself. */
  readonly #ownClock: Clock | undefined;
  readonly #clock: Clock;
  readonly #burstOption: unknown;
  #quota: BucketQuota;
  readonly #counters: LimiterCounters;
  readonly #line: WaitingLine;

  /**
   * @throws PacegateError `ERR_PACEGATE_INVALID_ARGUMENT`, `ERR_PACEGATE_OUT_OF_RANGE`, or
   * `ERR_PACEGATE_NOT_SUPPORTED` for the options `share` and `lease`, which this version does not have
   */
  constructor(options: TokenBucketOptions) {
    const { quota, burstOption, initialTokens, clock } = checkTokenBucketOptions(options);
    this.#quota = quota;
    this.#burstOption = burstOption;
    this.#clock = clock;
    this.#ownClock = clock === systemClock ? undefined : clock;
    const nowNs = readClock(this.#clock);
    this.#counters = new LimiterCounters(quota.rate);
    this.#line = new WaitingLine(
      this.#reservations(),
      alarmsOf(this.#clock),
      (outcome, cost, waitNs, atNs) => {
        this.#counters.endWait(outcome, cost, waitNs, wholeNs(atNs));
      },
    );
    try {
      this.#handle = native.bucket_create_at(quota.rate, quota.burst, initialTokens, nowNs);
    } catch (error) {
      throw toPacegateError(error);
    }
    dropped.register(this, this.#handle, this);
  }

  /** Tokens per second. */
  get rate(): number {
    return this.#quota.rate;
  }

  /** Tokens of a full bucket. */
  get burst(): number {
    return this.#quota.burst;
  }

  /**
   * Takes `cost` tokens when they are there and nobody waits for them; never waits.
   *
   * @returns whether it did; a refusal changes nothing
   * @throws PacegateError for a cost that is no finite number of at least 0, and after dispose
   */
  tryAcquire(cost = 1): boolean {
    if (!isCost(cost)) throw badCost('cost', cost);
    this.#checkAlive();
    const clock = this.#ownClock;
    const isAllowed =
      clock === undefined
        ? bucket_try_acquire(this.#handle, cost)
        : bucket_try_acquire_at(this.#handle, cost, readClock(clock));
    if (isAllowed) this.#counters.allow(scratch[SCRATCH.nowNs] ?? 0, cost);
    else this.#counters.block();
    return isAllowed;
  }

  /**
   * Takes as many whole tokens as there are, `max` at the most; never waits.
   *
   * @param max - a whole number of at least 0
   * @returns how many it took
   * @throws PacegateError for a wrong `max`, and after dispose
   */
  tryAcquireUpTo(max: number): number {
    checkNumber('max', max, { min: 0, integer: true });
    this.#checkAlive();
    const taken = native.bucket_try_acquire_up_to_at(this.#handle, max, readClock(this.#clock));
    if (taken > 0) this.#counters.allow(scratch[SCRATCH.nowNs] ?? 0, taken);
    else if (max > 0) this.#counters.block();
    return taken;
  }

  /**
   * Waits for `cost` tokens, first come, first served. The place is reserved at once, so a wait that would exceed
   * `timeoutMs`, or a cost above `burst`, is refused without waiting. The process stays alive while somebody waits.
   *
   * @returns true when the tokens were taken; false when refused, and for all who wait when the bucket is disposed of
   * @throws (rejects) with `signal.reason` when aborted: the tokens go back and those behind move up; with a
   * PacegateError for wrong arguments and after dispose
   */
  async acquire(cost = 1, options?: AcquireOptions): Promise<boolean> {
    if (!isCost(cost)) throw badCost('cost', cost);
    const patience = checkAcquireOptions(options);
    this.#checkAlive();
    if (patience.signal?.aborted === true) throw patience.signal.reason;
    return this.#line.join(cost, patience);
  }

  /**
   * As {@link tryAcquire}, and explains the answer.
   *
   * @throws PacegateError as tryAcquire
   */
  check(cost = 1): Decision {
    if (!isCost(cost)) throw badCost('cost', cost);
    this.#checkAlive();
    const clock = this.#ownClock;
    const isAllowed =
      clock === undefined
        ? native.bucket_check(this.#handle, cost)
        : native.bucket_check_at(this.#handle, cost, readClock(clock));
    if (isAllowed) this.#counters.allow(scratch[SCRATCH.nowNs] ?? 0, cost);
    else this.#counters.block();
    return this.#decision(isAllowed);
  }

  /**
   * What {@link check} would say; takes and counts nothing.
   *
   * @throws PacegateError as tryAcquire
   */
  peek(cost = 1): Decision {
    if (!isCost(cost)) throw badCost('cost', cost);
    this.#checkAlive();
    return this.#decision(native.bucket_peek_at(this.#handle, cost, readClock(this.#clock)));
  }

  /**
   * Milliseconds that `acquire(cost)` would wait if it were called now; Infinity for a cost above `burst`.
   *
   * @throws PacegateError as tryAcquire
   */
  estimateWaitMs(cost = 1): number {
    return this.peek(cost).retryAfterMs;
  }

  /**
   * Tokens there are now, with their fraction; 0 while somebody waits.
   *
   * @throws PacegateError after dispose
   */
  availableTokens(): number {
    this.#checkAlive();
    const tokens = native.bucket_available_at(this.#handle, readClock(this.#clock));
    // 3, not 3.0000000000000027.
    return Number(tokens.toPrecision(14));
  }

  /**
   * Puts tokens back that were taken and not used; the bucket stops at full. Those who wait move up.
   *
   * @param tokens - a finite number of at least 0
   * @throws PacegateError for a wrong number, and after dispose
   */
  refund(tokens: number): void {
    if (!isCost(tokens)) throw badCost('tokens', tokens);
    this.#checkAlive();
    native.bucket_give_back_at(this.#handle, tokens, readClock(this.#clock));
    this.#line.moveUp(tokens);
  }

  /**
   * Changes the rate from now on. What is spent stays spent; a burst that was given as a number stays, one that
   * follows the rate follows it. Who waits now waits by the new rate, and is refused when that is longer than its
   * `timeoutMs`.
   *
   * @throws PacegateError for a rate the constructor would refuse, and after dispose; then nothing has changed
   */
  setRate(rate: number): void {
    const quota = checkQuota(rate, this.#burstOption);
    this.#checkAlive();
    this.#line.rearrange((nowNs) => {
      native.bucket_set_quota_at(this.#handle, quota.rate, quota.burst, nowNs);
      this.#quota = quota;
      this.#counters.setRate(quota.rate);
    });
  }

  /**
   * How it has done so far.
   *
   * @throws PacegateError after dispose
   */
  statistics(): LimiterStatistics {
    this.#checkAlive();
    return this.#counters.statistics(wholeNs(readClock(this.#clock)));
  }

  /**
   * Begins anew: the bucket is full, the statistics are empty. Who waits keeps its place and is served first.
   *
   * @throws PacegateError after dispose
   */
  reset(): void {
    this.#checkAlive();
    this.#counters.clear();
    this.#line.rearrange((nowNs) => {
      native.bucket_reset_at(this.#handle, nowNs);
    });
  }

  /** Ends the bucket: who waits gets false, any later call throws `ERR_PACEGATE_DISPOSED`. May be called twice. */
  [Symbol.dispose](): void {
    if (this.#handle === 0) return;
    this.#line.close();
    dropped.unregister(this);
    native.bucket_destroy(this.#handle);
    this.#handle = 0;
  }

  #decision(allowed: boolean): Decision {
    const waitNs = scratch[SCRATCH.waitNs] ?? 0;
    return {
      allowed,
      limit: this.#quota.burst,
      remaining: Math.floor(scratch[SCRATCH.remaining] ?? 0),
      retryAfterMs: allowed ? 0 : waitNs / 1e6,
      resetMs: (scratch[SCRATCH.resetNs] ?? 0) / 1e6,
    };
  }

  #reservations(): Reservations {
    return {
      reserve: (cost, maxWaitNs, nowNs) =>
        native.bucket_reserve_at(this.#handle, cost, maxWaitNs, nowNs),
      giveBack: (cost, nowNs) => {
        native.bucket_give_back_at(this.#handle, cost, nowNs);
      },
      postpone: this.#postpone.bind(this),
      priceNs: (cost) => (cost / this.#quota.rate) * 1e9,
      slackNs: (cost) => ((this.#quota.burst - cost) / this.#quota.rate) * 1e9,
    };
  }

  /**
   * Charges what is missing until the bucket counts as empty up to `deadlineNs`, in bites it takes: it refuses more
   * than a burst at once.
   */
  #postpone(deadlineNs: bigint, nowNs: bigint): void {
    const { rate, burst } = this.#quota;
    native.bucket_peek_at(this.#handle, 0, nowNs);
    const owedNs = scratch[SCRATCH.resetNs] ?? 0;
    const missingNs = Number(deadlineNs - nowNs) + (burst / rate) * 1e9 - owedNs;
    for (let tokens = (missingNs / 1e9) * rate; tokens > 0; tokens -= burst) {
      native.bucket_reserve_at(this.#handle, Math.min(tokens, burst), Infinity, nowNs);
    }
  }

  #checkAlive(): void {
    if (this.#handle === 0) throw new DisposedError('TokenBucket');
  }
}
