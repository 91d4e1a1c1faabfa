import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { PacegateError } from './errors.js';

/** A native object, known by number; 0 is never one. Valid in the environment that created it. */
export type NativeHandle = number;

/** Indices into {@link NativeBinding.scratch}. */
export const SCRATCH = {
  /** When the last call on the system's clock read it, in nanoseconds: a `bucket_*` call without `_at`. */
  nowNs: 0,
  /** `bucket_check`, `bucket_peek`: tokens left, with their fraction. */
  remaining: 1,
  /** … nanoseconds until the request would be allowed, rounded up; 0 when allowed, Infinity for never. */
  waitNs: 2,
  /** … nanoseconds until the bucket is full again, rounded up. */
  resetNs: 3,
} as const;

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

/** Adaptive throttles: how many packets to send now. Twice each, as the buckets. */
export interface NativeThrottleCalls {
  throttle_create: (rate: number, maxBatch: number) => NativeHandle;
  throttle_create_at: (rate: number, maxBatch: number, nowNs: bigint) => NativeHandle;
  throttle_destroy: (handle: NativeHandle) => void;
  throttle_next_batch: (handle: NativeHandle, packetsSent: number) => number;
  throttle_next_batch_at: (handle: NativeHandle, packetsSent: number, nowNs: bigint) => number;
  throttle_wait_ns: (handle: NativeHandle) => number;
  throttle_wait_ns_at: (handle: NativeHandle, nowNs: bigint) => number;
  throttle_current_rate: (handle: NativeHandle) => number;
  throttle_current_rate_at: (handle: NativeHandle, nowNs: bigint) => number;
  throttle_batch_size: (handle: NativeHandle) => number;
  throttle_set_rate: (handle: NativeHandle, rate: number) => void;
  throttle_set_rate_at: (handle: NativeHandle, rate: number, nowNs: bigint) => void;
}

/** A whole scan, as native code takes it; made and checked by lib/scan. */
export interface NativeScanPlan {
  /**
   * 33 bytes a range: family (4 or 6), first and last address (16 bytes each in network order; IPv4 in the first
   * four, the rest 0). Sorted, IPv4 first, disjoint.
   */
  ranges: Uint8Array;
  /** Sorted, unique. */
  ports: Uint16Array;
  /** Packets per second, above 0. */
  rate: number;
  /** Exactly this many further probes for a silent target, 0..255. */
  retries: number;
  /** Wait after each probe. */
  timeoutMs: number;
  /** Decides the order of probes; 64 bits. */
  seed: bigint;
  /** 16 random bytes, unrelated to the seed. */
  cookieKey: Uint8Array;
  sourcePort: number;
  /** Empty: by route. */
  interfaceName: string;
  backend: 'auto' | 'packet' | 'rawip';
  /** One bit per state that becomes a record: 1 open, 2 closed, 4 filtered, 8 unknown. */
  reportMask: number;
  /** Where to go on; 0 for a new scan. */
  startPosition: number;
}

/** Scans: one send and one capture thread each, steered from here. */
export interface NativeScanCalls {
  /** Opens devices and sends nothing yet. */
  scan_create: (plan: NativeScanPlan) => NativeHandle;
  scan_start: (handle: NativeHandle) => void;
  scan_pause: (handle: NativeHandle) => void;
  scan_resume: (handle: NativeHandle) => void;
  /** Ends sending now and waits one timeout for answers before the phase becomes done; returns at once. */
  scan_stop: (handle: NativeHandle) => void;
  scan_set_rate: (handle: NativeHandle, rate: number) => void;
  /** Copies whole records of 32 bytes. @returns how many */
  scan_drain: (handle: NativeHandle, records: Uint8Array) => number;
  /** Live counters; the layout is in lib/scan. To be read only. */
  scan_slots: (handle: NativeHandle) => Float64Array;
  scan_backend: (handle: NativeHandle) => string;
  /** Joins the threads. */
  scan_destroy: (handle: NativeHandle) => void;
}

/** One thing this process may or may not do. */
export interface NativeCapability {
  name: string;
  available: boolean;
  /** Empty when available; else what is missing and how to get it. */
  reason: string;
}

/** A network device. */
export interface NativeInterface {
  name: string;
  index: number;
  link: 'ethernet' | 'loopback' | 'ip' | 'other';
  up: boolean;
  mtu: number;
  mac: string;
  addresses: string[];
}

/** What this machine has and permits. */
export interface NativeHostCalls {
  host_capabilities: () => NativeCapability[];
  host_interfaces: () => NativeInterface[];
  /** @returns '' when raw packets can be sent, else the reason why not */
  host_can_send_raw: () => string;
  monotonic_now_ns: () => bigint;
}

/**
 * Everything native code offers: free functions over integer handles. They guard types only; ranges and meaning
 * are checked by the callers in lib/. What they throw has `fault` and `systemError`, see `toPacegateError`.
 */
export interface NativeBinding
  extends NativeBucketCalls, NativeThrottleCalls, NativeScanCalls, NativeHostCalls {
  /** Further results of the latest call that says so; see {@link SCRATCH}. */
  readonly scratch: Float64Array;
}

/** Loads `prebuilds/` or `build/Release` of this package, wherever it is installed. */
function load(): NativeBinding {
  const root = fileURLToPath(new URL('../..', import.meta.url));
  const loadAddon = createRequire(import.meta.url)('node-gyp-build') as (root: string) => unknown;
  try {
    return loadAddon(root) as NativeBinding;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new PacegateError('ERR_PACEGATE_NO_BINARY', describeMissing(reason), { cause: error });
  }
}

function describeMissing(reason: string): string {
  const host = `${process.platform}-${process.arch}`;
  const [line = ''] = reason.split('\n');
  const isAbsent = line.startsWith('No native build was found');
  const problem = isAbsent ? `has no binary for ${host}` : `cannot load its binary (${line})`;
  return `pacegate ${problem}: install a release with prebuilds/${host}, or run "npm run build" in a checkout (needs cmake, ninja and a C++20 compiler)`;
}

/** The native half of this package. */
export const native: NativeBinding = load();
