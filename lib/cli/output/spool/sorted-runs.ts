// Sorting more results than memory should hold: pieces that fit are sorted and written as runs, then runs are merged.

import { open, type FileHandle } from 'node:fs/promises';
import { rmSync } from 'node:fs';
import { comparePacked, PACKED_BYTES, WORDS } from './packed-result.js';
import { readFully, writeFully } from './result-log.js';

/** Results in one file, from the `first` up to but not including `end`. */
export interface Run {
  readonly handle: FileHandle;
  readonly first: number;
  readonly end: number;
}

/** Orders the first `count` results of `words`; the sort is stable, so of the same port the later one stays later. */
export function sortPacked(words: Uint32Array, count: number): Uint32Array {
  const order = Uint32Array.from({ length: count }, (_, i) => i * WORDS);
  order.sort((a, b) => comparePacked(words, a, words, b) || a - b);
  const sorted = new Uint32Array(count * WORDS);
  order.forEach((from, i) => {
    sorted.set(words.subarray(from, from + WORDS), i * WORDS);
  });
  return sorted;
}

/** Reads one run, a block at a time. */
export class RunCursor {
  readonly #run: Run;
  readonly words: Uint32Array;
  /** Index of the present result's first word. */
  at = 0;
  #next: number;
  #filled = 0;

  constructor(run: Run, blockResults: number) {
    this.#run = run;
    this.#next = run.first;
    this.words = new Uint32Array(blockResults * WORDS);
  }

  /** Moves to the next result; a promise only where that is on the disk, false behind the last one. */
  advance(): boolean | Promise<boolean> {
    this.at += WORDS;
    return this.at < this.#filled ? true : this.#fill();
  }

  async #fill(): Promise<boolean> {
    const count = Math.min(this.words.length / WORDS, this.#run.end - this.#next);
    this.at = 0;
    this.#filled = count * WORDS;
    if (count === 0) return false;
    const bytes = new Uint8Array(this.words.buffer, 0, count * PACKED_BYTES);
    await readFully(this.#run.handle, bytes, this.#next * PACKED_BYTES);
    this.#next += count;
    return true;
  }

  /** The first result; false for an empty run. */
  start(): Promise<boolean> {
    return this.#fill();
  }
}

/** Several runs as one: `current` stands at the least result, of the same port at that of the earliest run. */
export class Merge {
  readonly #heap: RunCursor[] = [];
  readonly #rank = new Map<RunCursor, number>();

  /** @param runs - in the order in which their results came */
  static async of(runs: readonly Run[], blockResults: number): Promise<Merge> {
    const merge = new Merge();
    for (const run of runs) {
      const cursor = new RunCursor(run, blockResults);
      merge.#rank.set(cursor, merge.#rank.size);
      if (await cursor.start()) merge.#heap.push(cursor);
    }
    for (let i = merge.#heap.length - 1; i >= 0; i--) merge.#sink(i);
    return merge;
  }

  /** The cursor at the least result; undefined at the end. */
  get current(): RunCursor | undefined {
    return this.#heap[0];
  }

  /** Moves on; a promise only where that takes a read. */
  advance(): void | Promise<void> {
    const moved = this.#heap[0]?.advance();
    if (moved instanceof Promise) {
      return moved.then((isMore) => {
        this.#settle(isMore);
      });
    }
    this.#settle(moved === true);
  }

  #settle(isMore: boolean): void {
    if (!isMore) {
      const last = this.#heap.pop();
      if (last !== undefined && this.#heap.length > 0) this.#heap[0] = last;
    }
    this.#sink(0);
  }

  #sink(from: number): void {
    for (let i = from; ;) {
      const child = this.#lesser(2 * i + 1, 2 * i + 2);
      if (child === undefined || !this.#isLess(child, i)) return;
      const moved = this.#heap[i];
      const other = this.#heap[child];
      if (moved === undefined || other === undefined) return;
      this.#heap[i] = other;
      this.#heap[child] = moved;
      i = child;
    }
  }

  #lesser(i: number, j: number): number | undefined {
    if (i >= this.#heap.length) return undefined;
    return j < this.#heap.length && this.#isLess(j, i) ? j : i;
  }

  #isLess(i: number, j: number): boolean {
    const a = this.#heap[i];
    const b = this.#heap[j];
    if (a === undefined || b === undefined) return false;
    const order = comparePacked(a.words, a.at, b.words, b.at);
    return (order === 0 ? (this.#rank.get(a) ?? 0) - (this.#rank.get(b) ?? 0) : order) < 0;
  }
}

/** Appends results to a file that only this process sees. */
export class RunFile {
  readonly handle: FileHandle;
  #end = 0;

  private constructor(handle: FileHandle) {
    this.handle = handle;
  }

  static async create(file: string): Promise<RunFile> {
    const handle = await open(file, 'wx+', 0o600);
    rmSync(file);
    return new RunFile(handle);
  }

  /** Results in the file. */
  get length(): number {
    return this.#end;
  }

  async append(words: Uint32Array): Promise<void> {
    const bytes = new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
    await writeFully(this.handle, bytes, this.#end * PACKED_BYTES);
    this.#end += words.length / WORDS;
  }
}
