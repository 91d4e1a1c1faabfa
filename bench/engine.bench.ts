// The packet engine on a veth pair: flat out, at every rate, under stress [--parts flat,rates,stress,backoff,layers --rounds 5 --seconds 3 --rate-rounds 3 --rate-seconds 10]
import { parseArgs } from 'node:util';
import { measureBackoff } from './engine/backoff.js';
import { contenders, senderPackages, type Contender } from './engine/contenders.js';
import { measureFlatOut, type FlatOut } from './engine/flat-out.js';
import { goalsOf, type Figures } from './engine/goals.js';
import { measureLayers } from './engine/layers.js';
import { measureRates, type RateTask } from './engine/rates.js';
import { report } from './engine/report.js';
import { measureStress } from './engine/stress.js';
import { Wire } from './engine/wire.js';

const RATES = [1, 100, 1000, 10_000, 100_000];
/** Beyond the usual rates, each backend is asked for these shares of what it reached flat out. */
const SHARES = [0.5, 0.9];

export async function run(args: string[]): Promise<object> {
  const { values } = parseArgs({
    args,
    options: {
      parts: { type: 'string', default: 'flat,rates,stress,backoff,layers' },
      rounds: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '3' },
      'rate-rounds': { type: 'string', default: '3' },
      'rate-seconds': { type: 'string', default: '10' },
    },
  });
  const parts = values.parts.split(',');
  await senderPackages.install();
  const absent = Object.fromEntries(
    contenders.flatMap(({ name, absent: why }) => {
      const reason = why?.();
      return reason === undefined ? [] : [[name, reason]];
    }),
  );
  const present = contenders.filter(({ name }) => !(name in absent));
  const wire = await Wire.open();
  try {
    const effort = { rounds: Number(values.rounds), seconds: Number(values.seconds) };
    const flatOut = parts.includes('flat') ? await measureFlatOut(wire, present, effort) : [];
    wire.pair.receiveInOwnThread(true);
    const rateSeconds = Number(values['rate-seconds']);
    const bareLoop = present.filter(({ name }) => name === 'bare send loop');
    const figures: Figures = {
      flatOut,
      bareBesideReceiver: parts.includes('rates')
        ? (await measureFlatOut(wire, bareLoop, effort))[0]
        : undefined,
      rates: parts.includes('rates')
        ? await measureRates(wire, rateTasks(present, flatOut), {
            rounds: Number(values['rate-rounds']),
            seconds: rateSeconds,
            besideReceiver: false,
          })
        : [],
      costs: parts.includes('rates')
        ? await measureRates(wire, costTasks(present), {
            rounds: Number(values['rate-rounds']),
            seconds: rateSeconds,
            besideReceiver: true,
          })
        : [],
      stress: parts.includes('stress') ? await measureStress(wire, rateSeconds) : [],
      backoff: parts.includes('backoff') ? await measureBackoff() : [],
      layers: parts.includes('layers') ? await measureLayers() : [],
    };
    const goals = goalsOf(figures);
    console.log(report(figures, goals, absent));
    return { options: values, versions: senderPackages.versions(), ...figures, goals, absent };
  } finally {
    wire.close();
  }
}

/** Who keeps 100 000 packets a second by a backend that does not wait busily. */
function costTasks(present: readonly Contender[]): RateTask[] {
  return present
    .filter(({ paces, name, maxRate }) => paces && !name.endsWith('xdp') && maxRate === undefined)
    .map((contender) => ({ contender, rate: 100_000 }));
}

function rateTasks(present: readonly Contender[], flatOut: readonly FlatOut[]): RateTask[] {
  const pacing = present.filter(({ paces }) => paces);
  const usual = RATES.flatMap((rate) =>
    pacing
      .filter(({ name, maxRate }) => !name.endsWith('xdp') && rate <= (maxRate ?? Infinity))
      .map((contender) => ({ contender, rate })),
  );
  const high = pacing.flatMap((contender) => {
    const most = flatOut.find((row) => row.contender === contender.name)?.packetsPerSecond.median;
    if (most === undefined || contender.maxRate !== undefined) return [];
    return SHARES.map((share) => ({ contender, rate: Math.round(most * share) }));
  });
  return [...usual, ...high];
}
