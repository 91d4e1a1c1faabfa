// What can be sent to this host itself, where there are no network namespaces: by the sender's own count, because the
// loopback device counts answers and everybody else's packets too.

import { interleaveUntil } from '../spread.js';
import { runProgram } from './run-program.js';
import { pacegateCommand } from './scanners.js';
import {
  FIXED_RATE,
  lateText,
  MORE_MS,
  MOST_ROUNDS,
  NO_LIMIT,
  rowOf,
  type Sender,
  type SenderFigures,
} from './senders.js';

/** At a rate: as many ports as packets in this time. */
const PACED_SECONDS = 1;
/** All ports there are, at what any machine sends. */
const FLAT_OUT_SECONDS = 2;

/**
 * @param seconds - for all of it, about
 * @throws (rejects) the signal's reason
 */
export async function measureLoopbackSenders(
  seconds: number,
  signal: AbortSignal,
): Promise<SenderFigures> {
  const untilMs = performance.now() + seconds * 1000;
  const senders: Sender[] = [
    { ...senderOf(65_535, NO_LIMIT), seconds: FLAT_OUT_SECONDS },
    { ...senderOf(FIXED_RATE * PACED_SECONDS, FIXED_RATE), asked: FIXED_RATE },
  ];
  const rounds = await interleaveUntil(senders, MOST_ROUNDS, untilMs, (sender) =>
    tryOnce(sender, signal),
  );
  return {
    ...{ countedBy: 'sender', rounds, seconds: FLAT_OUT_SECONDS, pacedSeconds: PACED_SECONDS },
    rows: senders.map(rowOf),
  };
}

function senderOf(ports: number, rate: number): Sender {
  const command = pacegateCommand(
    ...['-sS', '127.0.0.1', '-p', `1-${ports}`, '--backend', 'rawip', '--max-rate', `${rate}`],
    ...['--max-retries', '0', '--timeout', '200', '-oL', '/dev/null'],
  );
  const name = 'pacegate, rawip';
  return { name, command, seconds: PACED_SECONDS, isXdp: false, arrived: [], failure: '' };
}

/** One that failed is not asked again. */
async function tryOnce(sender: Sender, signal: AbortSignal): Promise<void> {
  if (sender.failure !== '') return;
  const limitMs = sender.seconds * 1000 + MORE_MS;
  const outcome = await runProgram(sender.command, { limitMs, signal });
  const rate = ownRate(outcome.stderr);
  if (rate !== undefined) sender.arrived.push(rate);
  else sender.failure = outcome.failure || lateText(limitMs);
}

/** The packets a second in the summary of `pacegate scan --json-summary`. */
export function ownRate(stderr: string): number | undefined {
  const line = stderr.split('\n').find((text) => text.startsWith('{"type":"summary"'));
  if (line === undefined) return undefined;
  const { statistics } = JSON.parse(line) as { statistics: { packetsPerSecond: number } };
  return statistics.packetsPerSecond;
}
