// One document that processes of a host change in turns: each change is a file with the next number. The file is written
// whole under another name and then linked to its number, which only one of all who try can do. Nothing is locked, so a
// process that is killed or stopped at any moment is in nobody's way.

import { link, mkdir, readdir, readFile, unlink, writeFile } from 'node:fs/promises';
import path from 'node:path';

/** The document after one change. */
export interface Version {
  /** 0: there is none yet. */
  readonly number: number;
  readonly text: string;
}

/** Versions that stay. Somebody who is stopped while this many others come tries again, though it may have succeeded. */
const KEPT = 32;
const NAME = /^plan-(\d{12})\.json$/;

/** The versions in one directory. */
export class VersionChain {
  readonly #directory: string;
  readonly #own: string;
  #versions: readonly number[] = [];

  /**
   * @param directory - made when it is not there
   * @param writer - names this one of all who write there
   */
  constructor(directory: string, writer: string) {
    this.#directory = directory;
    this.#own = this.#at(`${writer}.tmp`);
  }

  /** The last version. */
  async last(): Promise<Version> {
    for (;;) {
      this.#versions = await this.#list();
      const number = this.#versions.at(-1) ?? 0;
      if (number === 0) return { number, text: '' };
      const text = await this.#read(number);
      if (text !== undefined) return { number, text };
    }
  }

  /** Makes `text` the version after `before`. Resolves with false when somebody else has made one. */
  async append(before: Version, text: string): Promise<boolean> {
    const number = before.number + 1;
    await mkdir(this.#directory, { recursive: true, mode: 0o700 });
    await writeFile(this.#own, text, { flush: true, mode: 0o600 });
    const isFirst = await link(this.#own, this.#file(number)).then(
      () => true,
      (error: unknown) => {
        if (codeOf(error) === 'EEXIST') return false;
        throw error;
      },
    );
    await unlink(this.#own);
    if (!isFirst) return false;
    // Stopped for long, we may have linked a number that had come and gone: then what it is made from has gone too.
    if (before.number > 0 && (await this.#read(before.number)) !== before.text) {
      await this.#remove(number);
      return false;
    }
    // In ascending order: as long as a version is there, all that came after it are.
    for (const old of this.#versions) if (old <= number - KEPT) await this.#remove(old);
    return true;
  }

  /** In ascending order. */
  async #list(): Promise<number[]> {
    const names = await readdir(this.#directory).catch((error: unknown) => {
      if (codeOf(error) === 'ENOENT') return [];
      throw error;
    });
    return names.flatMap((name) => Number(NAME.exec(name)?.[1] ?? [])).sort((a, b) => a - b);
  }

  /** Undefined when it has gone. */
  async #read(number: number): Promise<string | undefined> {
    try {
      return await readFile(this.#file(number), 'utf8');
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return undefined;
      throw error;
    }
  }

  async #remove(number: number): Promise<void> {
    await unlink(this.#file(number)).catch((error: unknown) => {
      if (codeOf(error) !== 'ENOENT') throw error;
    });
  }

  #file(number: number): string {
    return this.#at(`plan-${String(number).padStart(12, '0')}.json`);
  }

  #at(name: string): string {
    return path.join(this.#directory, name);
  }
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}
