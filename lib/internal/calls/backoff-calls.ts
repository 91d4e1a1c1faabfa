import type { NativeHandle } from './handle.js';

/** A table as native code takes it; checked by lib/limiters. Values beyond its bounds count as the nearest. */
export interface NativeBackoffOptions {
  baseNs: number;
  maxLevel: number;
  /** Infinity: no decay. */
  decayNs: number;
  prefixV4: number;
  prefixV6: number;
  maxTargets: number;
  /** 16 random bytes. */
  seed: Uint8Array;
}

/** Indices into `scratch` after `backoff_counts`. */
export const BACKOFF_COUNTS = {
  reports: 0,
  escalations: 1,
  decayed: 2,
  evicted: 3,
  overflowed: 4,
  bytes: 5,
} as const;

/**
 * Tables of targets that are backed off. A target is text of at most 255 characters: an address, or else a name.
 * Twice each, as the buckets.
 */
export interface NativeBackoffCalls {
  backoff_create: (options: NativeBackoffOptions) => NativeHandle;
  backoff_destroy: (handle: NativeHandle) => void;
  /** @returns the new level */
  backoff_report: (handle: NativeHandle, target: string) => number;
  backoff_report_at: (handle: NativeHandle, target: string, nowNs: bigint) => number;
  /** @returns 0 when it is not backed off */
  backoff_remaining_ns: (handle: NativeHandle, target: string) => number;
  backoff_remaining_ns_at: (handle: NativeHandle, target: string, nowNs: bigint) => number;
  backoff_level: (handle: NativeHandle, target: string) => number;
  backoff_level_at: (handle: NativeHandle, target: string, nowNs: bigint) => number;
  /** @returns whether there was something to forget */
  backoff_clear: (handle: NativeHandle, target: string) => boolean;
  backoff_clear_at: (handle: NativeHandle, target: string, nowNs: bigint) => boolean;
  backoff_clear_all: (handle: NativeHandle) => void;
  backoff_size: (handle: NativeHandle) => number;
  backoff_size_at: (handle: NativeHandle, nowNs: bigint) => number;
  backoff_backed_off: (handle: NativeHandle) => number;
  backoff_backed_off_at: (handle: NativeHandle, nowNs: bigint) => number;
  /** @returns nanoseconds until the first target that is backed off now is free; -1 when none is */
  backoff_next_free_ns: (handle: NativeHandle) => number;
  backoff_next_free_ns_at: (handle: NativeHandle, nowNs: bigint) => number;
  /** Leaves figures in `scratch`; see {@link BACKOFF_COUNTS}. */
  backoff_counts: (handle: NativeHandle) => void;
}
