// What an earlier run has left in a file that is gone on with.

import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { InvalidArgumentError } from '../../internal/errors.js';
import { ARRAY_HEAD } from './forms/json-array.js';
import { writeFailure } from './line-writer.js';

/** A write that was cut short left at most so much behind the last whole line. */
const LOOK_BACK_BYTES = 1_048_576;

/** True after a line that a full disk or a killed process cut short: it must not spoil the next one. */
export function endsInsideLine(file: string): boolean {
  const { tail } = readEnds(file, 1);
  return tail !== '' && tail !== '\n';
}

/** Where an array goes on. */
export interface ArrayEnd {
  /** Bytes that stay. */
  readonly end: number;
  readonly hasElements: boolean;
}

/**
 * Finds the end of the last whole element of a JSON array with an element a line; undefined when there is no such file, or
 * an empty one.
 *
 * @throws PacegateError (`ERR_PACEGATE_INVALID_ARGUMENT`) when the file holds something else
 */
export function arrayEnd(file: string): ArrayEnd | undefined {
  const { head, tail, size } = readEnds(file, LOOK_BACK_BYTES);
  if (size === 0) return undefined;
  const lines = head === ARRAY_HEAD ? tail.split('\n') : [];
  for (let end = size; lines.length > 0;) {
    const line = lines.pop() ?? '';
    // A line with its newline behind it, which is at `end`.
    if (end < size && isElement(line)) return { end: end + 1, hasElements: true };
    if (end + 1 === ARRAY_HEAD.length) return { end: end + 1, hasElements: false };
    end -= line.length + 1;
  }
  throw new InvalidArgumentError(
    `cannot go on with ${file}: it does not hold the JSON array of an earlier scan`,
  );
}

function isElement(line: string): boolean {
  const json = line.replace(/^,/, '');
  if (!json.startsWith('{')) return false;
  try {
    JSON.parse(json);
    return true;
  } catch {
    return false;
  }
}

/** What a regular file begins and ends with, a character a byte; nothing where there is none. */
interface Ends {
  /** As many bytes as an array begins with. */
  readonly head: string;
  readonly tail: string;
  readonly size: number;
}

/** @param most - bytes of the tail */
function readEnds(file: string, most: number): Ends {
  const none = { head: '', tail: '', size: 0 };
  let descriptor: number;
  try {
    // To open a pipe that nobody writes to would take for ever.
    if (statSync(file, { throwIfNoEntry: false })?.isFile() !== true) return none;
    descriptor = openSync(file, 'r');
  } catch (error) {
    throw writeFailure(error as NodeJS.ErrnoException, file);
  }
  const piece = (from: number, length: number): string => {
    const bytes = Buffer.alloc(length);
    return bytes.toString('latin1', 0, readSync(descriptor, bytes, 0, length, from));
  };
  try {
    const { size } = fstatSync(descriptor);
    const behind = Math.min(most, size);
    return { head: piece(0, ARRAY_HEAD.length), tail: piece(size - behind, behind), size };
  } finally {
    closeSync(descriptor);
  }
}
