// Limiters side by side: ns per decision, many keys, shared by threads and processes, and what they admit [--quick]
import { parseArgs } from 'node:util';
import { keyedContenders } from './limiters/all-keyed-contenders.js';
import { contenders } from './limiters/contenders.js';
import type { Figures } from './limiters/figures.js';
import { goalsOf } from './limiters/goals.js';
import { measureKeyed } from './limiters/keyed.js';
import { measureNative } from './limiters/native-bucket.js';
import { installPeers, missing, peerVersions } from './limiters/peers.js';
import { report } from './limiters/report.js';
import { measureSharing } from './limiters/sharing.js';
import { measureSingle } from './limiters/single.js';
import { judge } from './limiters/truth.js';

/** A smoke run needs no network and half a minute: it shows that the bench works, and nothing about speed. */
const efforts = {
  full: {
    single: { rounds: 7, roundMs: 100 },
    keyed: { rounds: 5, roundMs: 250, manyKeys: 1 << 20, fewKeys: 10_000 },
    sharing: { rounds: 5, runMs: 300 },
    truths: ['boundary', 'fast', 'month', 'poll'],
    threads: [1, 2],
  },
  quick: {
    single: { rounds: 1, roundMs: 5 },
    keyed: { rounds: 1, roundMs: 5, manyKeys: 20_000, fewKeys: 1000 },
    sharing: { rounds: 1, runMs: 100 },
    truths: ['boundary', 'month'],
    threads: [],
  },
} as const;

export async function run(args: string[]): Promise<object> {
  const { values } = parseArgs({ args, options: { quick: { type: 'boolean', default: false } } });
  const isQuick = values.quick;
  const effort = isQuick ? efforts.quick : efforts.full;
  const fault = isQuick ? undefined : await installPeers();
  const absent = isQuick ? {} : absentPeers(fault);
  const takesPart = ({ peer }: { readonly peer?: string }): boolean =>
    peer === undefined || (!isQuick && !(peer in absent));
  const start = performance.now();
  const present = contenders.filter(takesPart);
  const figures: Figures = {
    single: await measureSingle(present, effort.single),
    keyed: await measureKeyed(keyedContenders.filter(takesPart), effort.keyed),
    sharing: [
      await measureSharing('threads', effort.sharing),
      await measureSharing('processes', effort.sharing),
    ],
    native: await measureNative(effort.threads),
    truth: await judge(present, effort.truths),
    ...{ isQuick, absent, seconds: (performance.now() - start) / 1000 },
    versions: isQuick ? {} : peerVersions(),
    keys: { many: effort.keyed.manyKeys, few: effort.keyed.fewKeys },
  };
  const goals = goalsOf(figures);
  console.log(report(figures, goals));
  return { ...figures, goals };
}

/** { package: why it cannot be had }. */
function absentPeers(fault: string | undefined): Record<string, string> {
  const names = [...contenders, ...keyedContenders].map(({ peer }) => peer);
  const reasons = [...new Set(names)].map((name) => [
    name,
    name === undefined ? undefined : missing(name) && (fault ?? missing(name)),
  ]);
  return Object.fromEntries(reasons.filter(([, reason]) => reason !== undefined)) as Record<
    string,
    string
  >;
}
