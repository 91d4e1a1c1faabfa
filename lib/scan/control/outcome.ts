// How one task ended, as everything that controls or measures wants to know it.

import { checkNumber, checkOptions, invalidArgument } from '../../internal/check.js';
import type { ScanResult } from '../result.js';

/** How one task, or one probe, ended. */
export interface Outcome {
  /** Whether it was done, whatever it found: a closed port is a success, a task that failed or got no permit is none. */
  readonly success: boolean;
  /** How long it took, in milliseconds; absent where that is not known. */
  readonly responseMs?: number | undefined;
  /** How long it waited for its permit, in milliseconds; absent where that is not known. */
  readonly waitMs?: number | undefined;
}

/** What is needed of a result; that of a pool may say how long it waited. */
export type ResultLike = Pick<ScanResult, 'state'> & {
  readonly rttMs?: number | undefined;
  readonly durationMs?: number | undefined;
  readonly waitMs?: number | undefined;
};

/**
 * The outcome of a task with this result: a success unless its state is `unknown`.
 *
 * @example
 * ```ts
 * import { outcomeOf, PerformanceMonitor, scan } from 'pacegate/scan';
 *
 * using monitor = new PerformanceMonitor();
 * for await (const result of scan({ targets: '127.0.0.1', ports: '1-100' })) {
 *   monitor.observe(outcomeOf(result));
 * }
 * console.log(monitor.statistics().responseMs.p99);
 * ```
 */
export function outcomeOf({ state, rttMs, durationMs, waitMs }: ResultLike): Outcome {
  return { success: state !== 'unknown', responseMs: rttMs ?? durationMs, waitMs };
}

const TIME = { min: 0 };

/** @throws PacegateError (`ERR_PACEGATE_INVALID_ARGUMENT`, `ERR_PACEGATE_OUT_OF_RANGE`) */
export function checkOutcome(outcome: unknown): Outcome {
  const given = checkOptions('outcome', outcome, ['success', 'responseMs', 'waitMs']);
  const { success, responseMs, waitMs } = given;
  if (typeof success !== 'boolean') {
    throw invalidArgument('outcome.success', success, 'true or false');
  }
  if (responseMs !== undefined) checkNumber('outcome.responseMs', responseMs, TIME);
  if (waitMs !== undefined) checkNumber('outcome.waitMs', waitMs, TIME);
  return given as unknown as Outcome;
}
