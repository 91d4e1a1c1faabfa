export {
  AdaptiveThrottle,
  type AdaptiveThrottleOptions,
  type ThrottleStatistics,
} from './limiters/adaptive-throttle.js';
export {
  type BackoffChoice,
  type BackoffStatistics,
  BackoffTable,
} from './limiters/backoff-table.js';
export type { BackoffTableOptions } from './limiters/backoff/backoff-options.js';
export type { CircuitBreakerOptions, CircuitState } from './limiters/breaker/breaker-options.js';
export { CircuitOpenError } from './limiters/breaker/circuit-open-error.js';
export type { CircuitCall, CircuitStatistics } from './limiters/breaker/circuit-call.js';
export { CircuitBreaker, type CircuitBreakerEvents } from './limiters/circuit-breaker.js';
export type { CompositeCost } from './limiters/composite/composite-cost.js';
export {
  type CompositeMember,
  keyedLimit,
  type KeyedMember,
} from './limiters/composite/composite-member.js';
export type { CompositeOptions } from './limiters/composite/composite-options.js';
export type { CompositeDecision, MemberCounts } from './limiters/composite/member-set.js';
export { CompositeLimiter, type CompositeStatistics } from './limiters/composite-limiter.js';
export type { AcquireOptions, Decision, Limiter, LimiterStatistics } from './limiters/decision.js';
export type { HostgroupOptions } from './limiters/hostgroup/hostgroup-options.js';
export type { TargetPermit } from './limiters/hostgroup/target-permit.js';
export {
  type HostgroupEvents,
  HostgroupLimiter,
  type HostgroupStatistics,
} from './limiters/hostgroup-limiter.js';
export { FixedWindow, type FixedWindowOptions } from './limiters/fixed-window.js';
export { HybridLimiter, type HybridLimiterOptions } from './limiters/hybrid-limiter.js';
export { SlidingWindow, type SlidingWindowOptions } from './limiters/sliding-window.js';
export { KeyedLimiter } from './limiters/keyed-limiter.js';
export type { KeyedLimiterOptions } from './limiters/keyed/keyed-options.js';
export type { KeyedStatistics } from './limiters/keyed/keyed-counters.js';
export { TokenBucket } from './limiters/token-bucket.js';
export type { Share, ShareHandle } from './limiters/sharing/share.js';
export type {
  BurstOption,
  LeaseOptions,
  TokenBucketOptions,
} from './limiters/token-bucket-options.js';
export { type Clock, systemClock } from './internal/clock.js';
export {
  DisposedError,
  InvalidArgumentError,
  InvalidRangeError,
  isPacegateError,
  PacegateError,
  type PacegateErrorCode,
  type PacegateErrorOptions,
} from './internal/errors.js';
