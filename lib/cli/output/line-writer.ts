// Lines to standard output or a file: gathered into large writes, held back when the reader is slow.

import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import type { Writable } from 'node:stream';
import { PacegateError } from '../../internal/errors.js';

const CHUNK_CHARACTERS = 65_536;

/** Writes lines. A reader that has gone (EPIPE) is no error: what it does not want is dropped. */
export class LineWriter {
  readonly #stream: Writable;
  readonly #onReaderGone: () => void;
  readonly #beforeWrite: () => void;
  #pending = '';
  #isScheduled = false;
  #isGone = false;
  #error: Error | undefined;
  #onRoom: () => void = () => undefined;

  /**
   * @param onReaderGone - called once when nobody reads any more
   * @param beforeWrite - called before anything reaches the stream
   */
  constructor(
    stream: Writable,
    onReaderGone: () => void,
    beforeWrite: () => void = () => undefined,
  ) {
    this.#stream = stream;
    this.#onReaderGone = onReaderGone;
    this.#beforeWrite = beforeWrite;
    for (const event of ['drain', 'close']) {
      stream.on(event, () => {
        this.#onRoom();
      });
    }
    stream.on('error', (error: NodeJS.ErrnoException) => {
      this.#fail(error);
      this.#onRoom();
    });
  }

  /** Writes one line, given without its end; resolves when there is room for more. */
  async write(line: string): Promise<void> {
    if (this.#error !== undefined) throw this.#error;
    if (this.#isGone) return;
    this.#pending += `${line}\n`;
    if (this.#pending.length >= CHUNK_CHARACTERS) await this.flush();
    else this.#schedule();
  }

  /** Hands on what waits. */
  async flush(): Promise<void> {
    const text = this.#pending;
    this.#pending = '';
    if (text === '' || this.#isGone) return;
    this.#beforeWrite();
    if (!this.#stream.write(text)) await this.#room();
    if (this.#error !== undefined) throw this.#error;
  }

  /** Resolves when the stream has taken what it was given, or never will. */
  #room(): Promise<void> {
    if (this.#stream.destroyed) return Promise.resolve();
    return new Promise((resolve) => {
      this.#onRoom = resolve;
    });
  }

  /** A line must not wait for the next one to be seen. */
  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      this.flush().catch(() => undefined); // told by the next write
    });
  }

  #fail(error: NodeJS.ErrnoException): void {
    if (this.#isGone) return;
    this.#isGone = true;
    if (error.code !== 'EPIPE') this.#error = writeFailure(error);
    this.#onReaderGone();
  }
}

/**
 * Opens a file for writing, emptied.
 *
 * @throws PacegateError (`ERR_PACEGATE_SYSTEM`) when that is not possible
 */
export async function openOutput(file: string): Promise<Writable> {
  const stream = createWriteStream(file);
  try {
    await once(stream, 'open');
  } catch (error) {
    throw writeFailure(error as NodeJS.ErrnoException);
  }
  return stream;
}

function writeFailure(error: NodeJS.ErrnoException): PacegateError {
  const message = `cannot write ${error.path ?? 'the output'}: ${error.code ?? error.message}`;
  return new PacegateError('ERR_PACEGATE_SYSTEM', message, { cause: error });
}
