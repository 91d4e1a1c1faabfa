// Results kept on the disk in the order in which they came.

import { rmSync } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import type { ScanResult } from '../../../scan/index.js';
import { writeFailure } from '../line-writer.js';
import { pack, PACKED_BYTES, WORDS } from './packed-result.js';

/** Results gathered before they are written: 64 KiB. */
const GATHERED = 2048;

/** Where a log is kept. */
export interface LogPlace {
  readonly file: string;
  /** Kept after a run that did not complete, and gone on with by the next one; else nobody else ever sees the file. */
  readonly isKept: boolean;
  /** Goes on with what the file holds. */
  readonly isContinued: boolean;
}

/** Appends results, in memory that does not grow with their number. */
export class ResultLog {
  readonly #file: string;
  readonly #handle: FileHandle;
  readonly #gathered = new Uint32Array(GATHERED * WORDS);
  #waiting = 0;
  /** Results that a write was begun for, in whole pieces one behind the other. */
  #given: number;
  #writing: Promise<void> = Promise.resolve();
  #error: Error | undefined;

  private constructor(file: string, handle: FileHandle, written: number) {
    this.#file = file;
    this.#handle = handle;
    this.#given = written;
  }

  /** @throws PacegateError (`ERR_PACEGATE_SYSTEM`) when the file cannot be had */
  static async open({ file, isKept, isContinued }: LogPlace): Promise<ResultLog> {
    try {
      const handle = await open(file, isContinued ? 'a+' : 'w+');
      if (!isKept) rmSync(file); // it goes with the process, however that ends
      const { size } = await handle.stat();
      // A killed process may have left a part of a result behind.
      const whole = Math.floor(size / PACKED_BYTES);
      await handle.truncate(whole * PACKED_BYTES);
      return new ResultLog(file, handle, whole);
    } catch (error) {
      throw writeFailure(error as NodeJS.ErrnoException, file);
    }
  }

  /** Results written and waiting. */
  get length(): number {
    return this.#given + this.#waiting;
  }

  /** Where there is no room for more: a promise that resolves when there is. `atS`: time of day, in seconds since 1970. */
  add(result: ScanResult, atS: number): Promise<void> | undefined {
    if (this.#error !== undefined) throw this.#error;
    pack(result, atS, this.#gathered, this.#waiting * WORDS);
    this.#waiting += 1;
    return this.#waiting === GATHERED ? this.#write() : undefined;
  }

  /** Resolves when all results are on the disk. */
  async sync(): Promise<void> {
    await this.#write();
    await this.#handle.datasync();
  }

  /** Reads at most as many results as have room in `words`, from the `first` on; returns how many. */
  async read(first: number, words: Uint32Array): Promise<number> {
    await this.#write();
    const most = Math.min(words.length / WORDS, this.#given - first);
    const bytes = new Uint8Array(words.buffer, words.byteOffset, most * PACKED_BYTES);
    await readFully(this.#handle, bytes, first * PACKED_BYTES);
    return most;
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }

  /** Resolves when all results so far are in the file; more may come meanwhile. */
  #write(): Promise<void> {
    const count = this.#waiting;
    if (count > 0) {
      const bytes = new Uint8Array(this.#gathered.slice(0, count * WORDS).buffer);
      const position = this.#given * PACKED_BYTES;
      this.#waiting = 0;
      this.#given += count;
      this.#writing = this.#writing.then(() => this.#put(bytes, position));
    }
    return this.#writing.then(() => {
      if (this.#error !== undefined) throw this.#error;
    });
  }

  /** The bytes go to the file whole, or the log is at an end: a part of a result would shift all that follow. */
  async #put(bytes: Uint8Array, position: number): Promise<void> {
    if (this.#error !== undefined) return;
    try {
      await writeFully(this.#handle, bytes, position);
    } catch (error) {
      this.#error = writeFailure(error as NodeJS.ErrnoException, this.#file);
    }
  }
}

/** The kernel may give less than it is asked for. */
export async function readFully(
  handle: FileHandle,
  bytes: Uint8Array,
  position: number,
): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    const { bytesRead } = await handle.read(bytes, at, bytes.length - at, position + at);
    if (bytesRead === 0) throw new Error('the file has become shorter');
    at += bytesRead;
  }
}

/** The kernel may take less than it is given. */
export async function writeFully(
  handle: FileHandle,
  bytes: Uint8Array,
  position: number,
): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    const { bytesWritten } = await handle.write(bytes, at, bytes.length - at, position + at);
    at += bytesWritten;
  }
}
