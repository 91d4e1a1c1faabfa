import { checkNumber, checkOptionalNumber, outOfRange } from '../../internal/check.js';

/** What a limiter that counts in windows grants. */
export interface WindowQuota {
  /** Units of a window. */
  limit: number;
  /** Units per second. */
  rate: number;
  /** Tokens of the bucket in front, when full; 0: there is none. */
  burst: number;
}

/** Up to here whole units are counted exactly. */
const MAX_LIMIT = Number.MAX_SAFE_INTEGER;
/** A microsecond. */
const MIN_WINDOW_MS = 0.001;
/** 100 days: up to here a number holds every nanosecond. */
const MAX_WINDOW_MS = 8.64e9;

/** @throws InvalidArgumentError, InvalidRangeError */
export function checkLimit(name: string, limit: unknown): number {
  return checkNumber(name, limit, { min: 1, max: MAX_LIMIT });
}

/** @throws InvalidArgumentError, InvalidRangeError */
export function checkWindowMs(windowMs: unknown, fallback = 1_000): number {
  return checkOptionalNumber('windowMs', windowMs, fallback, {
    min: MIN_WINDOW_MS,
    max: MAX_WINDOW_MS,
  });
}

/** Whole nanoseconds, to the nearest. */
export function windowNs(windowMs: number): number {
  return Math.round(windowMs * 1e6);
}

/**
 * Units of a window that `rate` brings.
 *
 * @param max - the most that the limiter can count
 * @throws InvalidRangeError when that is less than one unit, or more than `max`
 */
export function limitOfRate(rate: number, windowMs: number, max = MAX_LIMIT): number {
  // 10, not 10.000000000000002: what a limit of 10 was turned into comes back as 10.
  const limit = Number(((rate * windowMs) / 1_000).toPrecision(14));
  if (limit >= 1 && limit <= max) return limit;
  const bounds = `from ${1_000 / windowMs} to ${(max / windowMs) * 1_000}`;
  throw outOfRange('rate', rate, `${bounds}: 1 to ${max} in a window of ${windowMs} ms`);
}

/** Units per second of `limit` units in each window. */
export function rateOfLimit(limit: number, windowMs: number): number {
  return (limit / windowMs) * 1_000;
}
