import { type NativeHandle, native, SCRATCH } from '../../internal/binding.js';
import { type Clock, systemClock } from '../../internal/clock.js';
import { readClock } from '../../internal/clock-alarms.js';
import { DisposedError } from '../../internal/errors.js';
import { toPacegateError } from '../../internal/native-error.js';
import type { Decision } from '../decision.js';
import { placeOf, type ShareHandle } from '../sharing/share.js';
import type { BucketQuota } from '../token-bucket-options.js';

const {
  scratch,
  bucket_try_acquire,
  bucket_try_acquire_at,
  bucket_try_acquire_up_to,
  bucket_try_acquire_up_to_at,
  bucket_check,
  bucket_check_at,
  bucket_peek,
  bucket_peek_at,
  bucket_lease,
  bucket_lease_at,
  bucket_settle,
  bucket_settle_at,
} = native;

/** Frees the native half of buckets that were dropped without being disposed of. */
const dropped = new FinalizationRegistry<NativeHandle>((handle) => {
  native.bucket_destroy(handle);
});

/** How a {@link NativeBucket} is made. */
export interface NativeBucketOptions {
  quota: BucketQuota;
  initialTokens: number;
  /** Largest lease in tokens; 0 for none. */
  maxLease: number;
  clock: Clock;
  share: ShareHandle | undefined;
}

/**
 * The native half of a bucket and the clock it goes by: each call on the system's clock lets native code read it,
 * each on another hands the time over.
 */
export class NativeBucket {
  /** 0 once it is freed. */
  handle: NativeHandle;
  readonly clock: Clock;
  /** Undefined for the system's, which native code reads itself. */
  readonly ownClock: Clock | undefined;

  /** @throws PacegateError for a place that cannot be shared, and for a clock that gives no bigint */
  constructor({ quota, initialTokens, maxLease, clock, share }: NativeBucketOptions) {
    this.clock = clock;
    this.ownClock = clock === systemClock ? undefined : clock;
    const { rate, burst } = quota;
    const nowNs = readClock(clock);
    try {
      this.handle =
        share === undefined
          ? native.bucket_create_at(rate, burst, initialTokens, nowNs)
          : native.bucket_join_at(rate, burst, initialTokens, placeOf(share), nowNs);
    } catch (error) {
      throw toPacegateError(error);
    }
    dropped.register(this, this.handle, this);
    if (maxLease > 0) native.bucket_limit_leases(this.handle, maxLease);
  }

  /** @throws DisposedError */
  checkAlive(): void {
    if (this.handle === 0) throw new DisposedError('TokenBucket');
  }

  free(): void {
    if (this.handle === 0) return;
    dropped.unregister(this);
    native.bucket_destroy(this.handle);
    this.handle = 0;
  }

  /** Moves it into a new SharedArrayBuffer. @param quota - what who joins must say */
  share({ rate, burst }: BucketQuota): ShareHandle {
    const share = { buffer: new SharedArrayBuffer(native.shared_bucket_bytes) };
    native.bucket_share(this.handle, rate, burst, new Uint8Array(share.buffer));
    return share;
  }

  /** Rate and burst as they are now; undefined once it is freed. */
  quota(): BucketQuota | undefined {
    if (this.handle === 0) return undefined;
    native.bucket_quota(this.handle);
    // 3, not 3.0000000000000004: it has become a price and back.
    const rate = Number((scratch[SCRATCH.rate] ?? 0).toPrecision(15));
    return { rate, burst: scratch[SCRATCH.burst] ?? 0 };
  }

  /** @throws PacegateError when a shared bucket is held up by somebody else for 5 s */
  setQuota({ rate, burst }: BucketQuota, nowNs: bigint): void {
    try {
      // On the system's clock it reads the time again, once nobody else can spend any more.
      if (this.ownClock === undefined) native.bucket_set_quota(this.handle, rate, burst);
      else native.bucket_set_quota_at(this.handle, rate, burst, nowNs);
    } catch (error) {
      throw toPacegateError(error);
    }
  }

  /** @throws as setQuota */
  reset(nowNs: bigint): void {
    try {
      native.bucket_reset_at(this.handle, nowNs);
    } catch (error) {
      throw toPacegateError(error);
    }
  }

  /** When the last call that took or charged tokens read the clock, in nanoseconds. */
  get lastNs(): number {
    return scratch[SCRATCH.nowNs] ?? 0;
  }

  nowNs(): bigint {
    return readClock(this.clock);
  }

  tryAcquire(cost: number): boolean {
    const clock = this.ownClock;
    return clock === undefined
      ? bucket_try_acquire(this.handle, cost)
      : bucket_try_acquire_at(this.handle, cost, readClock(clock));
  }

  tryAcquireUpTo(max: number): number {
    const clock = this.ownClock;
    return clock === undefined
      ? bucket_try_acquire_up_to(this.handle, max)
      : bucket_try_acquire_up_to_at(this.handle, max, readClock(clock));
  }

  /** {@link decision} explains it. */
  check(cost: number): boolean {
    const clock = this.ownClock;
    return clock === undefined
      ? bucket_check(this.handle, cost)
      : bucket_check_at(this.handle, cost, readClock(clock));
  }

  /** As {@link check}; spends nothing. */
  peek(cost: number): boolean {
    const clock = this.ownClock;
    return clock === undefined
      ? bucket_peek(this.handle, cost)
      : bucket_peek_at(this.handle, cost, readClock(clock));
  }

  /**
   * What the last check() or peek() has to say.
   *
   * @param limit - tokens of a full bucket
   */
  decision(allowed: boolean, limit: number): Decision {
    const waitNs = scratch[SCRATCH.waitNs] ?? 0;
    return {
      allowed,
      limit,
      remaining: Math.floor(scratch[SCRATCH.remaining] ?? 0),
      retryAfterMs: allowed ? 0 : waitNs / 1e6,
      resetMs: (scratch[SCRATCH.resetNs] ?? 0) / 1e6,
    };
  }

  available(): number {
    const tokens = native.bucket_available_at(this.handle, this.nowNs());
    // 3, not 3.0000000000000027.
    return Number(tokens.toPrecision(14));
  }

  giveBack(tokens: number): void {
    native.bucket_give_back_at(this.handle, tokens, this.nowNs());
  }

  /** Charges what was spent of the last lease, takes a token; @returns 0, or 1 + the tokens leased */
  lease(spentTokens: number): number {
    const clock = this.ownClock;
    return clock === undefined
      ? bucket_lease(this.handle, spentTokens)
      : bucket_lease_at(this.handle, spentTokens, readClock(clock));
  }

  /** Charges what was spent of the last lease; @returns how many requests had better go without now */
  settle(spentTokens: number): number {
    const clock = this.ownClock;
    return clock === undefined
      ? bucket_settle(this.handle, spentTokens)
      : bucket_settle_at(this.handle, spentTokens, readClock(clock));
  }
}
