import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { PacegateError } from './errors.js';
import type { NativeBackoffCalls } from './calls/backoff-calls.js';
import type { NativeBucketCalls } from './calls/bucket-calls.js';
import type { NativeHostCalls } from './calls/host-calls.js';
import type { NativeKeyedCalls } from './calls/keyed-calls.js';
import type { NativeMonitorCalls } from './calls/monitor-calls.js';
import type { NativeScanCalls } from './calls/scan-calls.js';
import type { NativeSenderCalls } from './calls/sender-calls.js';
import type { NativeThrottleCalls } from './calls/throttle-calls.js';
import type { NativeWindowCalls } from './calls/window-calls.js';

export { RESERVE, type NativeBucketCalls } from './calls/bucket-calls.js';
export type { NativeHandle } from './calls/handle.js';
export type { NativeCapability, NativeHostCalls, NativeInterface } from './calls/host-calls.js';
export { KEYED_QUOTA, KEYED_STATISTICS, type NativeKey } from './calls/keyed-calls.js';
export type { NativeMonitorCalls } from './calls/monitor-calls.js';
export type { NativeScanCalls, NativeScanPlan } from './calls/scan-calls.js';
export type { NativeSenderInfo, NativeSenderOptions, NativeVaried } from './calls/sender-calls.js';
export type { NativeThrottleCalls } from './calls/throttle-calls.js';
export { QUOTA_SCRATCH } from './calls/window-calls.js';

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
  /** `bucket_quota`: tokens a second, rounded to a double twice. */
  rate: 4,
  /** … tokens of a full bucket. */
  burst: 5,
} as const;

/**
 * Everything native code offers: free functions over integer handles. They guard types only; ranges and meaning
 * are checked by the callers in lib/. What they throw has `fault` and `systemError`, see `toPacegateError`.
 */
export interface NativeBinding
  extends
    NativeBucketCalls,
    NativeWindowCalls,
    NativeKeyedCalls,
    NativeBackoffCalls,
    NativeThrottleCalls,
    NativeScanCalls,
    NativeMonitorCalls,
    NativeSenderCalls,
    NativeHostCalls {
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
