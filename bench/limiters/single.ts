// Part a: one limit, one thread.
import type { Contender } from './contender.js';
import { type Assignment, type ContenderProcess, withProcesses } from './pool.js';
import type { Case } from './speed-task.js';
import { interleave, type Spread, spreadOf } from '../report/statistics.js';
import type { Timing } from './timing.js';

export interface SingleRow {
  readonly contender: string;
  readonly use: string;
  /** Nanoseconds per call; missing where it did not take part. */
  readonly allowed?: Spread;
  readonly denied?: Spread;
  /** Why a figure is missing. */
  readonly note?: string;
}

export interface Effort {
  readonly rounds: number;
  readonly roundMs: number;
}

export async function measureSingle(
  contenders: readonly Contender[],
  effort: Effort,
): Promise<SingleRow[]> {
  const measured = contenders.filter(({ onlyTruth }) => onlyTruth !== true);
  const allowed = await measureCase(measured, 'allowed', effort);
  const refusing = measured.filter(({ waits }) => waits !== true);
  const denied = await measureCase(refusing, 'denied', effort);
  return measured.map(({ name, use, waits }) => ({
    ...{ contender: name, use },
    ...optional('allowed', allowed.get(name)),
    ...optional('denied', denied.get(name)),
    ...(waits === true && { note: 'does not refuse, it waits' }),
  }));
}

function optional<Name extends string>(name: Name, value: Spread | undefined) {
  return (value === undefined ? {} : { [name]: value }) as Partial<Record<Name, Spread>>;
}

async function measureCase(
  contenders: readonly Contender[],
  expect: Case,
  { rounds, roundMs }: Effort,
): Promise<Map<string, Spread>> {
  const assignments = contenders.map(({ name }): Assignment => ({
    task: 'speed',
    contender: name,
    options: { expect, roundMs },
  }));
  return withProcesses(assignments, async (processes) => {
    const samples = new Map<ContenderProcess, number[]>(processes.map((one) => [one, []]));
    await interleave(processes, rounds, async (one) => {
      const { ns } = await one.ask<Timing>();
      samples.get(one)?.push(ns);
    });
    return new Map(
      contenders.map(({ name }, index) => {
        const process = processes[index];
        return [name, spreadOf((process && samples.get(process)) ?? [])];
      }),
    );
  });
}
