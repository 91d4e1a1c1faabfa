// The options of a pool, checked.

import {
  checkNumber,
  checkOptionalNumber,
  checkOptions,
  invalidArgument,
} from '../../internal/check.js';
import { checkClock, type Clock } from '../../internal/clock.js';
import type { Limiter } from '../../limiters/decision.js';
import type { HostgroupLimiter } from '../../limiters/hostgroup-limiter.js';
import { WORKER_BOUNDS } from '../pace-options.js';
import { RETRIES_BOUNDS, TIMEOUT_BOUNDS } from './scan-task.js';

/** Something that asks a pool for less for a while; a `ResourceThrottle` is one. */
export interface WorkerThrottle {
  /** The part of `maxWorkers` that may work now, 0 to 1; one worker is left in any case. */
  readonly workerShare: number;
  on(event: 'change', listener: () => void): unknown;
  off(event: 'change', listener: () => void): unknown;
  /** How long each attempt should wait before it asks for its permit, in milliseconds; absent: not at all. */
  readonly waitMs?: number;
  /** Hears how each task ended that has a result; a success unless its state is `unknown`. */
  observe?(outcome: { success: boolean; responseMs: number; waitMs: number }): void;
}

/** How a `ConnectionPool` is made. */
export interface PoolOptions {
  /**
   * Most tasks that are worked on at once, 1 to 65 536; 50 by default. Never more than the process may have open
   * descriptors, less 64 for the rest of the program.
   */
  maxWorkers?: number | undefined;
  /** Longest time of one attempt in milliseconds, 1 to 600 000; 1000 by default. */
  timeoutMs?: number | undefined;
  /** Further attempts after one that gave no answer (a time-out, an exception), 0 to 255; 2 by default. */
  retries?: number | undefined;
  /** Each attempt takes one unit. Stays the caller's to dispose of. */
  limiter?: Limiter | undefined;
  /** Each target takes one permit, however many of its tasks are worked on. Stays the caller's to dispose of. */
  hostgroup?: HostgroupLimiter | undefined;
  /** Lowers the number of workers, makes them wait, and takes that back again. */
  throttle?: WorkerThrottle | undefined;
  /**
   * A task is given up (`rate_limit_timeout`) that has waited so long for a permit, in milliseconds, while no other task
   * of this pool got one either; 0 to Infinity, by default the task's `timeoutMs`. So a limiter that is slow but
   * serves loses no task, however many wait.
   */
  permitTimeoutMs?: number | undefined;
  /** Where times come from; by default the system's monotonic clock. */
  clock?: Clock | undefined;
}

/** Checked {@link PoolOptions}. */
export interface PoolSettings {
  readonly maxWorkers: number;
  readonly timeoutMs: number;
  readonly retries: number;
  readonly limiter: Limiter | undefined;
  readonly hostgroup: HostgroupLimiter | undefined;
  readonly throttle: WorkerThrottle | undefined;
  readonly permitTimeoutMs: number | undefined;
  readonly clock: Clock;
}

/** Names of all options. */
export const POOL_OPTIONS = [
  ...['maxWorkers', 'timeoutMs', 'retries', 'limiter', 'hostgroup', 'throttle'],
  ...['permitTimeoutMs', 'clock'],
];

/** @throws PacegateError (`ERR_PACEGATE_INVALID_ARGUMENT`, `ERR_PACEGATE_OUT_OF_RANGE`) */
export function checkPoolOptions(options: unknown): PoolSettings {
  const given = checkOptions('options', options === undefined ? {} : options, POOL_OPTIONS);
  const { permitTimeoutMs } = given;
  return {
    maxWorkers: checkOptionalNumber('maxWorkers', given['maxWorkers'], 50, WORKER_BOUNDS),
    timeoutMs: checkOptionalNumber('timeoutMs', given['timeoutMs'], 1000, TIMEOUT_BOUNDS),
    retries: checkOptionalNumber('retries', given['retries'], 2, RETRIES_BOUNDS),
    limiter: having('limiter', given['limiter'], ['acquire', 'refund']) as Limiter | undefined,
    hostgroup: having('hostgroup', given['hostgroup'], ['acquireTarget']) as
      HostgroupLimiter | undefined,
    throttle: having('throttle', given['throttle'], ['on', 'off']) as WorkerThrottle | undefined,
    permitTimeoutMs:
      permitTimeoutMs === undefined
        ? undefined
        : checkNumber('permitTimeoutMs', permitTimeoutMs, { min: 0, infinity: true }),
    clock: checkClock('clock', given['clock']),
  };
}

/** By shape: one of another copy of this package will do. */
function having(name: string, value: unknown, methods: readonly string[]): unknown {
  if (value === undefined) return undefined;
  const isOne =
    typeof value === 'object' &&
    value !== null &&
    methods.every((method) => typeof (value as Record<string, unknown>)[method] === 'function');
  if (isOne) return value;
  throw invalidArgument(name, value, `an object with ${methods.join('() and ')}()`);
}
