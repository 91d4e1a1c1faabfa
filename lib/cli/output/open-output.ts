// The files that results go to.

import { once } from 'node:events';
import { createWriteStream, fdatasync, fstatSync, ftruncateSync, open } from 'node:fs';
import type { Writable } from 'node:stream';
import { promisify } from 'node:util';
import { ARRAY_HEAD, ARRAY_TAIL } from './forms/json-array.js';
import { writeFailure } from './line-writer.js';
import { arrayEnd, endsInsideLine } from './written-before.js';
import { TailedFile } from './tailed-file.js';

const toDisk = promisify(fdatasync);
/** A pipe is open when it has a reader: until then signals are heard. */
const opened = promisify(open);

/** An output that can be written to. */
export interface OpenOutput {
  readonly stream: Writable;
  /** Brings what was written to the disk; absent where there is none. */
  readonly toDisk?: () => Promise<void>;
}

/**
 * Opens a file for writing: emptied, or, to go on with an earlier scan, at its end.
 *
 * @throws PacegateError (`ERR_PACEGATE_SYSTEM`) when that is not possible
 */
export async function openOutput(file: string, isContinued: boolean): Promise<OpenOutput> {
  try {
    const isTorn = isContinued && endsInsideLine(file);
    const stream = createWriteStream(file, { flags: isContinued ? 'a' : 'w' });
    const [descriptor] = (await once(stream, 'open')) as [number];
    if (isTorn) stream.write('\n');
    return { stream, ...syncOf(descriptor) };
  } catch (error) {
    throw writeFailure(error as NodeJS.ErrnoException, file);
  }
}

/** An output that keeps one JSON array. */
export interface OpenArray extends OpenOutput {
  /** The file is a whole array from the first moment on, and after each write. */
  readonly isFramed: boolean;
  readonly hasElements: boolean;
}

/**
 * Opens a file for a JSON array: an empty one, or, to go on with an earlier scan, the one that is there. A pipe or a
 * device gets its brackets from the writer.
 *
 * @throws PacegateError (`ERR_PACEGATE_SYSTEM`) when that is not possible; (`ERR_PACEGATE_INVALID_ARGUMENT`) when there is
 * a file to go on with and it holds no array
 */
export async function openArray(file: string, isContinued: boolean): Promise<OpenArray> {
  const before = isContinued ? arrayEnd(file) : undefined;
  let descriptor: number;
  try {
    descriptor = await opened(file, before === undefined ? 'w' : 'r+');
    if (!fstatSync(descriptor).isFile()) {
      const stream = createWriteStream(file, { fd: descriptor });
      return { stream, isFramed: false, hasElements: false };
    }
    if (before !== undefined) ftruncateSync(descriptor, before.end);
  } catch (error) {
    throw writeFailure(error as NodeJS.ErrnoException, file);
  }
  const stream = new TailedFile(descriptor, before?.end ?? 0, ARRAY_TAIL);
  stream.write(before === undefined ? ARRAY_HEAD : ''); // and the tail
  const hasElements = before?.hasElements ?? false;
  return { stream, ...syncOf(descriptor), isFramed: true, hasElements };
}

function syncOf(descriptor: number): Pick<OpenOutput, 'toDisk'> {
  return fstatSync(descriptor).isFile() ? { toDisk: () => toDisk(descriptor) } : {};
}
