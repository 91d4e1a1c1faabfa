// Packets a second without any limit.
import { rateBetween } from './arrivals.js';
import { contest } from './contest.js';
import type { Contender } from './contenders.js';
import { interleave, spreadOf, type Spread } from '../report/statistics.js';
import type { Wire } from './wire.js';

export interface FlatOut {
  readonly contender: string;
  readonly packetsPerSecond: Spread;
  readonly cpuPercent: Spread;
}

export interface FlatOutEffort {
  readonly rounds: number;
  readonly seconds: number;
}

/** More than anybody sends in the time. */
const ENDLESS = 64_000_000;

export async function measureFlatOut(
  wire: Wire,
  contenders: readonly Contender[],
  { rounds, seconds }: FlatOutEffort,
): Promise<FlatOut[]> {
  const runs = contenders.map((contender) => ({
    contender,
    rates: [] as number[],
    cpu: [] as number[],
  }));
  await interleave(runs, rounds, async ({ contender, rates, cpu }) => {
    const task = { rate: undefined, packets: ENDLESS };
    const { counted, cpuPercent } = await contest(wire, contender, task, seconds);
    const rate = rateBetween(counted, seconds * 100, seconds * 900);
    process.stderr.write(`${contender.name} ${(rate / 1e6).toFixed(3)} M/s\n`);
    rates.push(rate);
    cpu.push(cpuPercent);
  });
  return runs.map(({ contender, rates, cpu }) => ({
    contender: contender.name,
    packetsPerSecond: spreadOf(rates),
    cpuPercent: spreadOf(cpu),
  }));
}
