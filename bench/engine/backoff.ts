// When probes come back to a network whose router answers "administratively prohibited".
import { setTimeout as sleep } from 'node:timers/promises';
import type { CountedPackets } from './arrivals.js';
import { pacegateScan } from './contenders.js';
import { Wire } from './wire.js';

/** Probes between two silences. */
export interface Round {
  /** Since the first probe of all. */
  readonly startMs: number;
  readonly lengthMs: number;
  readonly probes: number;
}

/** What back-off promises between rounds: base 2 s, doubled, 16 s at most. */
export const PROMISED_SILENCES_MS = [2000, 4000, 8000, 16_000];
const WATCHED_MS = 32_000;
const SILENCE_MS = 500;
const NETWORK = '10.79.0.0/24';

/** A scan of a /24 behind such a router, for as long as four silences take. */
export async function measureBackoff(): Promise<Round[]> {
  const wire = await Wire.open('pass');
  try {
    wire.pair.prohibit(NETWORK);
    const flags = ['--adaptive-rate', '--max-rate', '1000', '--max-retries', '0'];
    const [command, ...args] = pacegateScan([NETWORK, '-p1-100', ...flags]);
    const child = wire.pair.startSender(command, args);
    child.stdout?.resume();
    child.stderr?.resume();
    await sleep(WATCHED_MS + 1000);
    child.kill('SIGKILL');
    return roundsOf(await wire.read());
  } finally {
    wire.close();
  }
}

function roundsOf({ perMs }: CountedPackets): Round[] {
  const rounds: { startMs: number; lengthMs: number; probes: number }[] = [];
  for (const [ms, packets] of perMs.entries()) {
    if (packets === 0) continue;
    const last = rounds.at(-1);
    if (last === undefined || ms - (last.startMs + last.lengthMs) > SILENCE_MS) {
      rounds.push({ startMs: ms, lengthMs: 1, probes: packets });
    } else {
      last.lengthMs = ms - last.startMs + 1;
      last.probes += packets;
    }
  }
  return rounds;
}

/** How long it was silent after each round. */
export function silencesOf(rounds: readonly Round[]): number[] {
  return rounds.slice(1).map(({ startMs }, index) => {
    const before = rounds[index];
    return before === undefined ? Number.NaN : startMs - (before.startMs + before.lengthMs);
  });
}
