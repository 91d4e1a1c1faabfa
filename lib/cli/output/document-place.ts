// Where whole documents go: into a stream, or into a file that is replaced at once by each of them.

import { chmodSync, chownSync, realpathSync, rmSync, statSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { LineWriter, writeFailure } from './line-writer.js';
import { openOutput } from './open-output.js';

/** Takes documents. */
export interface DocumentPlace {
  /** A later document may follow; a stream takes but one. */
  readonly isReplaceable: boolean;
  /**
   * Resolves when what `write` has written is in its place, all of it.
   *
   * @throws PacegateError (`ERR_PACEGATE_SYSTEM`) when it cannot be written; what `write` throws
   */
  put(write: (writer: LineWriter) => Promise<void>): Promise<void>;
}

/** A pipe, a device, standard output. */
export function streamPlace(writer: LineWriter): DocumentPlace {
  return {
    isReplaceable: false,
    put: async (write) => {
      await write(writer);
      await writer.finish();
    },
  };
}

/**
 * A file that exists: each document is written beside it and renamed, so nobody ever finds half of one, whenever this
 * process ends. Owner and mode stay; where the name is a link, what it points to is replaced.
 */
export function filePlace(file: string): DocumentPlace {
  const target = realpathSync(file);
  const temporary = `${target}.tmp`;
  return {
    isReplaceable: true,
    put: async (write) => {
      const { stream, toDisk } = await openOutput(temporary, false);
      try {
        const writer = new LineWriter(stream, { name: file, isClosedAtEnd: true, toDisk });
        await write(writer);
        await writer.sync();
        await writer.finish();
        resemble(temporary, target);
        await rename(temporary, target).catch((error: unknown) => {
          throw writeFailure(error as NodeJS.ErrnoException, file);
        });
      } catch (error) {
        stream.destroy();
        rmSync(temporary, { force: true });
        throw error;
      }
    },
  };
}

function resemble(file: string, model: string): void {
  const status = statSync(model, { throwIfNoEntry: false });
  if (status === undefined) return;
  try {
    chownSync(file, status.uid, status.gid);
  } catch {
    // Only root may give files away.
  }
  chmodSync(file, status.mode & 0o7777);
}
