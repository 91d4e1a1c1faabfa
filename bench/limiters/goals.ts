// What we want to reach, against what was measured. Ratios of medians of one run.
import { goal, over, type Goal } from '../report/goal.js';
import type { Figures } from './figures.js';
import { FLEXIBLE_NUMBER, FLEXIBLE_TEXT, MAP_NUMBER } from './keyed-contenders.js';
import { OWN_BATCH, OWN_NUMBER, OWN_TEXT } from './own-keyed-contenders.js';
import { OWN_DEFAULT, YARDSTICK } from './own-contenders.js';
import { FLEXIBLE, LIMITER, LIMITER_BUCKET } from './peer-contenders.js';

export function goalsOf(figures: Figures): Goal[] {
  const single = (name: string, which: 'allowed' | 'denied'): number | undefined =>
    figures.single.find(({ contender }) => contender === name)?.[which]?.median;
  const own = single(OWN_DEFAULT, 'allowed');
  const limiters = [single(LIMITER, 'allowed'), single(LIMITER_BUCKET, 'allowed')];
  return [
    goal('TokenBucket over hand-written, allowed', over(single(YARDSTICK, 'allowed'), own), {
      atLeast: 4,
    }),
    goal(
      'TokenBucket over hand-written, denied',
      over(single(YARDSTICK, 'denied'), single(OWN_DEFAULT, 'denied')),
      { atLeast: 1 },
    ),
    goal('TokenBucket over limiter (its faster class)', over(least(limiters), own), { atLeast: 8 }),
    goal('TokenBucket over rate-limiter-flexible', over(single(FLEXIBLE, 'allowed'), own), {
      atLeast: 20,
    }),
    ...keyedGoals(figures),
    ...sharingGoals(figures),
    ...nativeGoals(figures),
  ];
}

function keyedGoals({ keyed }: Figures): Goal[] {
  const row = (name: string) => keyed.find(({ contender }) => contender === name);
  const ns = (name: string): number | undefined => row(name)?.manyKeys.median;
  const batch = ns(OWN_BATCH);
  return [
    goal(
      'tryAcquireMany over rate-limiter-flexible, 1 M uint32',
      over(ns(FLEXIBLE_NUMBER), batch),
      {
        atLeast: 50,
      },
    ),
    goal('tryAcquireMany over Map of buckets, 1 M uint32', over(ns(MAP_NUMBER), batch), {
      atLeast: 20,
    }),
    goal(
      'tryAcquire(string) over rate-limiter-flexible, 1 M',
      over(ns(FLEXIBLE_TEXT), ns(OWN_TEXT)),
      { atLeast: 4 },
    ),
    goal('bytes per key', row(OWN_NUMBER)?.memory.bytesPerKey, { atMost: 40 }),
  ];
}

function sharingGoals({ sharing }: Figures): Goal[] {
  return sharing.flatMap(({ between, spenders, allowedPerSecond, exact }) => [
    goal(`${spenders} ${between} on one bucket, M decisions/s`, allowedPerSecond / 1e6, {
      atLeast: 10,
    }),
    goal(
      `${spenders} ${between}: tokens too many or too few`,
      Math.max(...exact.map(({ tokens, admitted }) => Math.abs(admitted - tokens))),
      { atMost: 0 },
    ),
  ]);
}

function nativeGoals({ native }: Figures): Goal[] {
  return (native ?? []).map(({ threads, ratio }) =>
    goal(`native bucket over a bare CAS loop, threads: ${threads}`, ratio, {
      atMost: 1.2,
    }),
  );
}

function least(values: readonly (number | undefined)[]): number | undefined {
  const known = values.filter((value) => value !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}
