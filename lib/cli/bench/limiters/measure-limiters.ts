// The limiters of this package beside a hand-written one and those the user has.

import { interleave, ratioOf, spreadOf, type Spread } from '../spread.js';
import { ContenderThread } from './contender-pool.js';
import type { Case, Contender } from './contender.js';
import { KEY_COUNT, keyedContenders } from './keyed-contenders.js';
import { PeerPackages } from './peers.js';
import { singleContenders } from './single-contenders.js';

/** One case of one contender. */
export interface Timing {
  /** Nanoseconds a call. */
  readonly ns: Spread;
  /** How many times as fast as the hand-written one; of each round, then the median. */
  readonly timesAsFast: number | undefined;
}

export interface LimiterRow {
  readonly name: string;
  readonly use: string;
  /** Of the package it is from, where that is not this one. */
  readonly version?: string;
  readonly allowed?: Timing;
  readonly denied?: Timing;
  /** Why something is missing. */
  readonly failure?: string;
}

export interface LimiterFigures {
  readonly rounds: number;
  readonly roundMs: number;
  readonly keys: number;
  /** One limit; the first row is the hand-written one. */
  readonly single: readonly LimiterRow[];
  /** A limit a key; the first row is the hand-written one. */
  readonly keyed: readonly LimiterRow[];
  /** Packages that would take part if they were installed. */
  readonly absent: readonly string[];
}

const ROUNDS = 5;
/** Threads start meanwhile, and each has a round of its own to warm up. */
const OVERHEAD_ROUNDS = 2;

/**
 * @param seconds - how long it takes, about
 * @throws (rejects) the signal's reason
 */
export async function measureLimiters(
  seconds: number,
  signal: AbortSignal,
): Promise<LimiterFigures> {
  const packages = new PeerPackages();
  const isThere = ({ peer }: Contender): boolean =>
    peer === undefined || packages.version(peer) !== undefined;
  const single = singleContenders.filter(isThere);
  const keyed = keyedContenders.filter(isThere);
  const threads = [...single, ...keyed].flatMap(({ name, cases }) =>
    cases.map((expected) => new ContenderThread({ name, expected })),
  );
  const roundMs = (seconds * 1000) / threads.length / (ROUNDS + OVERHEAD_ROUNDS);
  try {
    await interleave(threads, ROUNDS, (thread) => thread.measure(roundMs, signal));
  } finally {
    await Promise.all(threads.map((thread) => thread.end()));
  }
  const rowsOf = (contenders: readonly Contender[]): LimiterRow[] =>
    contenders.map((contender) => rowOf(contender, contenders[0], threads, packages));
  return {
    ...{ rounds: ROUNDS, roundMs, keys: KEY_COUNT },
    single: rowsOf(single),
    keyed: rowsOf(keyed),
    absent: absentPeers(packages),
  };
}

function absentPeers(packages: PeerPackages): string[] {
  const peers = [...singleContenders, ...keyedContenders].flatMap(({ peer }) => peer ?? []);
  return [...new Set(peers)].filter((name) => packages.version(name) === undefined);
}

function rowOf(
  { name, use, peer }: Contender,
  yardstick: Contender | undefined,
  threads: readonly ContenderThread[],
  packages: PeerPackages,
): LimiterRow {
  const find = (who: string | undefined, expected: Case): ContenderThread | undefined =>
    threads.find(({ task }) => task.name === who && task.expected === expected);
  const timing = (expected: Case): Partial<Record<Case, Timing>> => {
    const rounds = find(name, expected)?.rounds ?? [];
    const ns = spreadOf(rounds);
    if (ns === undefined) return {};
    const timesAsFast = ratioOf(find(yardstick?.name, expected)?.rounds ?? [], rounds);
    return { [expected]: { ns, timesAsFast } };
  };
  const failure = find(name, 'allowed')?.failure ?? find(name, 'denied')?.failure;
  const version = peer === undefined ? undefined : packages.version(peer);
  return {
    ...{ name, use, ...timing('allowed'), ...timing('denied') },
    ...(version === undefined ? {} : { version }),
    ...(failure === undefined ? {} : { failure }),
  };
}
