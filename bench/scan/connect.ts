// All ports of one host by connections: pacegate against nmap, over loopback and over a veth pair.
import { once } from 'node:events';
import type { ChildProcess } from 'node:child_process';
import { goal, over, type Goal } from '../report/goal.js';
import { median } from '../report/statistics.js';
import { table } from '../report/table.js';
import { outputOf, VethPair } from '../veth-pair.js';
import { missing, ofGreppable, ofList, pacegateConnecting } from './scanners.js';

/** Both ends of the pair; each has the listeners. */
const TARGETS = { loopback: '127.0.0.1', 'veth pair': '10.77.9.2' } as const;
/** Spread over all ports, every 1271st from 1000 on. */
const LISTENING = Array.from({ length: 50 }, (_, i) => 1000 + i * 1271);
const SCANNERS = [
  { name: 'pacegate -sT', command: pacegateConnecting, found: ofList },
  ...(['-T4', '-T5'] as const).map((pace) => ({
    name: `nmap -sT ${pace}`,
    command: (target: string) =>
      [
        ...(['nmap', '-n', '-Pn', '-sT', '-p-', '--max-retries', '1', pace] as const),
        ...['-oG', '-', target],
      ] as const,
    found: ofGreppable,
  })),
];

interface Sample {
  readonly seconds: number;
  /** User and kernel time of the process. */
  readonly cpuSeconds: number;
  readonly missed: number;
  readonly invented: number;
}

export interface ConnectRow {
  readonly scanner: string;
  readonly path: string;
  readonly samples: readonly Sample[];
}

export async function connects(rounds: number): Promise<ConnectRow[]> {
  if (missing('nmap') !== undefined) return [];
  const pair = new VethPair();
  const listeners: ChildProcess[] = [];
  try {
    await outputOf(pair.startSender('ip', ['link', 'set', 'lo', 'up']));
    listeners.push(await listen(pair.startSender.bind(pair)));
    listeners.push(await listen(pair.startReceiver.bind(pair)));
    const rows = Object.entries(TARGETS).flatMap(([path, target]) =>
      SCANNERS.map((scanner) => ({ scanner, path, target, samples: [] as Sample[] })),
    );
    for (let round = 0; round < rounds; round++) {
      for (const { scanner, target, samples } of rows) {
        samples.push(await sample(pair, scanner, target));
      }
    }
    return rows.map(({ scanner, path, samples }) => ({ scanner: scanner.name, path, samples }));
  } finally {
    for (const child of listeners) child.kill();
    pair.remove();
  }
}

async function listen(start: VethPair['startSender']): Promise<ChildProcess> {
  const script = `const { createServer } = require('node:net');
    Promise.all(${JSON.stringify(LISTENING)}.map((port) => new Promise((done) => createServer((socket) => {
      socket.on('error', () => {}).destroy();
    }).listen(port, '0.0.0.0', done)))).then(() => console.log('ready'));`;
  const child = start(process.execPath, ['-e', script]);
  if (child.stdout !== null) await once(child.stdout, 'data');
  return child;
}

/** The shell tells what its child took. */
async function sample(
  pair: VethPair,
  { command, found }: (typeof SCANNERS)[number],
  target: string,
): Promise<Sample> {
  const timed = `TIMEFORMAT='%R %U %S'; time "$0" "$@" 2>/dev/null`;
  const child = pair.startSender('bash', ['-c', `{ ${timed}; } 2>&1`, ...command(target)]);
  const printed = (await outputOf(child)).trimEnd();
  const times = printed.slice(printed.lastIndexOf('\n') + 1);
  const [seconds = 0, user = 0, system = 0] = times.split(' ').map(Number);
  const open = new Set(found(printed));
  const truth = new Set(LISTENING.map((port) => `${target} ${port}`));
  return {
    seconds,
    cpuSeconds: user + system,
    missed: [...truth].filter((pairing) => !open.has(pairing)).length,
    invented: [...open].filter((pairing) => !truth.has(pairing)).length,
  };
}

const middle = (row: ConnectRow, of: (sample: Sample) => number): number =>
  median(row.samples.map(of));
const worst = (row: ConnectRow, of: (sample: Sample) => number): number =>
  Math.max(...row.samples.map(of));

export function connectGoals(rows: readonly ConnectRow[]): Goal[] {
  return Object.keys(TARGETS).flatMap((path) => {
    const here = rows.filter((row) => row.path === path);
    const own = here.find(({ scanner }) => scanner.startsWith('pacegate'));
    const peers = here.filter((row) => row !== own);
    if (own === undefined || peers.length === 0) return [];
    const compare = (what: string, of: (sample: Sample) => number): Goal => {
      const best = Math.min(...peers.map((peer) => middle(peer, of)));
      return goal(`65 535 ports, ${path}: ${what} of nmap over ours`, over(best, middle(own, of)), {
        atLeast: 1.2,
      });
    };
    return [
      compare('time', ({ seconds }) => seconds),
      compare('processor time', ({ cpuSeconds }) => cpuSeconds),
      goal(
        `65 535 ports, ${path}: missed or invented`,
        worst(own, ({ missed, invented }) => missed + invented),
        { atMost: 0 },
      ),
    ];
  });
}

export function connectReport(rows: readonly ConnectRow[]): string[] {
  if (rows.length === 0) return [];
  return table(
    'All ports of one host by connections',
    ['', 'over', 'seconds', 'processor seconds', 'missed', 'invented (worst round)'],
    rows.map((row) => [
      row.scanner,
      row.path,
      middle(row, ({ seconds }) => seconds).toFixed(2),
      middle(row, ({ cpuSeconds }) => cpuSeconds).toFixed(2),
      `${worst(row, ({ missed }) => missed)}`,
      `${worst(row, ({ invented }) => invented)}`,
    ]),
  );
}
