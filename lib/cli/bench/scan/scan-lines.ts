// The figures of scans as text.

import { count } from '../../status/format.js';
import { figure, spreadText, table } from '../table.js';
import type { ScanFigures } from './measure-scans.js';
import type { RaceFigures, RaceRow } from './races.js';
import type { SenderFigures, SenderRow } from './senders.js';

export function scanLines({ senders, race, withoutNamespaces }: ScanFigures): string[] {
  return [
    ...senderLines(senders),
    ...raceLines(race),
    ...(withoutNamespaces === undefined ? [] : [rootLine(withoutNamespaces), '']),
  ];
}

function rootLine(reason: string): string {
  return `Not measured: other backends, packets counted at a far end, SYN scans of a /24 (${reason}).`;
}

function senderLines({ countedBy, rounds, seconds, pacedSeconds, rows }: SenderFigures): string[] {
  const where =
    countedBy === 'far end'
      ? `over a veth pair, counted at its far end, ${seconds.toFixed(1)} s each`
      : "to 127.0.0.1, by the sender's own count";
  const measured = rows.filter(({ arrived }) => arrived !== undefined);
  const lines = table(
    `SYN packets a second ${where} (at a rate ${pacedSeconds.toFixed(1)} s); ${roundsText(rounds)}`,
    ['', 'asked', countedBy === 'far end' ? 'arrived' : 'sent', 'error'],
    measured.map((row) => [row.sender, ...senderCells(row)]),
  );
  return [...(measured.length === 0 ? [] : lines), ...senderFailures(rows)];
}

function senderCells({ asked, arrived, errorPercent }: SenderRow): string[] {
  const wanted = asked === undefined ? 'all it can' : count(asked);
  const packets = spreadText(arrived, (value) => count(Math.round(value)));
  if (errorPercent === undefined) return [wanted, packets, ''];
  return [wanted, packets, `${spreadText(errorPercent, (value) => value.toFixed(2))} %`];
}

/** One line for a reason that several have. */
function senderFailures(rows: readonly SenderRow[]): string[] {
  const failed = rows.filter(({ failure }) => failure !== undefined);
  const lines = failed.map(({ sender, failure }) => `Not measured: ${sender}: ${failure ?? ''}`);
  return lines.length === 0 ? [] : [...new Set(lines), ''];
}

function raceLines({ what, rounds, limitSeconds, open, rows, absent }: RaceFigures): string[] {
  return [
    ...table(
      `Whole scans of ${what}; seconds, ${roundsText(rounds)}; x: times as long as pacegate`,
      ['', 'seconds', 'x', `missed of ${count(open)} open`, 'invented'],
      rows.map((row) => [row.scanner, ...raceCells(row)]),
    ),
    ...(absent.length === 0
      ? []
      : [`Not compared with, because not installed: ${absent.join(', ')}`, '']),
    ...(rows.some(({ scanner }) => scanner.startsWith('masscan'))
      ? ['masscan sends each probe once and waits a second for late answers.', '']
      : []),
    ...(rows.some(({ failure }) => failure !== undefined)
      ? [`Each scan was ended after ${limitSeconds.toFixed(1)} s.`, '']
      : []),
  ];
}

function roundsText(rounds: number): string {
  return rounds === 1 ? 'one round' : `median (least to most) of ${rounds} interleaved rounds`;
}

function raceCells({ seconds, timesOfPacegate, missed, invented, failure }: RaceRow): string[] {
  if (failure !== undefined) return [failure];
  const text = (value: number): string => value.toFixed(2);
  return [spreadText(seconds, text), figure(timesOfPacegate), String(missed), String(invented)];
}
