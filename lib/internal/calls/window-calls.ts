import type { NativeHandle } from './handle.js';

/** Where `window_quota` leaves in `scratch` what a limiter grants. */
export const QUOTA_SCRATCH = { limit: 4, rate: 5, burst: 6 } as const;

/**
 * Sliding windows, fixed windows and hybrids, all by one kind of handle. Costs are units, fractions allowed. What is
 * called most exists twice, on the system's monotonic clock and as `…_at`; the rest takes the time always.
 */
export interface NativeWindowCalls {
  /**
   * @param limit - units; above 0
   * @param windowNs - a whole number of at least 1
   * @param subWindows - 0: exact
   */
  window_create_sliding_at: (
    limit: number,
    windowNs: number,
    subWindows: number,
    nowNs: bigint,
  ) => NativeHandle;
  window_create_fixed_at: (limit: number, windowNs: number, nowNs: bigint) => NativeHandle;
  /** @param limit - units of the window; `rate` and `burst` are the bucket's */
  window_create_hybrid_at: (
    limit: number,
    rate: number,
    burst: number,
    windowNs: number,
    nowNs: bigint,
  ) => NativeHandle;
  window_destroy: (handle: NativeHandle) => void;
  window_try_acquire: (handle: NativeHandle, cost: number) => boolean;
  window_try_acquire_at: (handle: NativeHandle, cost: number, nowNs: bigint) => boolean;
  /** As try_acquire, and explains itself in `scratch`. */
  window_check: (handle: NativeHandle, cost: number) => boolean;
  window_check_at: (handle: NativeHandle, cost: number, nowNs: bigint) => boolean;
  /** What window_check would say; takes nothing. */
  window_peek_at: (handle: NativeHandle, cost: number, nowNs: bigint) => boolean;
  /** @returns units granted within the last window */
  window_used_at: (handle: NativeHandle, nowNs: bigint) => number;
  window_give_back_at: (handle: NativeHandle, units: number, nowNs: bigint) => void;
  /** Takes back what was taken last, by nobody else meanwhile. */
  window_undo_at: (handle: NativeHandle, units: number, nowNs: bigint) => void;
  /** `rate` and `burst` matter to hybrids only. Throws, and changes nothing, for what the limiter cannot have. */
  window_set_quota_at: (
    handle: NativeHandle,
    limit: number,
    rate: number,
    burst: number,
    nowNs: bigint,
  ) => void;
  /** Leaves limit, rate and burst in `scratch`, see {@link QUOTA_SCRATCH}; 0 for what a limiter does not have. */
  window_quota: (handle: NativeHandle) => void;
  /**
   * Moves a hybrid that is not shared yet to a place where others can join it; what is there already is joined.
   *
   * @param rate - and `burst`, `windowNs`: what all who share must say
   * @param place - a Uint8Array over a SharedArrayBuffer of at least `hybrid_share_bytes`, or a path
   */
  window_share: (
    handle: NativeHandle,
    rate: number,
    burst: number,
    windowNs: number,
    place: Uint8Array | string,
  ) => void;
  readonly hybrid_share_bytes: number;
  window_reset_at: (handle: NativeHandle, nowNs: bigint) => void;
  /** @returns bytes it holds at present, those of the foresight included */
  window_bytes: (handle: NativeHandle) => number;
  /** Begins to look ahead from the present state, anew when that has begun already. */
  window_foresee_start_at: (handle: NativeHandle, nowNs: bigint) => void;
  window_foresee_end: (handle: NativeHandle) => void;
  /**
   * When `cost` could be had after all who are placed; explains `resetNs` in `scratch`, of the time after them.
   *
   * @returns nanoseconds from now; Infinity for never
   */
  window_foresee_at: (handle: NativeHandle, cost: number, nowNs: bigint) => number;
  /**
   * Places who takes `cost` after all placed before, when the wait is at most `maxWaitNs` (Infinity: any).
   *
   * @returns nanoseconds to wait, or one of RESERVE
   */
  window_foresee_place_at: (
    handle: NativeHandle,
    cost: number,
    maxWaitNs: number,
    nowNs: bigint,
  ) => number;
}
