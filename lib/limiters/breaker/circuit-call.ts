import type { CircuitState } from './breaker-options.js';

/** One call under way; the first report counts, later ones do not. */
export interface CircuitCall {
  success(): void;
  failure(): void;
  /** Without a report before: the call said nothing about the service. A trial may be made again. */
  [Symbol.dispose](): void;
}

/** How a {@link CircuitBreaker} has done since it was made. */
export interface CircuitStatistics {
  state: CircuitState;
  /** Whether the state is held by `force`. */
  isForced: boolean;
  /** Calls let through. */
  allowedCalls: number;
  /** Calls refused. */
  rejectedCalls: number;
  successes: number;
  failures: number;
  /** Reports of calls begun before the state changed: they count nowhere else. */
  lateResults: number;
  /** Trial calls that did not report in time: others were let through in their place. */
  abandonedTrials: number;
  /** How often it opened. */
  timesOpened: number;
  /** Results in the window now, and the share of failures among them; 0 of none. */
  windowCalls: number;
  failureRate: number;
}
