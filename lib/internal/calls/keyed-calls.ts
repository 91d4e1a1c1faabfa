import type { NativeHandle } from './handle.js';

/** Indices into `scratch` after `keyed_statistics`. */
export const KEYED_STATISTICS = { keys: 1, bytes: 2, overflow: 3, evicted: 4 } as const;

/** Indices into `scratch` after `keyed_quota`; `burst` also after `keyed_check` and `keyed_peek`. */
export const KEYED_QUOTA = { rate: 5, burst: 6 } as const;

/** A string, or a whole number from 0 to 2^32 - 1. */
export type NativeKey = string | number;

/**
 * Tables of one token bucket per key. Costs are tokens, fractions allowed. What is called often exists twice, as the
 * buckets; elsewhere `nowNs` is undefined for the system's clock, read once a shared table is held. What explains itself does so in `scratch`, as `bucket_check`.
 */
export interface NativeKeyedCalls {
  /**
   * @param ipv6Prefix - bits of an IPv6 address that make its key; 0: text is never an address
   * @param seed - 16 random bytes, secret
   */
  keyed_create: (
    rate: number,
    burst: number,
    maxKeys: number,
    idleNs: number,
    ipv6Prefix: number,
    seed: Uint8Array,
  ) => NativeHandle;
  keyed_destroy: (handle: NativeHandle) => void;
  keyed_try_acquire: (handle: NativeHandle, key: NativeKey, cost: number) => boolean;
  keyed_try_acquire_at: (
    handle: NativeHandle,
    key: NativeKey,
    cost: number,
    nowNs: bigint,
  ) => boolean;
  /** @returns how many were allowed */
  keyed_try_acquire_many: (
    handle: NativeHandle,
    keys: Uint32Array,
    allowed: Uint8Array,
    cost: number,
  ) => number;
  keyed_try_acquire_many_at: (
    handle: NativeHandle,
    keys: Uint32Array,
    allowed: Uint8Array,
    cost: number,
    nowNs: bigint,
  ) => number;
  keyed_check: (handle: NativeHandle, key: NativeKey, cost: number) => boolean;
  keyed_check_at: (handle: NativeHandle, key: NativeKey, cost: number, nowNs: bigint) => boolean;
  keyed_peek: (
    handle: NativeHandle,
    key: NativeKey,
    cost: number,
    nowNs: bigint | undefined,
  ) => boolean;
  /** @returns whether there was room to remember it */
  keyed_penalize: (
    handle: NativeHandle,
    key: NativeKey,
    tokens: number,
    nowNs: bigint | undefined,
  ) => boolean;
  keyed_reward: (
    handle: NativeHandle,
    key: NativeKey,
    tokens: number,
    nowNs: bigint | undefined,
  ) => void;
  /**
   * @param ns - 0 to 2^54, or Infinity
   * @returns whether there was room to remember it
   */
  keyed_block: (
    handle: NativeHandle,
    key: NativeKey,
    ns: number,
    nowNs: bigint | undefined,
  ) => boolean;
  /** @returns whether the key was known */
  keyed_delete: (handle: NativeHandle, key: NativeKey, nowNs: bigint | undefined) => boolean;
  keyed_set_quota: (
    handle: NativeHandle,
    rate: number,
    burst: number,
    nowNs: bigint | undefined,
  ) => void;
  keyed_clear: (handle: NativeHandle, nowNs: bigint | undefined) => void;
  /** Drops idle keys, and leaves the figures in `scratch`. */
  keyed_statistics: (handle: NativeHandle, nowNs: bigint | undefined) => void;
  /** Leaves rate and burst in `scratch`, whoever has set them. */
  keyed_quota: (handle: NativeHandle) => void;
  keyed_bytes: (handle: NativeHandle) => number;
  /**
   * Moves the table to `place` with all it holds, or joins the one that is there.
   *
   * @param rate, burst - it was made with
   * @param place - memory of a SharedArrayBuffer, or a path
   */
  keyed_share: (
    handle: NativeHandle,
    rate: number,
    burst: number,
    place: Uint8Array | string,
    nowNs: bigint | undefined,
  ) => void;
  /** Bytes of a SharedArrayBuffer for so many keys. */
  shared_keyed_bytes: (maxKeys: number) => number;
}
