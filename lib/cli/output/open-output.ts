// The file that results go to.

import { once } from 'node:events';
import { closeSync, createWriteStream, fstatSync, openSync, readSync } from 'node:fs';
import type { Writable } from 'node:stream';
import { writeFailure } from './line-writer.js';

const NEWLINE = 0x0a;

/**
 * Opens a file for writing: emptied, or, to go on with an earlier scan, at its end.
 *
 * @throws PacegateError (`ERR_PACEGATE_SYSTEM`) when that is not possible
 */
export async function openOutput(file: string, isContinued: boolean): Promise<Writable> {
  try {
    const isTorn = isContinued && endsInsideLine(file);
    const stream = createWriteStream(file, { flags: isContinued ? 'a' : 'w' });
    await once(stream, 'open');
    if (isTorn) stream.write('\n');
    return stream;
  } catch (error) {
    throw writeFailure(error as NodeJS.ErrnoException, file);
  }
}

/** A line that a full disk or a killed process cut short must not spoil the next one. */
function endsInsideLine(file: string): boolean {
  let descriptor: number;
  try {
    descriptor = openSync(file, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
  try {
    const status = fstatSync(descriptor);
    if (!status.isFile() || status.size === 0) return false;
    const last = Buffer.alloc(1);
    readSync(descriptor, last, 0, 1, status.size - 1);
    return last[0] !== NEWLINE;
  } finally {
    closeSync(descriptor);
  }
}
