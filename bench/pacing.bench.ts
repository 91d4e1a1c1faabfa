// Rate asked against rate received on a veth pair, pacegate next to masscan [--seconds 10 --rounds 3 --rates 1000,10000,100000]
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { outputOf, VethPair } from './veth-pair.js';

const cli = path.resolve(import.meta.dirname, '../dist/cli/main.js');
const PORTS = 100;
/** More than is counted, so that a sender that is too slow still sends throughout. */
const SURPLUS = 1.05;
/** Ticks of processor time in /proc are hundredths of a second on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

type Tool = 'pacegate' | 'masscan';

interface Options {
  readonly seconds: number;
  readonly rounds: number;
  readonly rates: readonly number[];
}

interface Windows {
  readonly windows: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** What pacegate_bench_receiver prints. */
interface Received {
  readonly count: number;
  readonly firstNs: number;
  readonly lastNs: number;
  readonly meanRate: number;
  readonly withinSpan: number;
  readonly dropped: number;
  readonly oneMs: Windows;
  readonly tenMs: Windows;
}

interface Run {
  readonly tool: Tool;
  readonly rate: number;
  readonly round: number;
  readonly planned: number;
  readonly received: Received;
  /** Packets in the counted seconds over what was asked for, less one, in percent. */
  readonly errorPercent: number;
  /** The same of the mean rate from the first to the last packet of all. */
  readonly meanErrorPercent: number;
  /** Processor time of the whole process, its start and end included, over the time it was sending: of one core. */
  readonly cpuPercent: number;
  readonly loadAverage: number;
  /** Everything was sent, but the program had to be killed. */
  readonly hung: boolean;
}

/** Compares the two; prints a table, returns every run and the medians. */
export async function run(args: string[]): Promise<object> {
  const options = readOptions(args);
  const pair = new VethPair();
  try {
    const runs: Run[] = [];
    for (let round = 1; round <= options.rounds; ++round) {
      for (const rate of options.rates) {
        // Who comes first alternates, so that neither always meets the machine as the other left it.
        const tools: Tool[] = ['pacegate', 'masscan'];
        if (round % 2 === 0) tools.reverse();
        for (const tool of tools) {
          const result = await measure(pair, tool, rate, round, options);
          process.stderr.write(`round ${round}: ${runLine(result)}\n`);
          runs.push(result);
        }
      }
    }
    const medians = summarize(runs, options);
    console.log(table(medians));
    return { options, medians, runs };
  } finally {
    pair.remove();
  }
}

function readOptions(args: string[]): Options {
  const { values } = parseArgs({
    args,
    options: {
      seconds: { type: 'string', default: '10' },
      rounds: { type: 'string', default: '3' },
      rates: { type: 'string', default: '1000,10000,100000' },
    },
  });
  const options = {
    seconds: Number(values.seconds),
    rounds: Number(values.rounds),
    rates: values.rates.split(',').map(Number),
  };
  const wrong = [options.seconds, options.rounds, ...options.rates].some(
    (value) => !Number.isInteger(value) || value < 1,
  );
  // 10.78.0.0/16 has to hold the addresses.
  if (wrong || options.rates.some((rate) => addressCount(rate, options.seconds) > 65_000)) {
    throw new Error(
      '--seconds, --rounds and --rates must be whole numbers, 6 000 000 packets at most',
    );
  }
  return options;
}

const addressCount = (rate: number, seconds: number): number =>
  Math.ceil((rate * seconds * SURPLUS) / PORTS);

async function measure(
  pair: VethPair,
  tool: Tool,
  rate: number,
  round: number,
  { seconds }: Options,
): Promise<Run> {
  const addresses = addressCount(rate, seconds);
  const planned = addresses * PORTS;
  const range = `10.78.0.0-10.78.${(addresses - 1) >> 8}.${(addresses - 1) & 255}`;
  const loadAverage = os.loadavg()[0] ?? 0;
  const counter = await startCounter(pair, seconds, planned);
  const [command, args] =
    tool === 'pacegate' ? ofPacegate(range, rate) : ofMasscan(pair, range, rate);
  const startCpu = childrenCpuSeconds();
  const hung = await waitForSender(pair.startSender(command, args), (planned / rate) * 1.25 + 15);
  if (hung && tool === 'pacegate') throw new Error(`pacegate did not end at ${rate}/s`);
  const cpu = childrenCpuSeconds() - startCpu;
  const received = await counter.finish();
  return {
    ...{ tool, rate, round, planned, received, loadAverage, hung },
    errorPercent: (received.withinSpan / (rate * seconds) - 1) * 100,
    meanErrorPercent: (received.meanRate / rate - 1) * 100,
    cpuPercent: (cpu * 1e11) / (received.lastNs - received.firstNs),
  };
}

/**
 * Waits for a sender's end, and kills it when that does not come: masscan 1.3.2 now and then counts its --wait down
 * below 0 and goes on forever. What it sent is counted all the same.
 *
 * @returns whether it had to be killed
 */
async function waitForSender(child: ChildProcess, limitSeconds: number): Promise<boolean> {
  const limit = AbortSignal.timeout(Math.ceil(limitSeconds * 1000));
  limit.addEventListener('abort', () => child.kill('SIGKILL'));
  try {
    await outputOf(child);
    return false;
  } catch (error) {
    if (limit.aborted) return true;
    throw error;
  }
}

function ofPacegate(range: string, rate: number): [string, string[]] {
  const flags = ['--max-retries', '0', '--timeout', '200', '--open', '--quiet', '--no-progress'];
  const rateFlags = ['--max-rate', `${rate}`];
  return [
    process.execPath,
    [cli, 'scan', '-sS', range, '-p', `1-${PORTS}`, ...rateFlags, ...flags],
  ];
}

function ofMasscan(pair: VethPair, range: string, rate: number): [string, string[]] {
  const adapter = ['-e', 'tx0', '--adapter-ip', '10.77.9.1', '--adapter-mac', pair.senderMac];
  const router = ['--router-mac', pair.receiverMac, '--wait', '0', '--retries', '0'];
  return ['masscan', [range, `-p1-${PORTS}`, '--rate', `${rate}`, ...adapter, ...router]];
}

async function startCounter(
  pair: VethPair,
  seconds: number,
  planned: number,
): Promise<{ finish(): Promise<Received> }> {
  const folder = process.env['PACEGATE_BENCH_TOOLS'];
  if (folder === undefined) throw new Error('run me by: npm run bench -- pacing');
  const tool = path.join(folder, 'pacegate_bench_receiver');
  const child = pair.startReceiver(tool, ['rx0', `${seconds}`, `${planned}`]);
  const output = outputOf(child);
  output.catch(() => undefined); // finish() reports it
  if (child.stdout === null) throw new Error('the receiver has no standard output');
  await Promise.race([once(createInterface(child.stdout), 'line'), output]);
  return {
    async finish() {
      child.stdin?.end();
      const [, figures = ''] = (await output).split('\n');
      return JSON.parse(figures) as Received;
    },
  };
}

/** Processor time of all children that have ended. */
function childrenCpuSeconds(): number {
  const fields = readFileSync('/proc/self/stat', 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ');
  const [user, system] = [fields[13], fields[14]].map(Number);
  return ((user ?? 0) + (system ?? 0)) / TICKS_PER_SECOND;
}

/** Medians over the rounds. */
interface Row {
  readonly tool: Tool;
  readonly rate: number;
  readonly errorPercent: number;
  readonly worstErrorPercent: number;
  readonly meanErrorPercent: number;
  readonly tenMsP99OverIdeal: number;
  readonly oneMsP99OverIdeal: number;
  readonly cpuPercent: number;
  readonly dropped: number;
}

function summarize(runs: readonly Run[], { rates }: Options): Row[] {
  return rates.flatMap((rate) =>
    (['pacegate', 'masscan'] as const).map((tool) => {
      const ofThis = runs.filter((one) => one.tool === tool && one.rate === rate);
      const middle = (value: (one: Run) => number): number => median(ofThis.map(value));
      const errors = ofThis.map(({ errorPercent }) => errorPercent);
      return {
        ...{ tool, rate },
        errorPercent: median(errors),
        worstErrorPercent: errors.reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a), 0),
        meanErrorPercent: middle((one) => one.meanErrorPercent),
        tenMsP99OverIdeal: middle(({ received }) => received.tenMs.p99 / (rate / 100)),
        oneMsP99OverIdeal: middle(({ received }) => received.oneMs.p99 / (rate / 1000)),
        cpuPercent: middle((one) => one.cpuPercent),
        dropped: ofThis.reduce((sum, { received }) => sum + received.dropped, 0),
      };
    }),
  );
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const upper = sorted[sorted.length >> 1] ?? Number.NaN;
  const lower = sorted[(sorted.length - 1) >> 1] ?? Number.NaN;
  return (upper + lower) / 2;
}

const signed = (value: number): string => `${value < 0 ? '' : '+'}${value.toFixed(3)}`;

function runLine({
  tool,
  rate,
  errorPercent,
  received,
  cpuPercent,
  loadAverage,
  hung,
}: Run): string {
  const drops = received.dropped > 0 ? `, ${received.dropped} dropped by the receiver` : '';
  const kill = hung ? ', killed: it did not end' : '';
  return `${tool} at ${rate}/s: ${signed(errorPercent)} %, cpu ${cpuPercent.toFixed(1)} %, load ${loadAverage.toFixed(1)}${drops}${kill}`;
}

function table(rows: readonly Row[]): string {
  const head = ['rate asked', 'sender', 'error %', 'worst %', '10 ms p99', '1 ms p99', 'cpu %'];
  const body = rows.map((row) => [
    row.rate.toString(),
    row.tool,
    signed(row.errorPercent),
    signed(row.worstErrorPercent),
    `${row.tenMsP99OverIdeal.toFixed(2)} x`,
    `${row.oneMsP99OverIdeal.toFixed(2)} x`,
    row.cpuPercent.toFixed(1),
  ]);
  const line = (cells: readonly string[]): string =>
    cells.map((cell) => cell.padStart(11)).join('');
  return [head, ...body].map(line).join('\n');
}
