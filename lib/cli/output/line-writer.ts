// Lines to standard output or a file: gathered into large writes, held back when the reader is slow.

import type { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { PacegateError } from '../../internal/errors.js';

const CHUNK_CHARACTERS = 65_536;

/** What a writer writes to, and whom it tells. */
export interface LineWriterOptions {
  /** As an error names it: a file, or `standard output`. */
  readonly name: string;
  /** True for a file of our own, closed at the end; false for standard output. */
  readonly isClosedAtEnd?: boolean;
  /** Called once when nobody reads any more. */
  readonly onReaderGone?: () => void;
  /** Called once when writing failed; the error itself is thrown by the next call and by `finish`. */
  readonly onFailure?: () => void;
  /** Called before anything reaches the stream. */
  readonly beforeWrite?: () => void;
  /** Brings what the stream has written to the disk. */
  readonly toDisk?: (() => Promise<void>) | undefined;
}

/** Writes lines. A reader that has gone is no error: what it does not want is dropped. */
export class LineWriter {
  readonly #stream: Writable;
  readonly #options: LineWriterOptions;
  #pending = '';
  #isScheduled = false;
  #isGone = false;
  #error: Error | undefined;
  #onRoom: () => void = () => undefined;

  constructor(stream: Writable, options: LineWriterOptions) {
    this.#stream = stream;
    this.#options = options;
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

  /**
   * Writes one line, given without its end. Where there is no room for more: a promise that resolves when there is.
   *
   * @throws as finish(), for a write before this one
   */
  write(line: string): Promise<void> | undefined {
    this.#throwFailure();
    if (this.#isGone) return undefined;
    this.#pending += `${line}\n`;
    if (this.#pending.length >= CHUNK_CHARACTERS) return this.flush();
    this.#schedule();
    return undefined;
  }

  /** Hands on what waits. */
  async flush(): Promise<void> {
    this.#throwFailure();
    const text = this.#take();
    if (text === '') return;
    this.#options.beforeWrite?.();
    if (!this.#stream.write(text)) await this.#room();
    this.#throwFailure();
  }

  /**
   * Hands on what waits, and waits until all of it has left this process and, where there is a disk, is on it.
   *
   * @throws as finish()
   */
  async sync(): Promise<void> {
    this.#throwFailure();
    if (this.#isGone) return;
    const text = this.#take();
    if (text !== '') this.#options.beforeWrite?.();
    try {
      await this.#written(text);
      await this.#options.toDisk?.();
    } catch (error) {
      this.#fail(error as NodeJS.ErrnoException);
    }
    this.#throwFailure();
  }

  /**
   * Hands on what waits, and waits until all of it is written: only then is it known that nothing failed.
   *
   * @throws PacegateError (`ERR_PACEGATE_SYSTEM`) when any write failed, this one or one before
   */
  async finish(): Promise<void> {
    this.#throwFailure();
    if (this.#isGone) return;
    const text = this.#take();
    if (text !== '') this.#options.beforeWrite?.();
    try {
      if (this.#options.isClosedAtEnd === true) await this.#close(text);
      else await this.#written(text);
    } catch (error) {
      this.#fail(error as NodeJS.ErrnoException);
    }
    this.#throwFailure();
  }

  async #close(text: string): Promise<void> {
    this.#stream.end(text);
    await finished(this.#stream);
  }

  /** Standard output stays open; an empty write comes after those under way. */
  #written(text: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#stream.write(text, (error) => {
        if (error) reject(error);
        else resolve();
      });
    });
  }

  #take(): string {
    const text = this.#isGone ? '' : this.#pending;
    this.#pending = '';
    return text;
  }

  #throwFailure(): void {
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
      this.flush().catch(() => undefined); // told by the next call
    });
  }

  #fail(error: NodeJS.ErrnoException): void {
    if (this.#isGone) return;
    this.#isGone = true;
    if (isReaderGone(error, this.#stream)) {
      this.#options.onReaderGone?.();
    } else {
      this.#error = writeFailure(error, this.#options.name);
      this.#options.onFailure?.();
    }
  }
}

/** True for a pipe that nobody reads any more, and a terminal that hung up. */
export function isReaderGone({ code }: NodeJS.ErrnoException, stream: object): boolean {
  return code === 'EPIPE' || (code === 'EIO' && 'isTTY' in stream && stream.isTTY === true);
}

/** Says in one line what could not be written, and why. */
export function writeFailure(error: NodeJS.ErrnoException, name: string): PacegateError {
  const message = `cannot write ${name}: ${error.code ?? error.message}`;
  return new PacegateError('ERR_PACEGATE_SYSTEM', message, { cause: error });
}
