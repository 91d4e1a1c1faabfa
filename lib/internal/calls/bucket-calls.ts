import type { NativeHandle } from './handle.js';

/** Answers of `bucket_reserve_at` besides nanoseconds. */
export const RESERVE = { notYet: -1, never: -2 } as const;

/**
 * Token buckets. Costs are tokens, fractions allowed. Every operation exists twice: on the system's monotonic
 * clock, and as `…_at` with the time as its last argument, for other clocks.
 */
export interface NativeBucketCalls {
  /** @param initialTokens - 0..burst */
  bucket_create: (rate: number, burst: number, initialTokens: number) => NativeHandle;
  bucket_create_at: (
    rate: number,
    burst: number,
    initialTokens: number,
    nowNs: bigint,
  ) => NativeHandle;
  /**
   * The bucket that others have made at `place` with the same rate and burst; makes it when there is none.
   *
   * @param place - memory of a SharedArrayBuffer, or a path
   */
  bucket_join: (
    rate: number,
    burst: number,
    initialTokens: number,
    place: Uint8Array | string,
  ) => NativeHandle;
  bucket_join_at: (
    rate: number,
    burst: number,
    initialTokens: number,
    place: Uint8Array | string,
    nowNs: bigint,
  ) => NativeHandle;
  /** Moves a bucket to where others can join it, who must say this rate and burst. No lease may be out. */
  bucket_share: (handle: NativeHandle, rate: number, burst: number, place: Uint8Array) => void;
  /** What `place` must hold. */
  readonly shared_bucket_bytes: number;
  bucket_destroy: (handle: NativeHandle) => void;
  /** Rate and burst go to `scratch`. @returns as bucket_changes */
  bucket_quota: (handle: NativeHandle) => number;
  /** @returns a number that moves when anybody changes the rate or resets */
  bucket_changes: (handle: NativeHandle) => number;
  /** @returns how often anybody has reset it: reservations made before are gone */
  bucket_resets: (handle: NativeHandle) => number;
  bucket_try_acquire: (handle: NativeHandle, cost: number) => boolean;
  bucket_try_acquire_at: (handle: NativeHandle, cost: number, nowNs: bigint) => boolean;
  /** @param maxTokens - largest answer of bucket_lease, 1 to 2^20; 2^20 when this is not called */
  bucket_limit_leases: (handle: NativeHandle, maxTokens: number) => void;
  /**
   * Charges what was spent of the last lease and takes one token. The caller must be the bucket's only one.
   *
   * @param spentTokens - tokens spent since the last lease call without asking; at most its answer less one
   * @returns 0: denied; n: one was taken, n - 1 more may be spent without asking, until bucket_settle
   */
  bucket_lease: (handle: NativeHandle, spentTokens: number) => number;
  bucket_lease_at: (handle: NativeHandle, spentTokens: number, nowNs: bigint) => number;
  /**
   * Ends the lease: charges what was spent of it. Every other call comes after this.
   *
   * @returns how many requests had better go without a lease now
   */
  bucket_settle: (handle: NativeHandle, spentTokens: number) => number;
  bucket_settle_at: (handle: NativeHandle, spentTokens: number, nowNs: bigint) => number;
  /** As try_acquire, and explains itself in `scratch`. */
  bucket_check: (handle: NativeHandle, cost: number) => boolean;
  bucket_check_at: (handle: NativeHandle, cost: number, nowNs: bigint) => boolean;
  /** What bucket_check would say; spends nothing. */
  bucket_peek: (handle: NativeHandle, cost: number) => boolean;
  bucket_peek_at: (handle: NativeHandle, cost: number, nowNs: bigint) => boolean;
  /** @returns whole tokens taken, 0..max */
  bucket_try_acquire_up_to: (handle: NativeHandle, max: number) => number;
  bucket_try_acquire_up_to_at: (handle: NativeHandle, max: number, nowNs: bigint) => number;
  /**
   * Takes tokens ahead of time when the wait is at most `maxWaitNs` (Infinity: any).
   *
   * @returns nanoseconds to wait, rounded up, or one of {@link RESERVE}
   */
  bucket_reserve: (handle: NativeHandle, cost: number, maxWaitNs: number) => number;
  bucket_reserve_at: (
    handle: NativeHandle,
    cost: number,
    maxWaitNs: number,
    nowNs: bigint,
  ) => number;
  bucket_give_back: (handle: NativeHandle, cost: number) => void;
  bucket_give_back_at: (handle: NativeHandle, cost: number, nowNs: bigint) => void;
  /** Throws, and changes nothing, for a quota no bucket can have. */
  bucket_set_quota: (handle: NativeHandle, rate: number, burst: number) => void;
  bucket_set_quota_at: (handle: NativeHandle, rate: number, burst: number, nowNs: bigint) => void;
  bucket_reset: (handle: NativeHandle) => void;
  bucket_reset_at: (handle: NativeHandle, nowNs: bigint) => void;
  bucket_available: (handle: NativeHandle) => number;
  bucket_available_at: (handle: NativeHandle, nowNs: bigint) => number;
}
