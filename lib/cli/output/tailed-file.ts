// A file that ends well after every write: the closing bracket goes with each piece, and the next piece goes over it.

import { close, ftruncate, write } from 'node:fs';
import { Writable } from 'node:stream';
import { promisify } from 'node:util';

const truncate = promisify(ftruncate);

type Done = (error?: Error | null) => void;

/**
 * Writes pieces, each followed by the tail, which the next one replaces. What a killed process leaves behind ends with
 * the tail, unless it was killed inside of one write. A write that fails (a full disk) is taken back.
 */
export class TailedFile extends Writable {
  readonly #descriptor: number;
  readonly #tail: Buffer;
  #end: number;

  /**
   * @param descriptor - an open file, owned from now on
   * @param end - bytes of the file that stay, the tail not among them
   */
  constructor(descriptor: number, end: number, tail: string) {
    super({ decodeStrings: true });
    this.#descriptor = descriptor;
    this.#end = end;
    this.#tail = Buffer.from(tail);
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: Done): void {
    this.#put(Buffer.concat([chunk, this.#tail])).then(
      () => {
        this.#end += chunk.length;
        done();
      },
      (error: unknown) => {
        void this.#takeBack().then(() => {
          done(error as Error);
        });
      },
    );
  }

  override _destroy(error: Error | null, done: Done): void {
    close(this.#descriptor, (closing) => {
      done(error ?? closing);
    });
  }

  /** The kernel may take less than it is given. */
  async #put(bytes: Buffer): Promise<void> {
    for (let at = 0; at < bytes.length;) at += await this.#writeAt(bytes.subarray(at), at);
  }

  #writeAt(bytes: Buffer, at: number): Promise<number> {
    return new Promise((resolve, reject) => {
      write(this.#descriptor, bytes, 0, bytes.length, this.#end + at, (error, written) => {
        if (error) reject(error);
        else resolve(written);
      });
    });
  }

  /** There is room for the tail: the piece that did not fit has just given up more. */
  async #takeBack(): Promise<void> {
    try {
      await truncate(this.#descriptor, this.#end);
      await this.#writeAt(this.#tail, 0);
    } catch {
      // The error that is told is the one before.
    }
  }
}
