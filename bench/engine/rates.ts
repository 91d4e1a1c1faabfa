// The rate asked against the rate that arrives, and how evenly.
import { meanRate, windowQuantile } from './arrivals.js';
import { contest } from './contest.js';
import type { Contender } from './contenders.js';
import { interleave, spreadOf, type Spread } from '../report/statistics.js';
import type { Wire } from './wire.js';

export interface RateRow {
  readonly contender: string;
  readonly rate: number;
  /** From the first packet to the last of what was asked for, in percent. */
  readonly errorPercent: Spread;
  /** The round that was farthest off. */
  readonly worstErrorPercent: number;
  /** 99 of 100 windows of 10 ms have at most this many times their even share; NaN below 1000 a second. */
  readonly tenMsP99OverIdeal: Spread;
  readonly cpuPercent: Spread;
}

export interface RateTask {
  readonly contender: Contender;
  readonly rate: number;
}

export interface RateEffort {
  readonly rounds: number;
  readonly seconds: number;
  /**
   * Whether a thread of its own does the far end's work, as it would on another machine: right for telling what a
   * sender costs. On few processors that thread is one more to wait for, so how true a rate is is told without it.
   */
  readonly besideReceiver: boolean;
}

/** How long packets may wait at the far end before they are counted: 0.002 % of 10 s. */
const GATHER_NS = 200_000;
/** More would not find room there. */
const GATHERED_PACKETS = 50;

/** Below it a window of 10 ms has no even share to speak of. */
const WINDOWED_RATE = 1000;

export async function measureRates(
  wire: Wire,
  tasks: readonly RateTask[],
  { rounds, seconds, besideReceiver }: RateEffort,
): Promise<RateRow[]> {
  const runs = tasks.map((task) => ({
    ...task,
    ...{ error: [] as number[], p99: [] as number[], cpu: [] as number[] },
  }));
  wire.pair.receiveInOwnThread(besideReceiver);
  await interleave(runs, rounds, async ({ contender, rate, error, p99, cpu }) => {
    // n + 1 packets take n gaps, that is `seconds`; who sends more is stopped soon after.
    const packets = Math.round(rate * seconds) + 1;
    const gathers = besideReceiver && (rate * GATHER_NS) / 1e9 <= GATHERED_PACKETS;
    wire.pair.gatherPackets(gathers ? GATHER_NS : 0);
    const { counted, cpuPercent } = await contest(wire, contender, { rate, packets }, seconds);
    error.push((meanRate(counted) / rate - 1) * 100);
    p99.push(rate < WINDOWED_RATE ? Number.NaN : windowQuantile(counted, 10, 0.99) / (rate / 100));
    cpu.push(cpuPercent);
    process.stderr.write(
      `${contender.name} at ${rate}/s: error ${error.at(-1)?.toFixed(4)} %, ${counted.count} of ${packets}, ` +
        `10 ms p99 ${p99.at(-1)?.toFixed(2)}x, cpu ${cpuPercent.toFixed(1)} %\n`,
    );
  });
  wire.pair.gatherPackets(0);
  return runs.map(({ contender, rate, error, p99, cpu }) => ({
    ...{ contender: contender.name, rate },
    errorPercent: spreadOf(error),
    worstErrorPercent: error.reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a), 0),
    tenMsP99OverIdeal: spreadOf(p99),
    cpuPercent: spreadOf(cpu),
  }));
}
