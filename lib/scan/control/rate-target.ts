import { invalidArgument } from '../../internal/check.js';

/** Anything whose rate can be read and changed: every limiter, a running scan, an `AdaptiveRate`. */
export interface RateTarget {
  /** Units a second. */
  readonly rate: number;
  setRate(rate: number): void;
}

/** @throws InvalidArgumentError for what has no rate */
export function checkRateTarget(name: string, value: unknown): RateTarget {
  if (
    typeof value === 'object' &&
    value !== null &&
    'rate' in value &&
    typeof value.rate === 'number' &&
    'setRate' in value &&
    typeof value.setRate === 'function'
  ) {
    return value as RateTarget;
  }
  throw invalidArgument(name, value, 'a limiter or a scan: an object with rate and setRate()');
}
