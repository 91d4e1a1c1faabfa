import type { NativeHandle } from '../../internal/binding.js';
import type { Clock } from '../../internal/clock.js';
import type { WindowQuota } from './window-options.js';

/** What a kind of limiter adds to `WindowLimiter`. */
export interface WindowKind {
  /** The class, for errors. */
  readonly name: string;
  readonly clock: Clock;
  readonly quota: WindowQuota;
  /** Makes the native half. */
  create(nowNs: bigint): NativeHandle;
  /** The quota of another rate; throws, and changes nothing, for a rate it cannot have. */
  quotaFor(rate: number): WindowQuota;
}
