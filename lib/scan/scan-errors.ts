// Errors that only scans have; wrong arguments are worded by internal/check.ts.

import { getSystemErrorName } from 'node:util';
import { show } from '../internal/check.js';
import { InvalidArgumentError, PacegateError, type PacegateErrorCode } from '../internal/errors.js';

/** A call that comes at the wrong time. */
export function invalidState(message: string): Error {
  return new InvalidArgumentError(message);
}

/** Something that this version does not do. */
export function notSupported(message: string): Error {
  return new PacegateError('ERR_PACEGATE_NOT_SUPPORTED', message);
}

/** Something that needs a privilege or a confirmation. */
export function notPermitted(message: string): Error {
  return new PacegateError('ERR_PACEGATE_NOT_PERMITTED', message);
}

/** A name without an address. */
export function unknownHost(name: string, cause?: unknown): Error {
  const code = (cause as NodeJS.ErrnoException | undefined)?.code ?? 'it has no address';
  const message = `unknown host ${show(name)} (${code})`;
  return new PacegateError('ERR_PACEGATE_UNKNOWN_HOST', message, { cause });
}

/** An interface that this host does not have. */
export function noSuchInterface(name: string): Error {
  return new PacegateError('ERR_PACEGATE_NO_SUCH_INTERFACE', `no such interface: ${show(name)}`);
}

/** An interface that is there and switched off. */
export function interfaceDown(name: string): Error {
  return new PacegateError('ERR_PACEGATE_INTERFACE_DOWN', `interface ${show(name)} is down`);
}

/** Nothing leads to a target. */
export function noRoute(message: string): Error {
  return new PacegateError('ERR_PACEGATE_NO_ROUTE', message);
}

const deviceFaults: Readonly<Record<string, PacegateErrorCode>> = {
  ENETDOWN: 'ERR_PACEGATE_INTERFACE_DOWN',
  ENXIO: 'ERR_PACEGATE_NO_SUCH_INTERFACE',
  ENODEV: 'ERR_PACEGATE_NO_SUCH_INTERFACE',
};

/** What the operating system refused in the middle of a scan; `errno` as it counts, 0 when unknown. */
export function scanFailure(errno: number): Error {
  return deviceFailure('the operating system took no probe for 5 s', errno);
}

/** A frame that will never be taken; `errno` as the operating system counts. */
export function frameRefused(errno: number): Error {
  return deviceFailure('the network device refused the frame', errno);
}

function deviceFailure(what: string, errno: number): Error {
  const name = errno > 0 ? getSystemErrorName(-errno) : 'unknown reason';
  const code = deviceFaults[name] ?? 'ERR_PACEGATE_SYSTEM';
  return new PacegateError(code, `${what} (${name})`, { systemError: errno });
}
