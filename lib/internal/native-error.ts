import { InvalidArgumentError, PacegateError, type PacegateErrorCode } from './errors.js';

const CODE_OF_FAULT: Readonly<Record<string, PacegateErrorCode>> = {
  not_permitted: 'ERR_PACEGATE_NOT_PERMITTED',
  no_such_interface: 'ERR_PACEGATE_NO_SUCH_INTERFACE',
  interface_down: 'ERR_PACEGATE_INTERFACE_DOWN',
  no_route: 'ERR_PACEGATE_NO_ROUTE',
  not_supported: 'ERR_PACEGATE_NOT_SUPPORTED',
  shared_state: 'ERR_PACEGATE_SHARED_STATE',
  system: 'ERR_PACEGATE_SYSTEM',
};

/**
 * The public error for one that native code threw; anything else is returned as it is, so a catch block can
 * `throw toPacegateError(error)` without looking.
 */
export function toPacegateError(error: unknown): Error {
  if (!(error instanceof Error))
    return new Error('a value that is no Error was thrown', { cause: error });
  const { fault, systemError } = error as { fault?: unknown; systemError?: unknown };
  if (typeof fault !== 'string') return error;
  if (fault === 'invalid') return new InvalidArgumentError(error.message, { cause: error });
  return new PacegateError(CODE_OF_FAULT[fault] ?? 'ERR_PACEGATE_SYSTEM', error.message, {
    cause: error,
    systemError: typeof systemError === 'number' ? systemError : 0,
  });
}
