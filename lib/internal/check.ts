import { InvalidArgumentError, InvalidRangeError, PacegateError } from './errors.js';

/** Bounds of a number; all hold at once. NaN satisfies none. */
export interface NumberBounds {
  /** At least. */
  min?: number;
  /** At most. */
  max?: number;
  /** More than. */
  above?: number;
  /** Whole numbers only, up to 2^53 - 1. */
  integer?: boolean;
  /** Whether Infinity is a value like another (`max` still holds). */
  infinity?: boolean;
}

/** A value as an error message shows it: one line, at most about 60 characters. */
export function show(value: unknown): string {
  if (typeof value === 'string') return shorten(JSON.stringify(value));
  if (typeof value === 'bigint') return shorten(`${value.toString()}n`);
  if (typeof value === 'number') return Object.is(value, -0) ? '-0' : String(value);
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'symbol') return 'a symbol';
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}

/**
 * The error for a value of the wrong type or form.
 *
 * @param name - the argument, as the caller knows it
 * @param expected - what would be right, completing "must be …"
 */
export function invalidArgument(name: string, value: unknown, expected: string): Error {
  return new InvalidArgumentError(`${name} must be ${expected}, not ${show(value)}`);
}

/** The error for a value of the right type that lies out of range; parameters as {@link invalidArgument}. */
export function outOfRange(name: string, value: unknown, expected: string): Error {
  return new InvalidRangeError(`${name} must be ${expected}, not ${show(value)}`);
}

/** @throws InvalidArgumentError when it is no number, InvalidRangeError when it is out of bounds */
export function checkNumber(name: string, value: unknown, bounds: NumberBounds = {}): number {
  if (typeof value !== 'number') throw invalidArgument(name, value, describe(bounds));
  const { min = -Infinity, max = Infinity, above = -Infinity, integer = false } = bounds;
  const isKind = integer
    ? Number.isSafeInteger(value)
    : Number.isFinite(value) || bounds.infinity === true;
  if (!isKind || !(value >= min && value <= max && (above === -Infinity || value > above))) {
    throw outOfRange(name, value, describe(bounds));
  }
  return value;
}

/** As {@link checkNumber}; `fallback` when absent. */
export function checkOptionalNumber(
  name: string,
  value: unknown,
  fallback: number,
  bounds: NumberBounds = {},
): number {
  return value === undefined ? fallback : checkNumber(name, value, bounds);
}

/** @throws InvalidArgumentError when it is neither absent nor a boolean */
export function checkBoolean(name: string, value: unknown, fallback: boolean): boolean {
  if (value === undefined) return fallback;
  if (typeof value !== 'boolean') throw invalidArgument(name, value, 'true or false');
  return value;
}

/** @throws InvalidArgumentError when it is neither absent nor an AbortSignal */
export function checkSignal(name: string, value: unknown): AbortSignal | undefined {
  if (value === undefined) return undefined;
  if (!isSignal(value)) throw invalidArgument(name, value, 'an AbortSignal');
  return value;
}

/** By shape: a signal of another realm or polyfill will do. */
function isSignal(value: unknown): value is AbortSignal {
  return (
    typeof value === 'object' &&
    value !== null &&
    'aborted' in value &&
    typeof value.aborted === 'boolean' &&
    'addEventListener' in value &&
    typeof value.addEventListener === 'function'
  );
}

/**
 * The options object, when it is one and has no name that is not in `known`.
 *
 * @param later - options of the public contract that this version does not have; refused unless their value asks for
 * nothing: false, 0 or 'none'
 * @throws InvalidArgumentError for no object or an unknown name; PacegateError (`ERR_PACEGATE_NOT_SUPPORTED`) for
 * one of `later`
 */
export function checkOptions(
  name: string,
  value: unknown,
  known: readonly string[],
  later: readonly string[] = [],
): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalidArgument(name, value, 'an object');
  }
  const options = value as Record<string, unknown>;
  for (const key of Object.keys(options)) {
    const given = options[key];
    if (given === undefined || known.includes(key)) continue;
    if (!later.includes(key)) {
      throw new InvalidArgumentError(`${name} has no ${show(key)}; it takes ${known.join(', ')}`);
    }
    if (given !== false && given !== 0 && given !== 'none') {
      throw new PacegateError(
        'ERR_PACEGATE_NOT_SUPPORTED',
        `${name}.${key} is not available in this version of pacegate`,
      );
    }
  }
  return options;
}

function describe(bounds: NumberBounds): string {
  const limits: string[] = [];
  if (bounds.above !== undefined) limits.push(`above ${bounds.above}`);
  if (bounds.min !== undefined && bounds.max !== undefined) {
    limits.push(`from ${bounds.min} to ${bounds.max}`);
  } else if (bounds.min !== undefined) {
    limits.push(`at least ${bounds.min}`);
  } else if (bounds.max !== undefined) {
    limits.push(`at most ${bounds.max}`);
  }
  const kind = bounds.integer === true ? 'a whole number' : 'a number';
  const article = bounds.infinity === true || bounds.integer === true ? kind : 'a finite number';
  return [article, limits.join(' and ')].join(' ').trim();
}

function shorten(text: string): string {
  return text.length <= 60 ? text : `${text.slice(0, 57)}...`;
}
