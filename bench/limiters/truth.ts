// Part e: what each contender admits, against what it may.
import { burstOf, type Contender, type Promised, type Quota, ratePerSecond } from './contender.js';
import { withProcesses } from './pool.js';
import { type Admitted, BOUNDARY, FAST, MONTH, SLOW } from './truth-tasks.js';

/** One scenario of one contender. */
export interface Verdict extends Admitted {
  /** The most it may admit in all, and in any second. */
  readonly mayInAll: number;
  readonly mayIn1s: number;
  /** The least it has to. */
  readonly must: number;
  readonly verdict: 'right' | 'too many' | 'too few';
}

export interface TruthRow {
  readonly contender: string;
  readonly boundary?: Verdict;
  readonly poll?: Verdict;
  readonly fast?: Verdict;
  readonly month?: Verdict;
}

interface Scenario {
  readonly task: 'boundary' | 'poll' | 'fast' | 'month';
  readonly quota: Quota;
  /** The least whoever asks all the time must get: of a bucket, of windows. */
  readonly must: Readonly<Record<Promised, number>>;
  /** So little work that all contenders do it at the same time. */
  readonly isLight: boolean;
}

const scenarios: readonly Scenario[] = [
  { task: 'boundary', quota: BOUNDARY, must: { bucket: 270, window: 200 }, isLight: false },
  { task: 'fast', quota: FAST, must: { bucket: 20_100, window: 20_000 }, isLight: false },
  { task: 'month', quota: MONTH, must: { bucket: 1, window: 1 }, isLight: true },
  { task: 'poll', quota: SLOW, must: { bucket: 20, window: 15 }, isLight: true },
];

/** Two processors: two at a time disturb each other little. */
const AT_A_TIME = 2;

export async function judge(
  contenders: readonly Contender[],
  only: readonly string[],
): Promise<TruthRow[]> {
  const taking = contenders.filter(({ onlySpeed }) => onlySpeed !== true);
  const rows = new Map(taking.map(({ name }): [string, TruthRow] => [name, { contender: name }]));
  for (const scenario of scenarios.filter(({ task }) => only.includes(task))) {
    const size = scenario.isLight ? taking.length : AT_A_TIME;
    for (let first = 0; first < taking.length; first += size) {
      const some = taking.slice(first, first + size);
      const verdicts = await together(some, scenario);
      for (const [index, { name }] of some.entries())
        rows.set(name, { contender: name, ...rows.get(name), [scenario.task]: verdicts[index] });
    }
  }
  return [...rows.values()];
}

function together(contenders: readonly Contender[], scenario: Scenario): Promise<Verdict[]> {
  const assignments = contenders.map(({ name }) => ({
    ...{ task: scenario.task, contender: name, options: {} },
  }));
  return withProcesses(assignments, (processes) =>
    Promise.all(
      contenders.map(async (contender, index) => {
        const admitted = await processes[index]?.ask<Admitted>();
        if (admitted === undefined) throw new Error(`no process for ${contender.name}`);
        return verdictOf(contender, scenario, admitted);
      }),
    ),
  );
}

/** Machines are late now and then; what is within this of a bound is no fault of the limiter. */
const LATENESS = 0.03;

/** By what it promises; windows are taken to fall as is best for it. */
function verdictOf({ promised }: Contender, scenario: Scenario, admitted: Admitted): Verdict {
  const { quota } = scenario;
  const { seconds } = admitted;
  const rate = ratePerSecond(quota);
  const isBucket = promised === 'bucket';
  const windowsWithin = (ms: number): number => Math.ceil(ms / quota.windowMs);
  const mayInAll = isBucket
    ? burstOf(quota) + rate * seconds
    : quota.limit * (windowsWithin(seconds * 1000) + 1);
  const mayIn1s = isBucket ? burstOf(quota) + rate : quota.limit * windowsWithin(1000);
  const lost = (rate * admitted.stalledMs) / 1000;
  const must = Math.max(1, Math.round(scenario.must[promised] - lost));
  const isOver = (count: number, bound: number): boolean => count > bound * (1 + LATENESS) + 1;
  const tooMany = isOver(admitted.mostIn1s, mayIn1s) || isOver(admitted.admitted, mayInAll);
  const tooFew = admitted.admitted < Math.max(1, Math.floor(must * (1 - LATENESS)) - 1);
  return {
    ...admitted,
    ...{ mayInAll, mayIn1s, must },
    verdict: tooMany ? 'too many' : tooFew ? 'too few' : 'right',
  };
}
