// Part b: a limit per key, a million keys in random order.
import type { KeyedContender } from './keyed-contender.js';
import type { KeyedOptions, Memory } from './keyed-tasks.js';
import { withProcesses } from './pool.js';
import { interleave, type Spread, spreadOf } from '../report/statistics.js';
import type { Timing } from './timing.js';

export interface KeyedRow {
  readonly contender: string;
  readonly use: string;
  /** Nanoseconds per call at all keys, and at as many as fit into a processor's cache. */
  readonly manyKeys: Spread;
  readonly fewKeys: Spread;
  readonly memory: Memory;
  /** How often a key with a limit of 10 was allowed in 30 attempts among 5 100 other keys each. */
  readonly allowedUnderFlood: number;
}

export interface KeyedEffort {
  readonly rounds: number;
  readonly roundMs: number;
  readonly manyKeys: number;
  readonly fewKeys: number;
}

export async function measureKeyed(
  contenders: readonly KeyedContender[],
  { rounds, roundMs, manyKeys, fewKeys }: KeyedEffort,
): Promise<KeyedRow[]> {
  const many = await measureSpeed(contenders, rounds, { keys: manyKeys, roundMs });
  const few = await measureSpeed(contenders, rounds, { keys: fewKeys, roundMs });
  const rows: KeyedRow[] = [];
  for (const [index, { name, use }] of contenders.entries()) {
    const memory = await askOnce<Memory>('memory', name, { keys: manyKeys, roundMs });
    const allowedUnderFlood = await askOnce<number>('flood', name, {});
    const [manySpread, fewSpread] = [spreadOf(many[index] ?? []), spreadOf(few[index] ?? [])];
    rows.push({
      ...{ contender: name, use, memory, allowedUnderFlood },
      ...{ manyKeys: manySpread, fewKeys: fewSpread },
    });
  }
  return rows;
}

/** Nanoseconds of each round of each contender. */
function measureSpeed(
  contenders: readonly KeyedContender[],
  rounds: number,
  options: KeyedOptions,
): Promise<number[][]> {
  const assignments = contenders.map(({ name }) => ({ task: 'keyed', contender: name, options }));
  return withProcesses(assignments, async (processes) => {
    const samples = processes.map((): number[] => []);
    await interleave([...processes.entries()], rounds, async ([index, process]) => {
      samples[index]?.push((await process.ask<Timing>()).ns);
    });
    return samples;
  });
}

function askOnce<Result>(task: string, contender: string, options: object): Promise<Result> {
  return withProcesses([{ task, contender, options }], async ([process]) => {
    if (process === undefined) throw new Error('no process was started');
    return process.ask<Result>();
  });
}
