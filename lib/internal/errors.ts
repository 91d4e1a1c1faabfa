/** The stable `code` of every error this package throws. */
export type PacegateErrorCode =
  | 'ERR_PACEGATE_INVALID_ARGUMENT'
  | 'ERR_PACEGATE_OUT_OF_RANGE'
  | 'ERR_PACEGATE_NOT_PERMITTED'
  | 'ERR_PACEGATE_NO_SUCH_INTERFACE'
  | 'ERR_PACEGATE_INTERFACE_DOWN'
  | 'ERR_PACEGATE_NO_ROUTE'
  | 'ERR_PACEGATE_UNKNOWN_HOST'
  | 'ERR_PACEGATE_NOT_SUPPORTED'
  | 'ERR_PACEGATE_SHARED_STATE'
  | 'ERR_PACEGATE_NO_BINARY'
  | 'ERR_PACEGATE_SYSTEM'
  | 'ERR_PACEGATE_MONITOR_RUNNING'
  | 'ERR_PACEGATE_CIRCUIT_OPEN'
  | 'ERR_PACEGATE_TIMED_OUT'
  | 'ERR_PACEGATE_TRANSMIT_RUNNING'
  | 'ERR_PACEGATE_DISPOSED';

// Registered, so that errors are recognised across two copies of this package in one process.
const BRAND = Symbol.for('pacegate.error');

/** What a {@link PacegateError} may carry besides its message. */
export interface PacegateErrorOptions {
  /** The error that led to this one. */
  cause?: unknown;
  /** The operating system's error number (`errno`), 0 when none applies. */
  systemError?: number;
}

/**
 * Base of every error this package throws. `error instanceof PacegateError` is also true for the two argument
 * errors, which extend `TypeError` and `RangeError`; {@link isPacegateError} says the same without the class.
 *
 * An aborted wait is no error of this family: it rejects with `signal.reason`.
 *
 * @example
 * ```ts
 * import { PacegateError, TokenBucket } from 'pacegate';
 * try {
 *   new TokenBucket({ rate: -1 });
 * } catch (error) {
 *   if (error instanceof PacegateError) console.error(error.code, error.message);
 * }
 * ```
 */
export class PacegateError extends Error {
  override name = 'PacegateError';
  /** Which fault this is; stable across versions, unlike the message. */
  readonly code: PacegateErrorCode;
  /** The operating system's error number (`errno`), 0 when none applies. */
  readonly systemError: number;
  readonly [BRAND] = true;

  constructor(code: PacegateErrorCode, message: string, options: PacegateErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.systemError = options.systemError ?? 0;
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    // Inherited by subclasses, which keep the ordinary meaning.
    if (this === PacegateError) return isPacegateError(value);
    return Function.prototype[Symbol.hasInstance].call(this, value);
  }
}

/** An argument of the wrong type, an option that does not exist, text that cannot be read. */
export class InvalidArgumentError extends TypeError {
  override name = 'InvalidArgumentError';
  readonly code = 'ERR_PACEGATE_INVALID_ARGUMENT' satisfies PacegateErrorCode;
  readonly systemError = 0;
  readonly [BRAND] = true;
}

/** An argument of the right type whose value is out of range. */
export class InvalidRangeError extends RangeError {
  override name = 'InvalidRangeError';
  readonly code = 'ERR_PACEGATE_OUT_OF_RANGE' satisfies PacegateErrorCode;
  readonly systemError = 0;
  readonly [BRAND] = true;
}

/** The object was used after its `[Symbol.dispose]()`. */
export class DisposedError extends PacegateError {
  override name = 'DisposedError';

  /** @param what - the class of the object, as in `TokenBucket` */
  constructor(what: string) {
    super('ERR_PACEGATE_DISPOSED', `this ${what} has been disposed of and cannot be used any more`);
  }
}

/** Whether `value` is an error thrown by this package, by any copy of it: then it has a `code`. */
export function isPacegateError(
  value: unknown,
): value is Error & { readonly code: PacegateErrorCode; readonly systemError: number } {
  return value instanceof Error && BRAND in value;
}
