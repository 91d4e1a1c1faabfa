import type { Linked } from '../../internal/linked-list.js';

/** How a wait ended. */
export type WaitOutcome = 'granted' | 'timed-out' | 'never' | 'disposed';

/** Told of every wait that ended, except by abort. */
export type WaitObserver = (
  outcome: WaitOutcome,
  cost: number,
  waitNs: number,
  nowNs: bigint,
) => void;

/**
 * Lateness of timers that is taken as it comes, in nanoseconds. What is later than that was held up by a stall of the
 * event loop, and what was arranged for the future is arranged anew.
 */
export const LATENESS_NS = 20e6;

/**
 * How late timers are that nothing held up. Where the limiter has no slack for that, it is made good nevertheless, up to
 * one unit's time: else what has no burst would never reach its rate. With a burst worth more nothing is exceeded.
 */
export const TIMER_NS = 2e6;

/** Somebody in a line. */
export interface Waiter extends Linked<Waiter> {
  readonly cost: number;
  readonly priority: number;
  readonly joinedNs: bigint;
  /** The end of its patience; undefined for endless. */
  readonly latestNs: bigint | undefined;
  /** How much later than the one before it is served; of a line of reservations. */
  gapNs: bigint;
  /** When it is served, as far as is known; of a planned line. */
  dueNs: bigint;
  /** The plan it is part of; of a planned line. */
  plan: number;
  forgetSignal: (() => void) | undefined;
  readonly resolve: (allowed: boolean) => void;
  readonly reject: (reason: Error) => void;
}

/** Nanoseconds it would still wait at `nowNs`; negative when its patience has ended. */
export function patienceNs(waiter: Waiter, nowNs: bigint): number {
  return waiter.latestNs === undefined ? Infinity : Number(waiter.latestNs - nowNs);
}

/** Answers somebody who has left the line, and tells `observe`. */
export function endWait(
  waiter: Waiter,
  outcome: WaitOutcome,
  nowNs: bigint,
  observe: WaitObserver,
): void {
  observe(outcome, waiter.cost, Number(nowNs - waiter.joinedNs), nowNs);
  waiter.forgetSignal?.();
  waiter.resolve(outcome === 'granted');
}

/** Ends the wait of somebody who has left the line by an exception. */
export function failWait(waiter: Waiter, reason: Error): void {
  waiter.forgetSignal?.();
  waiter.reject(reason);
}

/** What a line fails with when its clock did. */
export function clockFault(fault: unknown): Error {
  return fault instanceof Error ? fault : new Error(`the clock failed: ${String(fault)}`);
}
