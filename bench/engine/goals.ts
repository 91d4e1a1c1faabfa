// What we want to reach, against what was measured.
import { goal, over, type Goal } from '../report/goal.js';
import { PROMISED_SILENCES_MS, silencesOf, type Round } from './backoff.js';
import type { FlatOut } from './flat-out.js';
import { NO_LAYER, RATE, RATE_AND_BACKOFF, type LayerRow } from './layers.js';
import type { RateRow } from './rates.js';
import type { StressRow } from './stress.js';

export interface Figures {
  readonly flatOut: readonly FlatOut[];
  /** What senders cost at 100 000/s: what the far end does is done by a thread of its own. */
  readonly costs: readonly RateRow[];
  /** The bare send loop likewise, as fast as it can. */
  readonly bareBesideReceiver: FlatOut | undefined;
  readonly rates: readonly RateRow[];
  readonly stress: readonly StressRow[];
  readonly backoff: readonly Round[];
  readonly layers: readonly LayerRow[];
}

const OWN = ['pacegate scan', 'pacegate transmit'] as const;
const PEERS = ['masscan', 'zmap', 'nmap', 'hping3', 'npm raw-socket', 'npm cap'];

export function goalsOf({ flatOut, rates, costs, stress, backoff, layers }: Figures): Goal[] {
  const flat = (name: string): number | undefined =>
    flatOut.find(({ contender }) => contender === name)?.packetsPerSecond.median;
  const ratio = (name: string, other: string): number | undefined => over(flat(name), flat(other));
  const quiet = stress.find(({ what }) => what.startsWith('event loop'));
  return [
    ...OWN.map((own) =>
      goal(`${own}, xdp, over masscan`, ratio(`${own}, xdp`, 'masscan'), { atLeast: 10 }),
    ),
    goal(
      'transmit, xdp, over the bare XDP loop',
      ratio('pacegate transmit, xdp', 'bare XDP loop'),
      {
        atLeast: 0.9,
      },
    ),
    ...OWN.map((own) =>
      goal(`${own}, packet, over the bare send loop`, ratio(`${own}, packet`, 'bare send loop'), {
        atLeast: 0.97,
      }),
    ),
    ...PEERS.map((peer) =>
      goal(`scan, packet, over ${peer}`, ratio('pacegate scan, packet', peer), { atLeast: 1 }),
    ),
    ...rateGoals(rates),
    goal(
      'processor at 100 000/s, % of a core',
      costs.find(({ contender }) => contender === 'pacegate scan, packet')?.cpuPercent.median,
      { atMost: 10 },
    ),
    goal('error with a blocked event loop, %', quiet && Math.abs(quiet.errorPercent), {
      atMost: 0.1,
    }),
    ...[NO_LAYER, RATE].map((base) =>
      goal(
        `instructions of a packet, rate and back-off over ${base}, % more`,
        surcharge(layers, base),
        { atMost: 1 },
      ),
    ),
    goal('silences of back-off against 2, 4, 8, 16 s, % off', deviation(backoff), { atMost: 5 }),
  ];
}

function surcharge(layers: readonly LayerRow[], base: string): number | undefined {
  const of = (name: string): number | undefined =>
    layers.find((row) => row.layers === name)?.instructionsPerPacket;
  const ratio = over(of(RATE_AND_BACKOFF), of(base));
  return ratio === undefined ? undefined : (ratio - 1) * 100;
}

/** The promised ones that never came count as wholly off. */
function deviation(backoff: readonly Round[]): number | undefined {
  if (backoff.length === 0) return undefined;
  const silences = silencesOf(backoff);
  const off = PROMISED_SILENCES_MS.map((ms, index) => Math.abs((silences[index] ?? 0) / ms - 1));
  return Math.max(...off) * 100;
}

/** What so many packets take a loop that does nothing but send, in percent of a core. */
export function bareShare(bare: FlatOut | undefined, rate: number): number | undefined {
  return over(rate * 100, bare?.packetsPerSecond.median);
}

function rateGoals(rates: readonly RateRow[]): Goal[] {
  const own = rates.filter(({ contender }) => contender.startsWith('pacegate'));
  const errors = own.map(({ errorPercent }) =>
    Math.max(Math.abs(errorPercent.least), Math.abs(errorPercent.most)),
  );
  const medians = own.map(({ errorPercent }) => Math.abs(errorPercent.median));
  const at100k = own.find(
    ({ rate, contender }) => rate === 100_000 && contender.endsWith('packet'),
  );
  return [
    goal('largest rate error of any rate and backend, % (medians)', most(medians), { atMost: 0.1 }),
    goal('the same, worst round, %', most(errors), { atMost: 0.1 }),
    goal('10-ms p99 over ideal at 100 000/s', at100k?.tenMsP99OverIdeal.median, { atMost: 1.1 }),
  ];
}

const most = (values: readonly number[]): number | undefined =>
  values.length === 0 ? undefined : Math.max(...values);
