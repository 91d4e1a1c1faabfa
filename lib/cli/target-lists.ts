// Lists of targets that flags name by file.

import { readFileSync } from 'node:fs';
import { InvalidArgumentError, PacegateError } from '../internal/errors.js';
import { parseTargetText } from '../scan/options.js';

/** The flags that name lists. */
export interface ListFlags {
  inputList?: string[];
  excludefile?: string[];
}

/** Their texts. */
export interface TargetLists {
  readonly wanted: readonly string[];
  readonly excluded: readonly string[];
  /** Calls `check`; what it throws about a target in a list names the file instead of the option. */
  naming<T>(check: () => T): T;
}

/**
 * Reads all lists; `-` is standard input, for one of them.
 *
 * @throws PacegateError (`ERR_PACEGATE_SYSTEM`) for a file that cannot be read, (`ERR_PACEGATE_INVALID_ARGUMENT`) where
 * two lists are to come from standard input
 */
export function readTargetLists({ inputList = [], excludefile = [] }: ListFlags): TargetLists {
  if ([...inputList, ...excludefile].filter((file) => file === '-').length > 1) {
    throw new InvalidArgumentError('standard input holds one list: name a file for the other');
  }
  const wanted = inputList.map((file) => readList('-iL', file));
  const excluded = excludefile.map((file) => readList('--excludefile', file));
  return {
    wanted: wanted.map(({ text }) => text),
    excluded: excluded.map(({ text }) => text),
    naming: (check) => {
      try {
        return check();
      } catch (error) {
        for (const { text, name } of [...wanted, ...excluded]) parseTargetText(text, name);
        throw error;
      }
    },
  };
}

function readList(flag: string, file: string): { readonly text: string; readonly name: string } {
  const name = `${flag} ${file}`;
  try {
    return { name, text: readFileSync(file === '-' ? 0 : file, 'utf8') };
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? String(error);
    throw new PacegateError('ERR_PACEGATE_SYSTEM', `cannot read ${name}: ${reason}`, {
      cause: error,
    });
  }
}
