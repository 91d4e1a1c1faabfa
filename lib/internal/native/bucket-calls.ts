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
  bucket_destroy: (handle: NativeHandle) => void;
  bucket_try_acquire: (handle: NativeHandle, cost: number) => boolean;
  bucket_try_acquire_at: (handle: NativeHandle, cost: number, nowNs: bigint) => boolean;
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
