// Whole scans against the ground truth: complete or not, and how long [--parts races,bottleneck,plan,connect --rounds 3 --half 300000]
import { parseArgs } from 'node:util';
import { connectGoals, connectReport, connects } from './scan/connect.js';
import { Ground, openPorts, type Bottleneck, type Field } from './scan/ground.js';
import { planGoals, planReport, plans } from './scan/plan.js';
import { race, type Result } from './scan/race.js';
import { masscan, nmap, pacegate, type Scanner } from './scan/scanners.js';
import { goal, goalTable, over, type Goal } from './report/goal.js';
import { median } from './report/statistics.js';
import { table } from './report/table.js';

/** 655 360 pairs, a twentieth of them open. */
const WHOLE: Field = { network: '10.78.0.0/16', lastPort: 10 };
/** What nmap can do in the time. */
const PART: Field = { network: '10.78.0.0/22', lastPort: 10 };
const MASSCAN_RATES = [400_000, 200_000];
const MASSCAN_RETRIES = [0, 1, 2, 3];
const BOTTLENECKS: readonly Bottleneck[] = [
  { packetsPerSecond: 10_000, burst: 100 },
  { packetsPerSecond: 60_000, burst: 600 },
  { packetsPerSecond: 10_000, packets: 100 },
  { packetsPerSecond: 60_000, packets: 6000 },
];

/** One scanner's rounds over one field. */
interface Row {
  readonly scanner: string;
  readonly field: string;
  readonly results: readonly Result[];
}

interface Narrow {
  readonly bottleneck: Bottleneck;
  readonly result: Result;
}

export async function run(args: string[]): Promise<object> {
  const { values } = parseArgs({
    args,
    options: {
      parts: { type: 'string', default: 'races,bottleneck,plan,connect' },
      rounds: { type: 'string', default: '3' },
      half: { type: 'string', default: '300000' },
    },
  });
  const parts = values.parts.split(',');
  const rows = parts.includes('races')
    ? await races(Number(values.rounds), Number(values.half))
    : [];
  const narrow = parts.includes('bottleneck') ? await bottlenecks() : [];
  const large = parts.includes('plan') ? await plans(Number(values.rounds)) : [];
  const connecting = parts.includes('connect') ? await connects(Number(values.rounds)) : [];
  const goals = [...goalsOf(rows, narrow), ...planGoals(large), ...connectGoals(connecting)];
  const lines = [
    ...report(rows, narrow),
    ...planReport(large),
    ...connectReport(connecting),
    ...goalTable(goals),
  ];
  console.log(lines.join('\n'));
  return { options: values, rows, narrow, plans: large, connects: connecting, goals };
}

async function races(rounds: number, half: number): Promise<Row[]> {
  const ground = await Ground.open();
  try {
    const own = [pacegate('auto'), pacegate(half)];
    const rows = await rowsOf(ground, own, WHOLE, rounds);
    rows.push(...(await completeMasscan(ground, rounds)));
    rows.push(...(await rowsOf(ground, [pacegate('auto'), pacegate(half), nmap], PART, rounds)));
    return rows;
  } finally {
    ground.close();
  }
}

async function rowsOf(
  ground: Ground,
  scanners: readonly Scanner[],
  field: Field,
  rounds: number,
): Promise<Row[]> {
  const truth = openPorts(field);
  const rows = scanners
    .filter(({ absent }) => absent?.() === undefined)
    .map((scanner) => ({ scanner, results: [] as Result[] }));
  for (let round = 0; round < rounds; round++) {
    for (const { scanner, results } of rows) {
      results.push(await race(ground, scanner, field, truth));
    }
  }
  return rows.map(({ scanner, results }) => ({
    scanner: scanner.name,
    field: `${field.network} x ${field.lastPort}`,
    results,
  }));
}

/** Until it misses nothing in any round. */
async function completeMasscan(ground: Ground, rounds: number): Promise<Row[]> {
  const rows: Row[] = [];
  for (const retries of MASSCAN_RETRIES) {
    const contenders = MASSCAN_RATES.map((rate) => masscan(rate, retries));
    const tried = await rowsOf(ground, contenders, WHOLE, rounds);
    rows.push(...tried);
    if (tried.some(isComplete)) break;
  }
  return rows;
}

async function bottlenecks(): Promise<Narrow[]> {
  const found: Narrow[] = [];
  const field = { network: '10.78.0.0/18', lastPort: 10 };
  const truth = openPorts(field);
  for (const bottleneck of BOTTLENECKS) {
    const ground = await Ground.open(bottleneck);
    try {
      found.push({ bottleneck, result: await race(ground, pacegate('auto'), field, truth) });
    } finally {
      ground.close();
    }
  }
  return found;
}

const nameOf = (bottleneck: Bottleneck): string =>
  'burst' in bottleneck
    ? `a policer of ${bottleneck.packetsPerSecond}/s`
    : `a queue of ${bottleneck.packets} at ${bottleneck.packetsPerSecond}/s`;

const isComplete = ({ results }: Row): boolean => results.every(({ missed }) => missed === 0);
const secondsOf = (row: Row | undefined): number | undefined =>
  row === undefined ? undefined : median(row.results.map(({ seconds }) => seconds));

function goalsOf(rows: readonly Row[], narrow: readonly Narrow[]): Goal[] {
  const own = rows.filter(({ scanner }) => scanner.startsWith('pacegate'));
  const all = [...own.flatMap(({ results }) => results), ...narrow.map(({ result }) => result)];
  const sum = (of: (result: Result) => number): number | undefined =>
    all.length === 0 ? undefined : all.reduce((total, result) => total + of(result), 0);
  const whole = rows.filter(({ field }) => field.startsWith(WHOLE.network));
  const part = rows.filter(({ field }) => field.startsWith(PART.network));
  const [peer] = whole
    .filter((row) => row.scanner.startsWith('masscan') && isComplete(row))
    .sort((a, b) => (secondsOf(a) ?? 0) - (secondsOf(b) ?? 0));
  return [
    goal(
      'missed by pacegate, all runs',
      sum(({ missed }) => missed),
      { atMost: 0 },
    ),
    goal(
      'invented by pacegate, all runs',
      sum(({ invented }) => invented),
      { atMost: 0 },
    ),
    ...whole
      .filter(({ scanner }) => scanner.startsWith('pacegate'))
      .map((row) =>
        goal(
          `${row.scanner}: time of complete masscan over ours`,
          over(secondsOf(peer), secondsOf(row)),
          {
            atLeast: 1,
          },
        ),
      ),
    ...part
      .filter(({ scanner }) => scanner.startsWith('pacegate'))
      .map((row) =>
        goal(
          `${row.scanner}: time of nmap over ours`,
          over(secondsOf(part.find(({ scanner }) => scanner.startsWith('nmap'))), secondsOf(row)),
          { atLeast: 1 },
        ),
      ),
    ...narrow.map(({ bottleneck, result }) =>
      goal(
        `auto over ${nameOf(bottleneck)}`,
        over(result.autoRate?.rate, bottleneck.packetsPerSecond),
        { atLeast: 0.9 },
      ),
    ),
  ];
}

function report(rows: readonly Row[], narrow: readonly Narrow[]): string[] {
  const line = (result: Result): string[] => [
    `${result.found}`,
    `${result.missed}`,
    `${result.invented}`,
  ];
  return [
    ...table(
      'Whole scans',
      ['', 'pairs', 'seconds', 'found', 'missed', 'invented (worst round)'],
      rows.map((row) => {
        const worst = [...row.results].sort((a, b) => b.missed - a.missed)[0];
        const seconds = secondsOf(row)?.toFixed(2) ?? '-';
        return [row.scanner, row.field, seconds, ...(worst === undefined ? [] : line(worst))];
      }),
    ),
    ...table(
      'Behind a bottleneck',
      ['', 'rate at the end', 'bound by', 'canaries lost', 'seconds', 'found', 'missed'],
      narrow.map(({ bottleneck, result }) => [
        nameOf(bottleneck),
        result.autoRate?.rate.toFixed(0) ?? '-',
        result.autoRate?.boundBy ?? '-',
        `${result.autoRate?.canariesLost} of ${result.autoRate?.canaries}`,
        result.seconds.toFixed(2),
        ...line(result).slice(0, 2),
      ]),
    ),
  ];
}
