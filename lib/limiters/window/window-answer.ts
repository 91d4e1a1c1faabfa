import { type NativeHandle, native, QUOTA_SCRATCH, SCRATCH } from '../../internal/binding.js';
import type { Decision } from '../decision.js';
import type { WindowQuota } from './window-options.js';

const { scratch } = native;

/** The decision that a native call has just explained in `scratch`. */
export function explainedDecision(allowed: boolean, { limit, burst }: WindowQuota): Decision {
  return {
    allowed,
    limit: burst === 0 ? limit : Math.min(limit, burst),
    remaining: Math.floor(scratch[SCRATCH.remaining] ?? 0),
    retryAfterMs: allowed ? 0 : coveringMs(scratch[SCRATCH.waitNs] ?? 0),
    resetMs: coveringMs(scratch[SCRATCH.resetNs] ?? 0),
  };
}

/** What the limiter grants at present, whoever has set it. */
export function readQuota(handle: NativeHandle): WindowQuota {
  native.window_quota(handle);
  return {
    limit: scratch[QUOTA_SCRATCH.limit] ?? 0,
    rate: scratch[QUOTA_SCRATCH.rate] ?? 0,
    burst: scratch[QUOTA_SCRATCH.burst] ?? 0,
  };
}

/** Milliseconds that, to the nearest nanosecond, are not less than `ns`. */
function coveringMs(ns: number): number {
  const ms = ns / 1e6;
  return Math.round(ms * 1e6) < ns ? ms * (1 + Number.EPSILON) : ms;
}
