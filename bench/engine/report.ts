// The tables a person reads.
import { goalTable, type Goal } from '../report/goal.js';
import type { Spread } from '../report/statistics.js';
import { table } from '../report/table.js';
import { bareShare, type Figures } from './goals.js';

export function report(
  figures: Figures,
  goals: readonly Goal[],
  absent: Readonly<Record<string, string>>,
): string {
  return [
    ...flatOutTable(figures),
    ...rateTable(figures),
    ...costTable(figures),
    ...stressTable(figures),
    ...backoffTable(figures),
    ...layerTable(figures),
    ...goalTable(goals),
    ...Object.entries(absent).map(([name, reason]) => `${name} did not take part: ${reason}`),
  ].join('\n');
}

function flatOutTable({ flatOut }: Figures): string[] {
  return table(
    'Flat out, packets a second (median; least to most)',
    ['', 'M/s', '', 'cpu %'],
    flatOut.map(({ contender, packetsPerSecond: { median, least, most }, cpuPercent }) => [
      contender,
      millions(median),
      `${millions(least)} to ${millions(most)}`,
      cpuPercent.median.toFixed(0),
    ]),
  );
}

function rateTable({ rates }: Figures): string[] {
  return table(
    'The rate asked against the rate received (medians)',
    ['asked/s', '', 'error %', 'worst %', '10 ms p99', 'cpu %'],
    rates.map((row) => [
      row.rate.toFixed(0),
      row.contender,
      signed(row.errorPercent.median),
      signed(row.worstErrorPercent),
      times(row.tenMsP99OverIdeal),
      row.cpuPercent.median.toFixed(1),
    ]),
  );
}

function costTable({ costs, bareBesideReceiver }: Figures): string[] {
  const bare = bareShare(bareBesideReceiver, 100_000);
  return table(
    "Processor at 100 000/s, % of a core, without the far end's work",
    ['', 'median', ''],
    [
      ...costs.map(({ contender, cpuPercent: { median, least, most } }) => [
        contender,
        median.toFixed(1),
        `${least.toFixed(1)} to ${most.toFixed(1)}`,
      ]),
      ...(bare === undefined ? [] : [['so many packets of a bare send loop', bare.toFixed(1), '']]),
    ],
  );
}

function stressTable({ stress }: Figures): string[] {
  return table(
    'Under stress, at 100 000/s',
    ['', 'error %', '10 ms p99', 'forgone', 'allowed'],
    stress.map(({ what, errorPercent, tenMsP99OverIdeal, forgone, forgoneBound }) => [
      what,
      signed(errorPercent),
      `${tenMsP99OverIdeal.toFixed(2)}x`,
      `${forgone}`,
      forgoneBound.toFixed(0),
    ]),
  );
}

function backoffTable({ backoff }: Figures): string[] {
  return table(
    'A /24 behind a router that answers "administratively prohibited"',
    ['round after s', 'probes', 'within ms'],
    backoff.map(({ startMs, lengthMs, probes }) => [
      (startMs / 1000).toFixed(2),
      `${probes}`,
      `${lengthMs}`,
    ]),
  );
}

function layerTable({ layers }: Figures): string[] {
  return table(
    'Layers of limiting, instructions a packet outside the kernel',
    ['', 'instructions'],
    layers.map(({ layers: on, instructionsPerPacket }) => [on, instructionsPerPacket.toFixed(1)]),
  );
}

const millions = (value: number): string => (value / 1e6).toFixed(3);
const signed = (value: number): string => `${value < 0 ? '' : '+'}${value.toFixed(4)}`;
const times = ({ median }: Spread): string => (Number.isNaN(median) ? '' : `${median.toFixed(2)}x`);
