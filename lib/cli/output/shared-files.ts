// Files of one command that are one file by several names: the one would destroy the other.

import { realpathSync, statSync } from 'node:fs';
import path from 'node:path';
import { InvalidArgumentError } from '../../internal/errors.js';
import { spoolFileOf, temporaryFileOf } from '../resume/resume-file.js';
import type { ListFlags } from '../target-lists.js';
import { chosenOutputs, type OutputFlags } from './chosen-outputs.js';

/** A file, and what it is for. */
interface NamedFile {
  readonly what: string;
  readonly file: string;
}

/** The flags that name files. */
export interface FileFlags extends OutputFlags, ListFlags {
  resume?: string;
  pcap?: string;
}

/**
 * Looks at what is written beside what is read, and beside each other.
 *
 * @throws PacegateError (`ERR_PACEGATE_INVALID_ARGUMENT`) where two of them are one file, by path or by link
 */
export function refuseSharedFiles(flags: FileFlags): void {
  const known = new Map<string, string>();
  const add = ({ what, file }: NamedFile, isWritten: boolean): void => {
    const identity = identityOf(file);
    const other = identity === undefined ? undefined : known.get(identity);
    if (other !== undefined && isWritten) {
      throw new InvalidArgumentError(`${what} is the same file as ${other}: name another one`);
    }
    if (identity !== undefined) known.set(identity, what);
  };
  for (const named of filesRead(flags)) add(named, false);
  for (const named of filesWritten(flags)) add(named, true);
}

function filesRead({ inputList = [], excludefile = [] }: FileFlags): NamedFile[] {
  const named = (flag: string, files: readonly string[]): NamedFile[] =>
    files.map((file) => ({ what: `${flag} ${file}`, file }));
  return [...named('-iL', inputList), ...named('--excludefile', excludefile)];
}

function filesWritten(flags: FileFlags): NamedFile[] {
  const { resume, pcap } = flags;
  const ofResume =
    resume === undefined ? [] : [resume, spoolFileOf(resume), temporaryFileOf(resume)];
  return [
    ...ofResume.map((file) => ({ what: `--resume (${file})`, file })),
    ...(pcap === undefined ? [] : [{ what: `--pcap ${pcap}`, file: pcap }]),
    ...chosenOutputs(flags).map(({ format, file }) => ({ what: `${format} output ${file}`, file })),
  ];
}

/** The file itself where there is one, else the place where it would come to be; undefined for what is no plain file. */
function identityOf(file: string): string | undefined {
  if (file === '-') return undefined;
  try {
    const status = statSync(file, { bigint: true, throwIfNoEntry: false });
    if (status !== undefined) return status.isFile() ? `${status.dev}:${status.ino}` : undefined;
    return path.join(realpathSync(path.dirname(file)), path.basename(file));
  } catch {
    return undefined; // opening it will say what is wrong
  }
}
