// How much memory a large plan takes, and how long until its first probe leaves.
import path from 'node:path';
import { goal, type Goal } from '../report/goal.js';
import { median } from '../report/statistics.js';
import { table } from '../report/table.js';
import { outputOf, VethPair } from '../veth-pair.js';

const PROGRAM = path.resolve(import.meta.dirname, '../../bench/scan/plan.mjs');
const NETWORK = '10.0.0.0/8';

/** One run; mebibytes are of the whole process. */
interface Sample {
  /** Before scan() was called, the list of targets included. */
  readonly beforeMb: number;
  readonly peakMb: number;
  /** Until scan() returned, and the processor time of it. */
  readonly callMs: number;
  readonly callCpuMs: number;
  /** From the call to the first probe. */
  readonly firstProbeMs: number;
  readonly packetsPerSecond: number;
}

export interface PlanRow {
  readonly plan: string;
  readonly samples: readonly Sample[];
}

const WHOLE = '/8 x 100 ports';
const PLANS = [
  { plan: WHOLE, targets: NETWORK, singles: 0, options: {} },
  {
    plan: `${WHOLE}, hostgroup of 64`,
    ...{ targets: NETWORK, singles: 0, options: { maxHostgroup: 64 } },
  },
  { plan: '1 000 000 single addresses x 100', targets: '', singles: 1_000_000, options: {} },
];

export async function plans(rounds: number): Promise<PlanRow[]> {
  const pair = new VethPair();
  pair.route(NETWORK);
  try {
    const rows = PLANS.map(({ plan, ...what }) => ({ plan, what, samples: [] as Sample[] }));
    for (let round = 0; round < rounds; round++) {
      for (const { what, samples } of rows) {
        const child = pair.startSender(process.execPath, [PROGRAM, JSON.stringify(what)]);
        samples.push(JSON.parse(await outputOf(child)) as Sample);
      }
    }
    return rows.map(({ plan, samples }) => ({ plan, samples }));
  } finally {
    pair.remove();
  }
}

const middle = (row: PlanRow, of: (sample: Sample) => number): number =>
  median(row.samples.map(of));

export function planGoals(rows: readonly PlanRow[]): Goal[] {
  return rows
    .filter(({ plan }) => plan.startsWith(WHOLE))
    .flatMap((row) => [
      goal(
        `${row.plan}: MiB`,
        middle(row, ({ peakMb }) => peakMb),
        { atMost: 100 },
      ),
      goal(
        `${row.plan}: seconds to the first probe`,
        middle(row, ({ firstProbeMs }) => firstProbeMs / 1000),
        { atMost: 1 },
      ),
    ]);
}

export function planReport(rows: readonly PlanRow[]): string[] {
  return table(
    'Large plans',
    ['', 'MiB before', 'MiB at most', 'ms in scan()', 'ms of processor', 'ms to first probe'],
    rows.map((row) => [
      row.plan,
      ...(['beforeMb', 'peakMb', 'callMs', 'callCpuMs', 'firstProbeMs'] as const).map((name) =>
        middle(row, (sample) => sample[name]).toFixed(0),
      ),
    ]),
  );
}
