import type { NativeHandle } from './handle.js';

/** Indices into `scratch` after `throttle_counts`. */
export const THROTTLE_COUNTS = { calls: 0, batches: 1, packets: 2, gaps: 3, forgone: 4 } as const;

/** Adaptive throttles: how many packets to send now. Twice each, as the buckets. */
export interface NativeThrottleCalls {
  /** @param catchUpNs - 0 to 1e9, whole */
  throttle_create: (rate: number, maxBatch: number, catchUpNs: number) => NativeHandle;
  throttle_create_at: (
    rate: number,
    maxBatch: number,
    catchUpNs: number,
    nowNs: bigint,
  ) => NativeHandle;
  throttle_destroy: (handle: NativeHandle) => void;
  throttle_next_batch: (handle: NativeHandle, packetsSent: number) => number;
  throttle_next_batch_at: (handle: NativeHandle, packetsSent: number, nowNs: bigint) => number;
  throttle_wait_ns: (handle: NativeHandle) => number;
  throttle_wait_ns_at: (handle: NativeHandle, nowNs: bigint) => number;
  throttle_current_rate: (handle: NativeHandle) => number;
  throttle_current_rate_at: (handle: NativeHandle, nowNs: bigint) => number;
  throttle_batch_size: (handle: NativeHandle) => number;
  /** Leaves figures in `scratch`; see {@link THROTTLE_COUNTS}. */
  throttle_counts: (handle: NativeHandle) => void;
  throttle_set_rate: (handle: NativeHandle, rate: number) => void;
  throttle_set_rate_at: (handle: NativeHandle, rate: number, nowNs: bigint) => void;
}
