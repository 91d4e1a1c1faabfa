// What leaves this machine: at most, by each backend, and at a rate that was asked for; counted where it arrives.

import { interleaveUntil, spreadOf, type Spread } from '../spread.js';
import type { NamespacePair } from './namespace-pair.js';
import { isInstalled, type Command } from './run-program.js';
import { masscanCommand, pacegateCommand } from './scanners.js';

export interface SenderRow {
  readonly sender: string;
  /** Packets a second; undefined: as fast as it can. */
  readonly asked?: number;
  /** Packets a second. */
  readonly arrived?: Spread;
  /** Of what was asked for: by how much it was more or less. */
  readonly errorPercent?: Spread;
  /** Why there is no figure. */
  readonly failure?: string;
}

export interface SenderFigures {
  /** Who counted: the far end of a veth pair, or the sender, on the loopback device. */
  readonly countedBy: 'far end' | 'sender';
  readonly rounds: number;
  /** One trial of all it can. */
  readonly seconds: number;
  /** One trial at a rate. */
  readonly pacedSeconds: number;
  readonly rows: readonly SenderRow[];
}

/** One of them, and what came of its trials. */
export interface Sender {
  readonly name: string;
  readonly asked?: number;
  readonly command: Command;
  readonly seconds: number;
  readonly isXdp: boolean;
  readonly arrived: number[];
  failure: string;
}

const BACKENDS = ['packet', 'rawip', 'pcap', 'xdp'] as const;
export const FIXED_RATE = 10_000;
/** What no backend reaches. */
export const NO_LIMIT = 100_000_000;
export const MOST_ROUNDS = 5;
/** masscan takes some tenths of a second to come to its rate. */
const LEAST_PACED_SECONDS = 1;
/** How much longer than it sends a program may run: it starts, resolves its route, and awaits answers. */
export const MORE_MS = 5000;

/**
 * @param seconds - for all of it, about
 * @throws (rejects) the signal's reason
 */
export async function measureSenders(pair: NamespacePair, seconds: number): Promise<SenderFigures> {
  const untilMs = performance.now() + seconds * 1000;
  // Three rounds of six, where a program takes about as long to start as it sends.
  const trial = Math.min(Math.max(seconds / 36, 0.2), 5);
  const pacedSeconds = Math.max(trial, LEAST_PACED_SECONDS);
  const senders = [...flatOutSenders(trial), ...pacedSenders(pacedSeconds)];
  const rounds = await interleaveUntil(senders, MOST_ROUNDS, untilMs, (sender) =>
    tryOnce(pair, sender),
  );
  return { countedBy: 'far end', rounds, seconds: trial, pacedSeconds, rows: senders.map(rowOf) };
}

function flatOutSenders(seconds: number): Sender[] {
  return BACKENDS.map((backend) => ({
    ...{ name: `pacegate, ${backend}`, isXdp: backend === 'xdp', arrived: [], failure: '' },
    ...{ command: sending(backend, NO_LIMIT, seconds), seconds },
  }));
}

function pacedSenders(seconds: number): Sender[] {
  const peer = [...planOf(FIXED_RATE * seconds), '--wait', '0'];
  const commands = [
    { name: 'pacegate, packet', command: sending('packet', FIXED_RATE, seconds) },
    { name: 'masscan', command: masscanCommand(peer, FIXED_RATE) },
  ];
  return commands
    .filter(({ name }) => name !== 'masscan' || isInstalled(name))
    .map((sender) => ({
      ...{ ...sender, asked: FIXED_RATE, seconds },
      ...{ isXdp: false, arrived: [], failure: '' },
    }));
}

/** Addresses that the far end does not have, so that nothing answers; at least as many pairs as are sent. */
function planOf(packets: number): string[] {
  const addresses = Math.min(Math.max(1, Math.ceil(packets / 1000)), 65_536);
  const last = 0x0a80_0000 + addresses - 1;
  const text = [24, 16, 8, 0].map((shift) => (last >>> shift) & 255).join('.');
  return [`10.128.0.0-${text}`, '-p', '1-1000'];
}

function sending(backend: string, rate: number, seconds: number): Command {
  return pacegateCommand(
    ...['-sS', ...planOf(rate * seconds), '--backend', backend, '--max-rate', `${rate}`],
    ...['--max-retries', '0', '--timeout', '200', '-oL', '/dev/null'],
  );
}

/** One that failed is not asked again. */
async function tryOnce(pair: NamespacePair, sender: Sender): Promise<void> {
  if (sender.failure !== '') return;
  const { command, seconds, asked, isXdp } = sender;
  if (isXdp) await pair.takeXdp(true);
  const forMs = asked === undefined ? seconds * 1000 : undefined;
  const limitMs = seconds * 1000 + MORE_MS;
  const { outcome, rate } = await pair.arrivalsOf(command, limitMs, forMs);
  if (isXdp) await pair.takeXdp(false);
  if (rate !== undefined) sender.arrived.push(rate);
  else if (outcome.isLate) sender.failure = lateText(limitMs);
  else sender.failure = outcome.failure || 'too little arrived';
}

/** Of a program that was ended. */
export function lateText(limitMs: number): string {
  return `not done in ${(limitMs / 1000).toFixed(1)} s`;
}

/** The figures of its trials. */
export function rowOf({ name, asked, arrived, failure }: Sender): SenderRow {
  const row = { sender: name, ...(asked === undefined ? {} : { asked }) };
  const spread = spreadOf(arrived);
  if (spread === undefined) return { ...row, failure };
  const errors = asked === undefined ? [] : arrived.map((rate) => (rate / asked - 1) * 100);
  const errorPercent = spreadOf(errors);
  return { ...row, arrived: spread, ...(errorPercent === undefined ? {} : { errorPercent }) };
}
