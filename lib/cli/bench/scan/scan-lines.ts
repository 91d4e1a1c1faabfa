// The figures of scans as text.

import { count } from '../../status/format.js';
import { figure, spreadText, table } from '../table.js';
import type { ScanFigures } from './measure-scans.js';
import type { RaceFigures, RaceRow } from './races.js';
import type { SenderFigures, SenderRow } from './senders.js';

export function scanLines({ senders, race, withoutNamespaces }: ScanFigures): string[] {
  return [
    ...(senders === undefined ? [] : senderLines(senders)),
    ...raceLines(race),
    ...(withoutNamespaces === undefined ? [] : [rootLine(withoutNamespaces), '']),
  ];
}

function rootLine(reason: string): string {
  return `Not measured: what each backend can send, how exact the rate is, and SYN scans of a /24 (${reason}).`;
}

function senderLines({ rounds, seconds, pacedSeconds, rows }: SenderFigures): string[] {
  return table(
    `SYN packets a second over a veth pair, counted at its far end, ${seconds.toFixed(1)} s each (at a rate ${pacedSeconds.toFixed(1)} s); ${roundsText(rounds)}`,
    ['', 'asked', 'arrived', 'error'],
    rows.map((row) => [row.sender, ...senderCells(row)]),
  );
}

function senderCells({ asked, arrived, errorPercent, failure }: SenderRow): string[] {
  const wanted = asked === undefined ? 'all it can' : count(asked);
  if (arrived === undefined) return [wanted, `not measured: ${failure ?? '?'}`];
  const packets = spreadText(arrived, (value) => count(Math.round(value)));
  if (errorPercent === undefined) return [wanted, packets, ''];
  return [wanted, packets, `${spreadText(errorPercent, (value) => value.toFixed(2))} %`];
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
