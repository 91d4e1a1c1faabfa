// Port lists as nmap writes them.

import { invalidArgument, outOfRange } from '../internal/check.js';
import { InvalidArgumentError } from '../internal/errors.js';

const LIST = "a list such as '80,443,1000-2000', or '-' for 1 to 65535";
const RANGE = 'whole numbers from 0 to 65535';

/**
 * Reads a list of ports and port ranges.
 *
 * `80,443,1000-2000` is a list; `-` is every port from 1 to 65535, `-100` is 1 to 100, `60000-` is 60000 to 65535.
 * Port 0 is probed only where it is written. A port named twice is probed once.
 *
 * @param ports - text, or an array of whole numbers from 0 to 65535
 * @returns the ports, ascending, each once
 * @throws PacegateError (`ERR_PACEGATE_INVALID_ARGUMENT` for what is no list of ports, `ERR_PACEGATE_OUT_OF_RANGE`
 * for a port above 65535 or a range that runs backwards); the message names the entry
 *
 * @example
 * ```ts
 * parsePorts('443,80,8000-8002'); // Uint16Array [80, 443, 8000, 8001, 8002]
 * ```
 */
export function parsePorts(ports: string | readonly number[]): Uint16Array {
  const chosen = new Uint8Array(65_536);
  if (typeof ports === 'string') {
    for (const entry of ports.split(',')) markEntry(entry.trim(), ports, chosen);
  } else if (Array.isArray(ports)) {
    for (const port of ports as readonly unknown[]) chosen[checkPort(port)] = 1;
  } else {
    throw invalidArgument('ports', ports, `${LIST}, or an array of numbers`);
  }
  const list = Uint16Array.from(Array.from(chosen.keys()).filter((port) => chosen[port] === 1));
  if (list.length === 0) throw new InvalidArgumentError('ports: none given; name at least one');
  return list;
}

function markEntry(entry: string, whole: string, chosen: Uint8Array): void {
  const match = /^(\d*)(-?)(\d*)$/.exec(entry);
  if (match === null || entry === '') {
    throw invalidArgument('ports', entry === '' ? whole : entry, LIST);
  }
  const [, low = '', dash = '', high = ''] = match;
  const first = low === '' ? 1 : portNumber(low, entry);
  const last = dash === '' ? first : high === '' ? 65_535 : portNumber(high, entry);
  if (last < first) throw outOfRange('ports', entry, 'ranges that do not run backwards');
  chosen.fill(1, first, last + 1);
}

function portNumber(digits: string, entry: string): number {
  const port = Number(digits);
  if (port > 65_535) throw outOfRange('ports', entry, RANGE);
  return port;
}

function checkPort(port: unknown): number {
  if (typeof port !== 'number') throw invalidArgument('ports', port, RANGE);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw outOfRange('ports', port, RANGE);
  }
  return port;
}
