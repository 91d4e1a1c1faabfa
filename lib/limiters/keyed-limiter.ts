import { KEYED_STATISTICS, type NativeHandle, native, SCRATCH } from '../internal/binding.js';
import { type Clock, systemClock } from '../internal/clock.js';
import { readClock } from '../internal/clock-alarms.js';
import { wholeNs } from '../internal/duration.js';
import { DisposedError } from '../internal/errors.js';
import { badCost, type Decision, isCost } from './decision.js';
import { KeyedCounters, type KeyedStatistics } from './keyed/keyed-counters.js';
import { createKeyed } from './keyed/keyed-native.js';
import {
  badKey,
  checkBatch,
  checkBlockMs,
  checkKeyedLimiterOptions,
  checkKeyedQuota,
  checkRequest,
  isKey,
  type KeyedLimiterOptions,
} from './keyed/keyed-options.js';
import type { BucketQuota } from './token-bucket-options.js';

const { scratch, keyed_try_acquire, keyed_try_acquire_at } = native;

/** Frees the native half of limiters that were dropped without being disposed of. */
const dropped = new FinalizationRegistry<NativeHandle>((handle) => {
  native.keyed_destroy(handle);
});

/**
 * A token bucket for each key, millions of them, about 27 bytes each. In any time t a key is granted at most
 * `burst + rate * t` tokens, whatever other keys do.
 *
 * A key is a string, or a whole number from 0 to 2^32 - 1, such as an IPv4 address. The string `'7'` and the number 7
 * are two keys. Strings that are IP addresses count as such, IPv6 by network: see `addresses` and `ipv6Prefix`.
 * Keys may be chosen by an attacker: they are known by a hash under a random secret.
 *
 * At most `maxKeys` are remembered. A bucket that is full is the same as none, so only those are forgotten; a key that
 * is at its limit, penalized or blocked stays. While all places are taken, a new key takes that of a full bucket:
 * first of one that asked only once, then of one that has not asked for `idleMs`, or more than half of whose
 * neighbours have asked more than once. A new key that finds no place shares one more bucket of the same rate and
 * burst with all others of its kind (`statistics().overflowRequests`), and owes what that one owes when it gets a
 * place later. So a flood of made-up keys neither takes memory nor resets anybody's limit.
 *
 * @example
 * ```ts
 * import { KeyedLimiter } from 'pacegate';
 *
 * using limiter = new KeyedLimiter({ rate: 10, burst: 20 });
 * const { allowed, retryAfterMs } = limiter.check('203.0.113.7');
 * if (!allowed) console.log(`come back in ${retryAfterMs} ms`);
 * limiter.block('203.0.113.8', 60_000);
 * ```
 */
export class KeyedLimiter {
  #handle: NativeHandle;
  /** Undefined: the system's clock, which native code reads itself. */
  readonly #ownClock: Clock | undefined;
  readonly #clock: Clock;
  readonly #burstOption: unknown;
  readonly #counters = new KeyedCounters();
  #quota: BucketQuota;
  /** What the native counts were at the last reset. */
  #before = { overflow: 0, evicted: 0 };

  /** @throws PacegateError `ERR_PACEGATE_INVALID_ARGUMENT`, `ERR_PACEGATE_OUT_OF_RANGE` */
  constructor(options: KeyedLimiterOptions) {
    const checked = checkKeyedLimiterOptions(options);
    const { quota, clock } = checked;
    this.#quota = quota;
    this.#burstOption = checked.burstOption;
    this.#clock = clock;
    this.#ownClock = clock === systemClock ? undefined : clock;
    this.#handle = createKeyed(checked);
    dropped.register(this, this.#handle, this);
  }

  /** Tokens per second and key. */
  get rate(): number {
    return this.#quota.rate;
  }

  /** Tokens of a full bucket. */
  get burst(): number {
    return this.#quota.burst;
  }

  /**
   * Keys remembered: those that owe something, are blocked, or were so less than `idleMs` ago. Forgets the others, in
   * about 3 ms for each million.
   *
   * @throws PacegateError after dispose
   */
  get size(): number {
    native.keyed_statistics_at(this.#alive(), readClock(this.#clock));
    return scratch[KEYED_STATISTICS.keys] ?? 0;
  }

  /**
   * Native memory of this limiter, all in.
   *
   * @throws PacegateError after dispose
   */
  get bytes(): number {
    return native.keyed_bytes(this.#alive());
  }

  /**
   * Takes `cost` tokens from the bucket of `key` when they are there.
   *
   * @returns whether it did; a refusal changes nothing
   * @throws PacegateError for a key that is no string nor whole number from 0 to 2^32 - 1, a cost that is no finite
   * number of at least 0, and after dispose
   */
  tryAcquire(key: string | number, cost = 1): boolean {
    if (!isKey(key)) throw badKey(key);
    if (!isCost(cost)) throw badCost('cost', cost);
    const handle = this.#alive();
    const clock = this.#ownClock;
    const isAllowed =
      clock === undefined
        ? keyed_try_acquire(handle, key, cost)
        : keyed_try_acquire_at(handle, key, cost, readClock(clock));
    this.#count(isAllowed, cost);
    return isAllowed;
  }

  /**
   * As {@link tryAcquire}, and explains the answer. `limit` is the burst.
   *
   * @throws PacegateError as tryAcquire
   */
  check(key: string | number, cost = 1): Decision {
    checkRequest(key, 'cost', cost);
    const handle = this.#alive();
    const clock = this.#ownClock;
    const isAllowed =
      clock === undefined
        ? native.keyed_check(handle, key, cost)
        : native.keyed_check_at(handle, key, cost, readClock(clock));
    this.#count(isAllowed, cost);
    return this.#decision(isAllowed);
  }

  /**
   * What {@link check} would say; takes and counts nothing.
   *
   * @throws PacegateError as tryAcquire
   */
  peek(key: string | number, cost = 1): Decision {
    checkRequest(key, 'cost', cost);
    return this.#decision(native.keyed_peek_at(this.#alive(), key, cost, readClock(this.#clock)));
  }

  /**
   * {@link tryAcquire} for every element of `keys`, in their order and at one moment; with many keys several times as
   * fast as one by one.
   *
   * @param keys - numbers, IPv4 addresses for instance; may be repeated
   * @param allowed - at least as long; becomes 1 for each key that was allowed, 0 for the others
   * @param cost - of each
   * @returns how many were allowed
   * @throws PacegateError for wrong arguments and after dispose; then nothing has changed
   */
  tryAcquireMany(keys: Uint32Array, allowed: Uint8Array, cost = 1): number {
    checkBatch(keys, allowed);
    if (!isCost(cost)) throw badCost('cost', cost);
    const handle = this.#alive();
    const clock = this.#ownClock;
    const count =
      clock === undefined
        ? native.keyed_try_acquire_many(handle, keys, allowed, cost)
        : native.keyed_try_acquire_many_at(handle, keys, allowed, cost, readClock(clock));
    if (count > 0) this.#counters.allow(scratch[SCRATCH.nowNs] ?? 0, cost, count);
    this.#counters.block(keys.length - count);
    return count;
  }

  /**
   * Takes tokens from a key whether they are there or not: what is missing must flow in before anything is granted.
   *
   * @param tokens - a finite number of at least 0; no more than 104 days bring
   * @returns false when there was no place to remember it: all are taken by keys that are at their limit or blocked
   * @throws PacegateError for wrong arguments and after dispose
   */
  penalize(key: string | number, tokens: number): boolean {
    checkRequest(key, 'tokens', tokens);
    return native.keyed_penalize_at(this.#alive(), key, tokens, readClock(this.#clock));
  }

  /**
   * Gives tokens to a key, those of a request that failed for instance; its bucket stops at full.
   *
   * @param tokens - a finite number of at least 0
   * @throws PacegateError for wrong arguments and after dispose
   */
  reward(key: string | number, tokens: number): void {
    checkRequest(key, 'tokens', tokens);
    native.keyed_reward_at(this.#alive(), key, tokens, readClock(this.#clock));
  }

  /**
   * Refuses everything of a key for `ms` milliseconds from now, in place of an earlier block. Its bucket goes on
   * filling meanwhile. A block that is shortened, or ended by 0, leaves the bucket as empty as it can be by then;
   * {@link delete} ends a block and makes the bucket full.
   *
   * @param ms - 0 to 208 days, or Infinity
   * @returns false when there was no place to remember it: all are taken by keys that are at their limit or blocked
   * @throws PacegateError for wrong arguments and after dispose
   */
  block(key: string | number, ms: number): boolean {
    if (!isKey(key)) throw badKey(key);
    const ns = checkBlockMs(ms) * 1e6;
    return native.keyed_block_at(this.#alive(), key, ns, readClock(this.#clock));
  }

  /**
   * Forgets a key: what it owes, and its block.
   *
   * @returns whether it was remembered
   * @throws PacegateError for a wrong key and after dispose
   */
  delete(key: string | number): boolean {
    if (!isKey(key)) throw badKey(key);
    return native.keyed_delete_at(this.#alive(), key, readClock(this.#clock));
  }

  /**
   * Changes the rate of all keys from now on. What is spent stays spent, in tokens; a burst that was given stays, else
   * it follows the rate.
   *
   * @throws PacegateError for a rate the constructor would refuse, and after dispose; then nothing has changed
   */
  setRate(rate: number): void {
    const quota = checkKeyedQuota(rate, this.#burstOption);
    native.keyed_set_quota_at(this.#alive(), quota.rate, quota.burst, readClock(this.#clock));
    this.#quota = quota;
  }

  /**
   * How it has done so far. Takes as long as `size`.
   *
   * @throws PacegateError after dispose
   */
  statistics(): KeyedStatistics {
    const nowNs = readClock(this.#clock);
    native.keyed_statistics_at(this.#alive(), nowNs);
    const [keys = 0, bytes = 0, overflow = 0, evicted = 0] = scratch;
    return {
      ...this.#counters.statistics(wholeNs(nowNs)),
      overflowRequests: overflow - this.#before.overflow,
      keys,
      evictedKeys: evicted - this.#before.evicted,
      bytes,
    };
  }

  /**
   * Begins anew: no key is remembered or blocked, the statistics are empty.
   *
   * @throws PacegateError after dispose
   */
  reset(): void {
    const handle = this.#alive();
    native.keyed_clear(handle);
    native.keyed_statistics_at(handle, readClock(this.#clock));
    this.#before = {
      overflow: scratch[KEYED_STATISTICS.overflow] ?? 0,
      evicted: scratch[KEYED_STATISTICS.evicted] ?? 0,
    };
    this.#counters.clear();
  }

  /** Ends the limiter: any later call throws `ERR_PACEGATE_DISPOSED`. May be called twice. */
  [Symbol.dispose](): void {
    if (this.#handle === 0) return;
    dropped.unregister(this);
    native.keyed_destroy(this.#handle);
    this.#handle = 0;
  }

  #count(isAllowed: boolean, cost: number): void {
    if (isAllowed) this.#counters.allow(scratch[SCRATCH.nowNs] ?? 0, cost);
    else this.#counters.block();
  }

  #decision(allowed: boolean): Decision {
    return {
      allowed,
      limit: this.#quota.burst,
      remaining: Math.floor(scratch[SCRATCH.remaining] ?? 0),
      retryAfterMs: allowed ? 0 : (scratch[SCRATCH.waitNs] ?? 0) / 1e6,
      resetMs: (scratch[SCRATCH.resetNs] ?? 0) / 1e6,
    };
  }

  #alive(): NativeHandle {
    if (this.#handle === 0) throw new DisposedError('KeyedLimiter');
    return this.#handle;
  }
}
