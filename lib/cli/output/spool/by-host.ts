// The results of a log, host by host: sorted on the disk where they do not fit.

import { compareHosts, comparePacked, unpack, WORDS, type TimedResult } from './packed-result.js';
import type { ResultLog } from './result-log.js';
import { Merge, RunFile, sortPacked, type Run } from './sorted-runs.js';

/** How much is held at once; the defaults come to 12 MiB. */
export interface SortLimits {
  /** Results sorted in memory. */
  readonly runResults?: number;
  /** Runs merged at once, each with a block of `blockResults`. */
  readonly fanIn?: number;
  readonly blockResults?: number;
}

/**
 * Gives each host's results, sorted by port; hosts by IP version and address. Of a port that was noted twice (a resumed
 * scan probes some again) the later result counts.
 *
 * Memory: one piece to sort with its sorted copy, or one block for each run of a merge, and one host's results.
 * Disk, beside the log: the results twice.
 *
 * @param scratch - a file that may be made beside the log, without its number
 */
export async function* resultsByHost(
  log: ResultLog,
  scratch: string,
  limits: SortLimits = {},
): AsyncGenerator<TimedResult[], void> {
  const { runResults = 131_072, fanIn = 64, blockResults = 2048 } = limits;
  const files: RunFile[] = [];
  const newFile = async (): Promise<RunFile> => {
    const file = await RunFile.create(`${scratch}.${process.pid}.${files.length}.tmp`);
    files.push(file);
    return file;
  };
  try {
    let runs = await sortedRuns(log, await newFile(), runResults);
    while (runs.length > fanIn) {
      const before = files.at(-1);
      runs = await mergedRuns(runs, await newFile(), fanIn, blockResults);
      await before?.handle.close();
    }
    yield* hosts(await Merge.of(runs, blockResults));
  } finally {
    await Promise.all(files.map((file) => file.handle.close()));
  }
}

async function sortedRuns(log: ResultLog, file: RunFile, runResults: number): Promise<Run[]> {
  const runs: Run[] = [];
  const end = log.length; // more may come meanwhile
  const words = new Uint32Array(Math.min(runResults, end) * WORDS);
  for (let first = 0; first < end;) {
    const count = await log.read(first, words);
    await file.append(sortPacked(words, count));
    runs.push({ handle: file.handle, first, end: first + count });
    first += count;
  }
  return runs;
}

async function mergedRuns(
  runs: readonly Run[],
  file: RunFile,
  fanIn: number,
  blockResults: number,
): Promise<Run[]> {
  const merged: Run[] = [];
  for (let i = 0; i < runs.length; i += fanIn) {
    const first = file.length;
    await copy(await Merge.of(runs.slice(i, i + fanIn), blockResults), file, blockResults);
    merged.push({ handle: file.handle, first, end: file.length });
  }
  return merged;
}

async function copy(merge: Merge, file: RunFile, blockResults: number): Promise<void> {
  const block = new Uint32Array(blockResults * WORDS);
  let at = 0;
  for (let from = merge.current; from !== undefined; from = merge.current) {
    block.set(from.words.subarray(from.at, from.at + WORDS), at);
    at += WORDS;
    if (at === block.length) {
      await file.append(block);
      at = 0;
    }
    const moved = merge.advance();
    if (moved !== undefined) await moved;
  }
  await file.append(block.subarray(0, at));
}

async function* hosts(merge: Merge): AsyncGenerator<TimedResult[], void> {
  const last = new Uint32Array(WORDS);
  let host: TimedResult[] = [];
  for (let from = merge.current; from !== undefined; from = merge.current) {
    if (host.length > 0 && compareHosts(from.words, from.at, last, 0) !== 0) {
      yield host;
      host = [];
    }
    if (host.length > 0 && comparePacked(from.words, from.at, last, 0) === 0) host.pop();
    host.push(unpack(from.words, from.at));
    last.set(from.words.subarray(from.at, from.at + WORDS));
    const moved = merge.advance();
    if (moved !== undefined) await moved;
  }
  if (host.length > 0) yield host;
}
