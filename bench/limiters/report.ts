// The tables a person reads.
import type { Figures } from './figures.js';
import { goalTable, type Goal } from '../report/goal.js';
import type { Spread } from '../report/statistics.js';
import { table } from '../report/table.js';
import type { Verdict } from './truth.js';

export function report(figures: Figures, goals: readonly Goal[]): string {
  return [
    ...singleTable(figures),
    ...keyedTable(figures),
    ...sharingTable(figures),
    ...nativeTable(figures),
    ...truthTable(figures),
    ...goalTable(goals),
    ...Object.entries(figures.absent).map(
      ([name, reason]) => `${name} did not take part: ${reason}`,
    ),
    figures.isQuick ? 'A smoke run: these figures are too short to be quoted.' : '',
  ]
    .join('\n')
    .trimEnd();
}

function singleTable({ single, truth }: Figures): string[] {
  const verdictOf = (name: string): string => {
    const row = truth.find(({ contender }) => contender === name);
    const verdicts = [row?.boundary, row?.fast, row?.month, row?.poll].map((one) => one?.verdict);
    const wrong = [...new Set(verdicts.filter((one) => one !== undefined && one !== 'right'))];
    return verdicts.every((one) => one === undefined) ? '' : wrong.join(', ') || 'right';
  };
  return table(
    'One limit, ns per call (median; least to most)',
    ['', 'allowed', 'denied', 'admits', 'called as'],
    single.map(({ contender, use, allowed, denied, note }) => [
      contender,
      spread(allowed),
      denied === undefined ? (note ?? '') : spread(denied),
      verdictOf(contender),
      use,
    ]),
  );
}

function keyedTable({ keyed, keys }: Figures): string[] {
  return table(
    'A limit per key, ns per call',
    ['', count(keys.many), count(keys.few), 'bytes/key', 'flood: 10 of 30', 'called as'],
    keyed.map(({ contender, use, manyKeys, fewKeys, memory, allowedUnderFlood }) => [
      contender,
      spread(manyKeys),
      spread(fewKeys),
      memory.bytesPerKey.toFixed(0),
      allowedUnderFlood === 10 ? 'right' : `${allowedUnderFlood} allowed`,
      use,
    ]),
  );
}

function sharingTable({ sharing }: Figures): string[] {
  const millions = (perSecond: number): string => (perSecond / 1e6).toFixed(1);
  return table(
    'One bucket for several, M decisions/s in all',
    ['', 'allowed', 'denied', 'admitted of what there was'],
    sharing.map(({ between, spenders, allowedPerSecond, deniedPerSecond, exact }) => [
      `${spenders} ${between}`,
      millions(allowedPerSecond),
      millions(deniedPerSecond),
      exact.map(({ tokens, admitted }) => `${admitted} of ${tokens}`).join(', '),
    ]),
  );
}

function nativeTable({ native }: Figures): string[] {
  if (native === undefined) return [];
  return table(
    'Native bucket, ns per decision of one thread',
    ['threads', 'bucket', 'bare CAS loop'],
    native.map(({ threads, bucketNs, bareNs }) => [
      `${threads}`,
      bucketNs.toFixed(1),
      bareNs.toFixed(1),
    ]),
  );
}

function truthTable({ truth }: Figures): string[] {
  const inAll = (one: Verdict | undefined): string =>
    one === undefined
      ? ''
      : `${one.admitted} (${one.must} to ${Math.round(one.mayInAll)})${mark(one)}`;
  const inSpan = (one: Verdict | undefined): string =>
    one === undefined ? '' : `${one.mostIn1s} of ${one.mayIn1s}, ${one.mostIn100ms}${mark(one)}`;
  return table(
    'What is admitted (! = more or less than promised)',
    [
      '',
      '100/s: most in 1 s, 0.1 s',
      '10 000/s: most in 1 s, 0.1 s',
      '10 000/s: in 2 s',
      '10 per 10 s, 11 s',
      '1 per 30 days',
    ],
    truth.map(({ contender, boundary, fast, poll, month }) => [
      contender,
      inSpan(boundary),
      inSpan(fast),
      inAll(fast),
      inAll(poll),
      month === undefined ? '' : `${month.admitted}${mark(month)}`,
    ]),
  );
}

const mark = ({ verdict }: Verdict): string => (verdict === 'right' ? '' : ' !');

const count = (keys: number): string => `${keys.toLocaleString('en').replaceAll(',', ' ')} keys`;

function spread(value: Spread | undefined): string {
  if (value === undefined) return '';
  const figure = (ns: number): string => (ns < 100 ? ns.toFixed(1) : ns.toFixed(0));
  return `${figure(value.median)} (${figure(value.least)}-${figure(value.most)})`;
}
