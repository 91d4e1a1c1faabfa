import {
  checkOptionalNumber,
  checkOptions,
  checkSignal,
  invalidArgument,
  outOfRange,
} from '../internal/check.js';

/** What a limiter says to one request. */
export interface Decision {
  /** Whether the request may go ahead. */
  allowed: boolean;
  /** The most that can be had at once. */
  limit: number;
  /** Whole units left after this decision. */
  remaining: number;
  /** Milliseconds until the same request would be allowed; 0 when it is, Infinity when it can never be met. */
  retryAfterMs: number;
  /** Milliseconds until everything is available again, if nobody asks. */
  resetMs: number;
}

/** How to wait. */
export interface AcquireOptions {
  /** Longest wait in milliseconds; 0 for none, Infinity (the default) for any. */
  timeoutMs?: number | undefined;
  /** Ends the wait: what was reserved goes back, and the promise rejects with `signal.reason`. */
  signal?: AbortSignal | undefined;
  /**
   * Who waits with a higher number is served first, with the same number in order of arrival; any finite number, 0 by
   * default. Who is overtaken moves back, and is refused when that takes it beyond its `timeoutMs`.
   */
  priority?: number | undefined;
}

/** How a limiter has done since it was made or reset. */
export interface LimiterStatistics {
  /** Requests decided: allowed, blocked and timed out. Waits that are pending or were aborted are not decided. */
  totalRequests: number;
  allowedRequests: number;
  /** Refused at once: denied by `tryAcquire`/`check`, or of a cost that can never be met. */
  blockedRequests: number;
  /** Calls of `acquire` refused because the wait would have exceeded their `timeoutMs`. */
  timedOutRequests: number;
  /** allowed / total; 1 before the first request. */
  successRate: number;
  /** Units granted per second, over the last second (over the time of eight units where that is longer). */
  actualRate: number;
  /** Mean time that granted calls of `acquire` waited, those granted at once included. */
  averageWaitMs: number;
  /** Percentiles of the same; too high by at most 1/32. */
  waitMs: { p50: number; p90: number; p99: number; max: number };
}

/**
 * Names the method by which a limiter undoes its last grant, as long as nothing came after it. `refund` does not know
 * which grant its units are of, and has to suppose the worst.
 *
 * @internal
 */
export const UNDO = Symbol('undo');

/** What every rate limiter can do. Denied is a value, never an exception. */
export interface Limiter {
  /** Units per second. */
  readonly rate: number;
  /** Takes `cost` units when they are there now; never waits. */
  tryAcquire(cost?: number): boolean;
  /** Waits for `cost` units; false when the wait would be longer than `timeoutMs` or endless. */
  acquire(cost?: number, options?: AcquireOptions): Promise<boolean>;
  /** As tryAcquire, and says why not. */
  check(cost?: number): Decision;
  /** What check would say; takes nothing. */
  peek(cost?: number): Decision;
  /** Milliseconds that acquire would wait now; Infinity when the cost can never be met. */
  estimateWaitMs(cost?: number): number;
  /** Changes the rate from now on; what is spent stays spent. */
  setRate(rate: number): void;
  /** Gives back units that were taken and not used; never beyond what can be had at once. */
  refund(units: number): void;
  statistics(): LimiterStatistics;
  /** Forgets what was spent and counted. */
  reset(): void;
  /** Ends the limiter; whoever waits gets false. */
  [Symbol.dispose](): void;
}

/** The error for a cost that {@link isCost} refuses. */
export function badCost(name: string, cost: unknown): Error {
  const expected = 'a finite number of at least 0';
  return typeof cost === 'number'
    ? outOfRange(name, cost, expected)
    : invalidArgument(name, cost, expected);
}

/** A number of units: finite, not negative. Written so that it costs next to nothing. */
export function isCost(cost: unknown): cost is number {
  return typeof cost === 'number' && cost >= 0 && cost < Infinity;
}

/** Checked {@link AcquireOptions}. */
export interface Patience {
  timeoutMs: number;
  signal: AbortSignal | undefined;
  priority: number;
}

const ENDLESS: Patience = { timeoutMs: Infinity, signal: undefined, priority: 0 };

/** @throws PacegateError for an option that is wrong or unknown */
export function checkAcquireOptions(options: unknown): Patience {
  if (options === undefined) return ENDLESS;
  const given = checkOptions('options', options, ['timeoutMs', 'signal', 'priority']);
  return {
    timeoutMs: checkOptionalNumber('options.timeoutMs', given['timeoutMs'], Infinity, {
      min: 0,
      infinity: true,
    }),
    signal: checkSignal('options.signal', given['signal']),
    priority: checkOptionalNumber('options.priority', given['priority'], 0),
  };
}
