import { checkOptionalNumber, checkOptions, invalidArgument } from '../../internal/check.js';
import { type Clock, checkClock } from '../../internal/clock.js';

/** What a `CircuitBreaker` is doing: letting everything through, nothing, or a few calls to try. */
export type CircuitState = 'closed' | 'open' | 'half-open';

/** How a `CircuitBreaker` is made. */
export interface CircuitBreakerOptions {
  /** Share of failures at which it opens: above 0, at most 1; 0.5 by default. */
  failureRate?: number | undefined;
  /** Results there must be before the share says anything: a whole number of at least 1; 10 by default. */
  minimumCalls?: number | undefined;
  /** How far back results count, in milliseconds: at least 0.001; 10 000 by default. Kept in ten steps. */
  windowMs?: number | undefined;
  /** How long it stays open before it lets calls through to try: at least 1; 10 000 by default. */
  openMs?: number | undefined;
  /** How many calls it then lets through, all of which must succeed: a whole number of at least 1; 1 by default. */
  halfOpenCalls?: number | undefined;
  /** Where time comes from; by default the system's monotonic clock. */
  clock?: Clock | undefined;
}

/** Checked {@link CircuitBreakerOptions}. */
export type CheckedCircuitBreakerOptions = {
  [Name in keyof CircuitBreakerOptions]-?: NonNullable<CircuitBreakerOptions[Name]>;
};

const KNOWN = ['failureRate', 'minimumCalls', 'windowMs', 'openMs', 'halfOpenCalls', 'clock'];
/** About 146 years. */
const LONGEST_MS = 2 ** 62 / 1e6;

/** @throws InvalidArgumentError, InvalidRangeError */
export function checkCircuitBreakerOptions(options: unknown): CheckedCircuitBreakerOptions {
  const given = checkOptions('options', options === undefined ? {} : options, KNOWN);
  const count = (name: string, fallback: number): number =>
    checkOptionalNumber(name, given[name], fallback, { min: 1, integer: true });
  const duration = (name: string, min: number): number =>
    checkOptionalNumber(name, given[name], 10_000, { min, max: LONGEST_MS });
  return {
    failureRate: checkOptionalNumber('failureRate', given['failureRate'], 0.5, {
      above: 0,
      max: 1,
    }),
    minimumCalls: count('minimumCalls', 10),
    windowMs: duration('windowMs', 0.001),
    openMs: duration('openMs', 1),
    halfOpenCalls: count('halfOpenCalls', 1),
    clock: checkClock('clock', given['clock']),
  };
}

/** @throws InvalidArgumentError for what is neither a state nor undefined */
export function checkCircuitState(state: unknown): CircuitState | undefined {
  if (state === undefined || state === 'closed' || state === 'open' || state === 'half-open') {
    return state;
  }
  throw invalidArgument('state', state, "'closed', 'open', 'half-open' or undefined");
}
