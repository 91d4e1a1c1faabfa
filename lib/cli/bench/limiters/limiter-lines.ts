// The figures of the limiters as text.

import { count } from '../../status/format.js';
import { figure, spreadText, table } from '../table.js';
import type { LimiterFigures, LimiterRow, Timing } from './measure-limiters.js';

export function limiterLines(figures: LimiterFigures): string[] {
  const { rounds, roundMs, keys, absent } = figures;
  const how = `median (least to most) of ${rounds} interleaved rounds of ${roundMs.toFixed(0)} ms`;
  return [
    ...table(
      `Limiters: one limit, nanoseconds a call; ${how}; x: times as fast as the first row`,
      ['', 'call', 'allowed', 'x', 'denied', 'x'],
      figures.single.map((row) => [...nameCells(row), ...cells(row.allowed), ...cells(row.denied)]),
    ),
    ...table(
      `A limit for each of ${count(keys)} keys, likewise`,
      ['', 'call', 'allowed', 'x'],
      figures.keyed.map((row) => [...nameCells(row), ...cells(row.allowed)]),
    ),
    ...failureLines([...figures.single, ...figures.keyed]),
    ...(absent.length === 0 ? [] : [`Not compared with: npm install ${absent.join(' ')}`, '']),
  ];
}

function nameCells({ name, use, version }: LimiterRow): string[] {
  return [version === undefined ? name : `${name} ${version}`, use];
}

function cells(timing: Timing | undefined): string[] {
  return [spreadText(timing?.ns), figure(timing?.timesAsFast)];
}

function failureLines(rows: readonly LimiterRow[]): string[] {
  const failed = rows.filter(({ failure }) => failure !== undefined);
  if (failed.length === 0) return [];
  return [...failed.map(({ name, failure }) => `Not measured: ${name}: ${failure ?? ''}`), ''];
}
