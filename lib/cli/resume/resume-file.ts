// The file that an interrupted scan leaves behind.

import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { open, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { InvalidArgumentError, PacegateError } from '../../internal/errors.js';
import type { ScanState } from '../../scan/index.js';
import { checkScanState } from '../../scan/state.js';

/**
 * Reads the state to go on from; a file that does not exist yet means a scan from its beginning.
 *
 * @throws PacegateError when the file cannot be read or holds something else
 */
export function loadResumeFile(file: string): { resume?: ScanState } {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw failure('read', file, error);
  }
  try {
    return { resume: checkScanState(JSON.parse(text)) };
  } catch (error) {
    const message = `--resume ${file} does not hold the state of a scan of this version`;
    throw new InvalidArgumentError(message, { cause: error });
  }
}

/**
 * Makes sure that the file could be written, before a scan begins that relies on it.
 *
 * @throws PacegateError (`ERR_PACEGATE_SYSTEM`) when it could not
 */
export function checkResumeFile(file: string): void {
  const temporary = temporaryFileOf(file);
  try {
    writeFileSync(temporary, '');
    rmSync(temporary);
  } catch (error) {
    throw failure('write', file, error);
  }
}

/**
 * Writes the state whole or not at all: a crash in between, also of the machine, leaves the former file.
 *
 * @throws PacegateError (`ERR_PACEGATE_SYSTEM`)
 */
export async function saveResumeFile(file: string, state: ScanState): Promise<void> {
  const temporary = temporaryFileOf(file);
  try {
    await writeFile(temporary, `${JSON.stringify(state)}\n`, { flush: true });
    await rename(temporary, file);
    await syncFolder(path.dirname(file));
  } catch (error) {
    rmSync(temporary, { force: true });
    throw failure('write', file, error);
  }
}

/** The new name is on the disk only with its folder; not every system can be asked for that. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => undefined);
  await handle?.sync().catch(() => undefined);
  await handle?.close();
}

/** What outputs keep for the next run, beside the resume file. */
export function spoolFileOf(file: string): string {
  return `${file}.spool`;
}

/** A finished scan leaves nothing to go on with. */
export function removeResumeFile(file: string): void {
  try {
    rmSync(file, { force: true });
    rmSync(spoolFileOf(file), { force: true });
  } catch (error) {
    throw failure('remove', file, error);
  }
}

/** In the same directory, so that renaming it replaces the file at once. */
export function temporaryFileOf(file: string): string {
  return `${file}.tmp`;
}

function failure(verb: string, file: string, error: unknown): PacegateError {
  const reason = (error as NodeJS.ErrnoException).code ?? String(error);
  const message = `cannot ${verb} --resume ${file}: ${reason}`;
  return new PacegateError('ERR_PACEGATE_SYSTEM', message, { cause: error });
}
