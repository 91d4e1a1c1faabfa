// The file that an interrupted scan leaves behind.

import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { InvalidArgumentError, PacegateError } from '../internal/errors.js';
import type { ScanState } from '../scan/index.js';
import { checkScanState } from '../scan/state.js';

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
  return { resume: checkScanState(parseJson(text, file)) };
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new InvalidArgumentError(`--resume ${file} holds no JSON`, { cause: error });
  }
}

/**
 * Makes sure that the file could be written, before a scan begins that relies on it.
 *
 * @throws PacegateError (`ERR_PACEGATE_SYSTEM`) when it could not
 */
export function checkResumeFile(file: string): void {
  const temporary = temporaryFile(file);
  try {
    writeFileSync(temporary, '');
    rmSync(temporary);
  } catch (error) {
    throw failure('write', file, error);
  }
}

/** Writes the state whole or not at all: a crash in between leaves the former file. */
export function saveResumeFile(file: string, state: ScanState): void {
  const temporary = temporaryFile(file);
  try {
    writeFileSync(temporary, `${JSON.stringify(state)}\n`, { flush: true });
    renameSync(temporary, file);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw failure('write', file, error);
  }
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
function temporaryFile(file: string): string {
  return `${file}.${process.pid}.tmp`;
}

function failure(verb: string, file: string, error: unknown): PacegateError {
  const reason = (error as NodeJS.ErrnoException).code ?? String(error);
  const message = `cannot ${verb} --resume ${file}: ${reason}`;
  return new PacegateError('ERR_PACEGATE_SYSTEM', message, { cause: error });
}
