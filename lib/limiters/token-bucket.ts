import { checkNumber } from '../internal/check.js';
import { alarmsOf } from '../internal/clock-alarms.js';
import { wholeNs } from '../internal/duration.js';
import { revealBuckets } from './bucket/bucket-place.js';
import { BucketReservations } from './bucket/bucket-reservations.js';
import { Lease } from './bucket/lease.js';
import { NativeBucket } from './bucket/native-bucket.js';
import {
  type AcquireOptions,
  badCost,
  checkAcquireOptions,
  type Decision,
  isCost,
  type Limiter,
  type LimiterStatistics,
} from './decision.js';
import { placeOf, type ShareHandle } from './sharing/share.js';
import { LimiterCounters } from './statistics/limiter-counters.js';
import {
  type BucketQuota,
  checkQuota,
  checkTokenBucketOptions,
  type TokenBucketOptions,
} from './token-bucket-options.js';
import { WaitingLine } from './waiting/waiting-line.js';

/**
 * A token bucket: `rate` tokens a second flow in, up to `burst` of them are kept, a request takes `cost` of them.
 * In any time t it grants at most `burst + rate * t` tokens.
 *
 * Costs are numbers of tokens, fractions allowed; 0 is granted unless somebody waits. A cost above `burst` can never be
 * met: it is refused at once, `check` says `retryAfterMs: Infinity`.
 *
 * Threads and processes may share one, see `share`. For one that is not shared, `tryAcquire()` mostly costs a
 * decrement, see `lease`; the limit is the same.
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
  readonly #bucket: NativeBucket;
  readonly #burstOption: unknown;
  /** What who joins a shared bucket must say. */
  readonly #madeWith: BucketQuota;
  #quota: BucketQuota;
  #share: ShareHandle | undefined;
  readonly #counters: LimiterCounters;
  readonly #lease: Lease;
  readonly #reservations: BucketReservations;
  readonly #line: WaitingLine;

  static {
    revealBuckets((value) => {
      if (typeof value !== 'object' || value === null || !(#bucket in value)) return undefined;
      const join = () => ({ place: placeOf(value.share), madeWith: value.#madeWith });
      return { clock: value.#bucket.clock, join };
    });
  }

  /**
   * @throws PacegateError `ERR_PACEGATE_INVALID_ARGUMENT`, `ERR_PACEGATE_OUT_OF_RANGE`, or
   * `ERR_PACEGATE_SHARED_STATE` and others of a file for a place that cannot be shared
   */
  constructor(options: TokenBucketOptions) {
    const checked = checkTokenBucketOptions(options);
    const { quota, share, clock, maxLease } = checked;
    this.#burstOption = checked.burstOption;
    this.#madeWith = quota;
    this.#quota = quota;
    this.#share = share;
    this.#counters = new LimiterCounters(quota.rate);
    this.#bucket = new NativeBucket(checked);
    const mayLease = maxLease > 0 && share === undefined;
    this.#lease = new Lease(this.#bucket, this.#counters, mayLease);
    this.#reservations = new BucketReservations(this.#bucket, () => this.#live());
    if (share !== undefined) this.#reservations.share();
    const alarms = alarmsOf(clock);
    this.#line = new WaitingLine(this.#reservations, alarms, (outcome, cost, waitNs, atNs) => {
      this.#counters.endWait(outcome, cost, waitNs, wholeNs(atNs));
    });
  }

  /** Tokens per second: of a shared bucket what it is now, whoever has set it. */
  get rate(): number {
    return this.#live().rate;
  }

  /** Tokens of a full bucket; of a shared one as {@link rate}. */
  get burst(): number {
    return this.#live().burst;
  }

  /**
   * Where others can join this bucket: `new TokenBucket({ ...options, share })` with the same options as this one,
   * in another thread or process; it can be cloned, and so be sent. A bucket that was not shared moves into a
   * SharedArrayBuffer when this is first read, with all it owes, and goes without leases from then on.
   *
   * @throws PacegateError after dispose
   */
  get share(): ShareHandle {
    this.#end();
    this.#share ??= this.#move();
    return this.#share;
  }

  /**
   * Takes `cost` tokens when they are there and nobody waits for them; never waits.
   *
   * @returns whether it did; a refusal changes nothing
   * @throws PacegateError for a cost that is no finite number of at least 0, and after dispose
   */
  tryAcquire(cost = 1): boolean {
    const lease = this.#lease;
    if (cost === 1 && lease.left > 0) {
      lease.left--;
      return true;
    }
    return this.#ask(cost);
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
    this.#end();
    const taken = this.#bucket.tryAcquireUpTo(max);
    if (taken > 0) this.#counters.allow(this.#bucket.lastNs, taken);
    else if (max > 0) this.#counters.block();
    return taken;
  }

  /**
   * Waits for `cost` tokens, by priority, then first come, first served. The place is reserved at once, so a wait that would exceed
   * `timeoutMs`, or a cost above `burst`, is refused without waiting. The process stays alive while somebody waits.
   *
   * @returns true when the tokens were taken; false when refused, and for all who wait when the bucket is disposed of
   * @throws (rejects) with `signal.reason` when aborted: the tokens go back and those behind move up; with a
   * PacegateError for wrong arguments and after dispose
   */
  async acquire(cost = 1, options?: AcquireOptions): Promise<boolean> {
    if (!isCost(cost)) throw badCost('cost', cost);
    const patience = checkAcquireOptions(options);
    this.#end();
    if (patience.signal?.aborted === true) throw patience.signal.reason;
    return this.#line.join(cost, patience);
  }

  /** As {@link tryAcquire}, and explains the answer. @throws PacegateError as tryAcquire */
  check(cost = 1): Decision {
    if (!isCost(cost)) throw badCost('cost', cost);
    this.#end();
    const isAllowed = this.#count(this.#bucket.check(cost), cost);
    return this.#bucket.decision(isAllowed, this.#live().burst);
  }

  /** What {@link check} would say; takes and counts nothing. @throws PacegateError as tryAcquire */
  peek(cost = 1): Decision {
    if (!isCost(cost)) throw badCost('cost', cost);
    this.#end();
    return this.#bucket.decision(this.#bucket.peek(cost), this.#live().burst);
  }

  /**
   * Milliseconds that `acquire(cost)` (of priority 0) would wait if it were called now; Infinity for a cost above
   * `burst`.
   *
   * @throws PacegateError as tryAcquire
   */
  estimateWaitMs(cost = 1): number {
    return Math.max(0, this.peek(cost).retryAfterMs - this.#line.advantageNs() / 1e6);
  }

  /** Tokens there are now, with their fraction; 0 while somebody waits. @throws PacegateError after dispose */
  availableTokens(): number {
    this.#end();
    return this.#bucket.available();
  }

  /**
   * Puts tokens back that were not used, up to a full bucket: who waits moves up. They lapse while others wait elsewhere.
   *
   * @param tokens - a finite number of at least 0
   * @throws PacegateError for a wrong number, and after dispose
   */
  refund(tokens: number): void {
    if (!isCost(tokens)) throw badCost('tokens', tokens);
    this.#end();
    if (!this.#line.isAlone(this.#bucket.nowNs())) return;
    this.#bucket.giveBack(tokens);
    this.#line.moveUp(tokens);
  }

  /**
   * Changes the rate from now on, of a shared bucket for all. What is spent stays spent; a burst that was given as a
   * number stays, one that follows the rate follows it. Who waits now waits by the new rate (elsewhere: from the next
   * call or wait that ends), and is refused when that is longer than its `timeoutMs`.
   *
   * @throws PacegateError for a rate the constructor would refuse, and after dispose; then nothing has changed
   */
  setRate(rate: number): void {
    const quota = checkQuota(rate, this.#burstOption);
    this.#end();
    this.#line.rearrange((nowNs) => {
      this.#bucket.setQuota(quota, nowNs);
      this.#quota = quota;
      this.#counters.setRate(quota.rate);
    });
  }

  /**
   * How this object has done so far; where a bucket is shared, others count for themselves.
   *
   * @throws PacegateError after dispose
   */
  statistics(): LimiterStatistics {
    this.#end();
    return this.#counters.statistics(wholeNs(this.#bucket.nowNs()));
  }

  /**
   * Begins anew: the bucket is full, the statistics are empty. Who waits keeps its place and is served first.
   *
   * @throws PacegateError after dispose
   */
  reset(): void {
    this.#end();
    this.#counters.clear();
    this.#line.rearrange((nowNs) => {
      this.#bucket.reset(nowNs);
    });
  }

  /** Ends the bucket: who waits gets false, any later call throws `ERR_PACEGATE_DISPOSED`. May be called twice. */
  [Symbol.dispose](): void {
    if (this.#bucket.handle === 0) return;
    this.#live();
    this.#line.close();
    this.#lease.drop();
    this.#bucket.free();
  }

  /** {@link tryAcquire} where the lease does not do. */
  #ask(cost: number): boolean {
    if (!isCost(cost)) throw badCost('cost', cost);
    this.#bucket.checkAlive();
    const lease = this.#lease;
    if (lease.pause > 0) {
      lease.pause--;
    } else if (lease.isOn && this.#line.size === 0) {
      if (cost === 1) return lease.renew();
      if (lease.spend(cost)) return true;
      lease.settle();
    }
    return this.#count(this.#bucket.tryAcquire(cost), cost);
  }

  #count(isAllowed: boolean, cost: number): boolean {
    if (isAllowed) {
      this.#counters.allow(this.#bucket.lastNs, cost);
    } else {
      this.#counters.block();
      this.#lease.pause ||= 1;
    }
    return isAllowed;
  }

  /** The quota in force. */
  #live(): BucketQuota {
    if (this.#share !== undefined) this.#quota = this.#bucket.quota() ?? this.#quota;
    return this.#quota;
  }

  /** Ends what is under way on this side, so that the bucket is exact: before anything but tryAcquire(). */
  #end(): void {
    this.#bucket.checkAlive();
    this.#lease.settle();
    this.#line.refresh();
  }

  #move(): ShareHandle {
    this.#lease.drop();
    const share = this.#bucket.share(this.#madeWith);
    this.#reservations.share();
    return share;
  }
}
