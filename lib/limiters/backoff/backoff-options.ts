import {
  checkOptionalNumber,
  checkOptions,
  invalidArgument,
  outOfRange,
} from '../../internal/check.js';
import { type Clock, checkClock } from '../../internal/clock.js';

/** How a `BackoffTable` is made. */
export interface BackoffTableOptions {
  /** Silence of level 1 in milliseconds, doubled by each further level: above 0; 2 000 by default. */
  baseMs?: number | undefined;
  /** The highest level: a whole number from 1 to 30; 4 by default (16 s). */
  maxLevel?: number | undefined;
  /**
   * Quiet time, after the silence, that takes back one level: above 0, Infinity for never. By default as long as the
   * silence of the highest level (16 s): sending goes on in that time, so a target that still refused would have said so.
   */
  decayMs?: number | undefined;
  /** Leading bits that IPv4 targets of one entry share: 0 to 32; 32, each address by itself, by default. */
  prefixV4?: number | undefined;
  /** The same for IPv6: 0 to 128; 128 by default. */
  prefixV6?: number | undefined;
  /** Most entries at once: a whole number from 1 to 2^24; 65 536 by default, 56 bytes each, taken at once. */
  maxTargets?: number | undefined;
  /** Where time comes from; by default the system's monotonic clock. */
  clock?: Clock | undefined;
}

/** Checked {@link BackoffTableOptions}. */
export interface CheckedBackoffTableOptions {
  baseMs: number;
  maxLevel: number;
  decayMs: number;
  prefixV4: number;
  prefixV6: number;
  maxTargets: number;
  clock: Clock;
}

const KNOWN = ['baseMs', 'maxLevel', 'decayMs', 'prefixV4', 'prefixV6', 'maxTargets', 'clock'];
/** Native time is kept for this long, 73 years: 2^61 ns. */
const LONGEST_MS = 2 ** 61 / 1e6;
const LONGEST_NAME = 255;

/** @throws InvalidArgumentError, InvalidRangeError */
export function checkBackoffTableOptions(options: unknown): CheckedBackoffTableOptions {
  const given = checkOptions('options', options === undefined ? {} : options, KNOWN);
  const whole = (name: string, fallback: number, min: number, max: number): number =>
    checkOptionalNumber(name, given[name], fallback, { min, max, integer: true });
  const baseMs = checkOptionalNumber('baseMs', given['baseMs'], 2_000, {
    min: 1e-6,
    max: LONGEST_MS,
  });
  const maxLevel = whole('maxLevel', 4, 1, 30);
  const longestMs = Math.min(baseMs * 2 ** (maxLevel - 1), LONGEST_MS);
  return {
    baseMs,
    maxLevel,
    decayMs: checkOptionalNumber('decayMs', given['decayMs'], longestMs, {
      min: 1e-6,
      infinity: true,
    }),
    prefixV4: whole('prefixV4', 32, 0, 32),
    prefixV6: whole('prefixV6', 128, 0, 128),
    maxTargets: whole('maxTargets', 65_536, 1, 2 ** 24),
    clock: checkClock('clock', given['clock']),
  };
}

/** @throws InvalidArgumentError, InvalidRangeError for what is no target: text of 1 to 255 characters */
export function checkTarget(name: string, target: unknown): string {
  const expected = `text of 1 to ${LONGEST_NAME} characters`;
  if (typeof target !== 'string') throw invalidArgument(name, target, expected);
  if (target === '' || target.length > LONGEST_NAME) throw outOfRange(name, target, expected);
  return target;
}
