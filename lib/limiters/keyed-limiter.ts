import { wholeNs } from '../internal/duration.js';
import { badCost, type Decision, isCost } from './decision.js';
import { KeyedCounters, type KeyedStatistics } from './keyed/keyed-counters.js';
import { keyedShareBytes, NativeKeyed } from './keyed/keyed-native.js';
import {
  badKey,
  checkBatch,
  checkBlockMs,
  checkKeyedLimiterOptions,
  checkKeyedQuota,
  checkMaxKeys,
  checkRequest,
  isKey,
  type KeyedLimiterOptions,
} from './keyed/keyed-options.js';
import type { ShareHandle } from './sharing/share.js';
import type { BucketQuota } from './token-bucket-options.js';

/**
 * A token bucket for each key, millions of them, about 28 bytes each. In any time t a key is granted at most
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
  readonly #table: NativeKeyed;
  readonly #burstOption: unknown;
  readonly #counters = new KeyedCounters();
  #quota: BucketQuota;
  /** What the native counts were at the last reset. */
  #before = { overflow: 0, evicted: 0 };

  /**
   * @throws PacegateError `ERR_PACEGATE_INVALID_ARGUMENT`, `ERR_PACEGATE_OUT_OF_RANGE`, `ERR_PACEGATE_SHARED_STATE`
   * and those of files for a place that cannot be shared
   */
  constructor(options: KeyedLimiterOptions) {
    const checked = checkKeyedLimiterOptions(options);
    this.#quota = checked.quota;
    this.#burstOption = checked.burstOption;
    this.#table = new NativeKeyed(checked);
  }

  /**
   * How large a SharedArrayBuffer for `share` must be, at the least. It begins zeroed.
   *
   * @param options - as for the constructor; only `maxKeys` matters
   * @throws PacegateError for a wrong `maxKeys`
   */
  static sharedBytes(options: Partial<KeyedLimiterOptions> = {}): number {
    return keyedShareBytes(checkMaxKeys(options));
  }

  /** Tokens per second and key; where it is shared what it is now, whoever has set it. */
  get rate(): number {
    return this.#live().rate;
  }

  /** Tokens of a full bucket; where it is shared as {@link rate}. */
  get burst(): number {
    return this.#live().burst;
  }

  /**
   * Where others can join it: `new KeyedLimiter({ ...options, share })` with the options this one was made with, in
   * another thread or process; it can be cloned, and so be sent. One that was not shared moves into a new
   * SharedArrayBuffer first, with all its keys.
   *
   * @throws PacegateError after dispose, and when there is no memory for `maxKeys`
   */
  get share(): ShareHandle {
    return this.#table.share();
  }

  /**
   * Keys remembered: those that owe something, are blocked, or were so less than `idleMs` ago. Forgets the others, in
   * some milliseconds for each million.
   *
   * @throws PacegateError after dispose
   */
  get size(): number {
    return this.#table.figures().keys;
  }

  /**
   * Native memory of this limiter, all in.
   *
   * @throws PacegateError after dispose
   */
  get bytes(): number {
    return this.#table.bytes();
  }

  /**
   * Takes `cost` tokens from the bucket of `key` when they are there.
   *
   * @returns whether it did; a refusal changes nothing
   * @throws PacegateError for a key that is no string nor whole number from 0 to 2^32 - 1, a cost that is no finite
   * number of at least 0, and after dispose. Where it is shared, as every method that looks at keys,
   * `ERR_PACEGATE_SHARED_STATE` after 2 s of waiting for a participant that is stopped while it holds the lock
   */
  tryAcquire(key: string | number, cost = 1): boolean {
    if (!isKey(key)) throw badKey(key);
    if (!isCost(cost)) throw badCost('cost', cost);
    const isAllowed = this.#table.tryAcquire(key, cost);
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
    const decision = this.#table.check(key, cost);
    this.#count(decision.allowed, cost);
    return decision;
  }

  /**
   * What {@link check} would say; takes and counts nothing.
   *
   * @throws PacegateError as tryAcquire
   */
  peek(key: string | number, cost = 1): Decision {
    checkRequest(key, 'cost', cost);
    return this.#table.peek(key, cost);
  }

  /**
   * {@link tryAcquire} for every element of `keys`, in their order and at one moment; with many keys several times as
   * fast as one by one.
   *
   * @param keys - numbers, IPv4 addresses for instance; may be repeated
   * @param allowed - at least as long; becomes 1 for each key that was allowed, 0 for the others
   * @param cost - of each
   * @returns how many were allowed
   * @throws PacegateError for wrong arguments, after dispose, and as {@link tryAcquire} where it is shared; then nothing
   * has changed. A shared limiter that is held up by somebody in the middle of a batch refuses the rest of it
   */
  tryAcquireMany(keys: Uint32Array, allowed: Uint8Array, cost = 1): number {
    checkBatch(keys, allowed);
    if (!isCost(cost)) throw badCost('cost', cost);
    const count = this.#table.tryAcquireMany(keys, allowed, cost);
    if (count > 0) this.#counters.allow(this.#table.lastNs, cost, count);
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
    return this.#table.penalize(key, tokens);
  }

  /**
   * Gives tokens to a key, those of a request that failed for instance; its bucket stops at full.
   *
   * @param tokens - a finite number of at least 0
   * @throws PacegateError for wrong arguments and after dispose
   */
  reward(key: string | number, tokens: number): void {
    checkRequest(key, 'tokens', tokens);
    this.#table.reward(key, tokens);
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
    return this.#table.block(key, checkBlockMs(ms) * 1e6);
  }

  /**
   * Forgets a key: what it owes, and its block.
   *
   * @returns whether it was remembered
   * @throws PacegateError for a wrong key and after dispose
   */
  delete(key: string | number): boolean {
    if (!isKey(key)) throw badKey(key);
    return this.#table.delete(key);
  }

  /**
   * Changes the rate of all keys from now on, where it is shared for all. What is spent stays spent, in tokens; a burst
   * that was given stays, else it follows the rate. Takes as long as {@link size}: it goes to every key.
   *
   * @throws PacegateError for a rate the constructor would refuse, and after dispose; then nothing has changed
   */
  setRate(rate: number): void {
    const quota = checkKeyedQuota(rate, this.#burstOption);
    this.#table.setQuota(quota);
    this.#quota = quota;
  }

  /**
   * How it has done so far; where it is shared, others count their requests for themselves. Takes as long as `size`.
   *
   * @throws PacegateError after dispose
   */
  statistics(): KeyedStatistics {
    const { keys, bytes, overflow, evicted } = this.#table.figures();
    return {
      ...this.#counters.statistics(wholeNs(this.#table.nowNs())),
      overflowRequests: overflow - this.#before.overflow,
      keys,
      evictedKeys: evicted - this.#before.evicted,
      bytes,
    };
  }

  /**
   * Begins anew: no key is remembered or blocked (where it is shared, for all), the statistics are empty.
   *
   * @throws PacegateError after dispose
   */
  reset(): void {
    this.#table.clear();
    this.#before = this.#table.figures();
    this.#counters.clear();
  }

  /** Ends the limiter: any later call throws `ERR_PACEGATE_DISPOSED`. May be called twice. */
  [Symbol.dispose](): void {
    this.#table.free();
  }

  #count(isAllowed: boolean, cost: number): void {
    if (isAllowed) this.#counters.allow(this.#table.lastNs, cost);
    else this.#counters.block();
  }

  #live(): BucketQuota {
    return this.#table.isShared ? this.#table.quota() : this.#quota;
  }
}
