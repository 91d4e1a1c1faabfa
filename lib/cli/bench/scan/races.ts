// Whole scans of the same ports by several scanners, in turn, round after round while there is time.

import { interleaveUntil, ratioOf, spreadOf, type Spread } from '../spread.js';
import { isInstalled, type Command, type ProgramOutcome } from './run-program.js';
import type { Scanner } from './scanners.js';

export interface RaceRow {
  readonly scanner: string;
  /** From the start of the process to its end; undefined where no round was done in time. */
  readonly seconds?: Spread;
  /** pacegate's time goes so many times into this one's; of each round, then the median. */
  readonly timesOfPacegate?: number;
  /** Of the open ports that are known; the worst round. */
  readonly missed: number;
  /** Open by its word only; the worst round. */
  readonly invented: number;
  /** Why there are no figures. */
  readonly failure?: string;
}

export interface RaceFigures {
  readonly what: string;
  readonly rounds: number;
  /** Each round of each scanner is ended then. */
  readonly limitSeconds: number;
  /** Open ports that are there to be found. */
  readonly open: number;
  readonly rows: readonly RaceRow[];
  /** Programs that would take part if they were installed. */
  readonly absent: readonly string[];
}

export interface RaceOptions {
  readonly what: string;
  /** The first is pacegate. */
  readonly scanners: readonly Scanner[];
  /** Every `address port` that is open. */
  readonly truth: ReadonlySet<string>;
  /** Whether a port that is not in the truth may be open all the same: then nothing counts as invented. */
  readonly isTruthPartial: boolean;
  readonly run: (command: Command, limitMs: number) => Promise<ProgramOutcome>;
  readonly limitMs: number;
  /** No round begins that would not be over by then, but the first. By performance.now(). */
  readonly untilMs: number;
}

const MOST_ROUNDS = 5;

interface Runner {
  readonly scanner: Scanner;
  readonly seconds: number[];
  missed: number;
  invented: number;
  failure: string;
}

export async function race(options: RaceOptions): Promise<RaceFigures> {
  const { what, scanners, truth, limitMs, untilMs } = options;
  const isThere = ({ program }: Scanner): boolean => program === undefined || isInstalled(program);
  const runners = scanners
    .filter(isThere)
    .map((scanner): Runner => ({ scanner, seconds: [], missed: 0, invented: 0, failure: '' }));
  const rounds = await interleaveUntil(runners, MOST_ROUNDS, untilMs, (runner) =>
    runOnce(runner, options),
  );
  const pacegate = runners[0]?.seconds ?? [];
  return {
    ...{ what, rounds, limitSeconds: limitMs / 1000, open: truth.size },
    rows: runners.map((runner) => rowOf(runner, pacegate)),
    absent: scanners.filter((scanner) => !isThere(scanner)).map(({ program = '' }) => program),
  };
}

/** One that failed is not asked again: its rounds would no longer be those of the others. */
async function runOnce(runner: Runner, options: RaceOptions): Promise<void> {
  if (runner.failure !== '') return;
  const { truth, isTruthPartial, run, limitMs } = options;
  const outcome = await run(runner.scanner.command, limitMs);
  if (outcome.isLate) runner.failure = `not done in ${(limitMs / 1000).toFixed(1)} s`;
  else runner.failure = outcome.failure;
  if (runner.failure !== '') return;
  const found = new Set(runner.scanner.found(outcome.stdout));
  const missed = [...truth].filter((pair) => !found.has(pair)).length;
  const invented = isTruthPartial ? 0 : [...found].filter((pair) => !truth.has(pair)).length;
  runner.seconds.push(outcome.seconds);
  runner.missed = Math.max(runner.missed, missed);
  runner.invented = Math.max(runner.invented, invented);
}

function rowOf(
  { scanner, seconds, missed, invented, failure }: Runner,
  pacegate: number[],
): RaceRow {
  const spread = spreadOf(seconds);
  const timesOfPacegate = ratioOf(seconds, pacegate);
  return {
    ...{ scanner: scanner.name, missed, invented },
    ...(spread === undefined ? {} : { seconds: spread }),
    ...(timesOfPacegate === undefined ? {} : { timesOfPacegate }),
    ...(failure === '' ? {} : { failure }),
  };
}
