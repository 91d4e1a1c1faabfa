// What can be measured of scans here: much as root, less as others. No packet leaves this machine.

import { createServer, type AddressInfo, type Server } from 'node:net';
import { measureLoopbackSenders } from './loopback-senders.js';
import { FIELD, NamespacePair } from './namespace-pair.js';
import { race, type RaceFigures } from './races.js';
import { runProgram } from './run-program.js';
import { connectScanners, synScanners } from './scanners.js';
import { measureSenders, type SenderFigures } from './senders.js';

export interface ScanFigures {
  readonly senders: SenderFigures;
  readonly race: RaceFigures;
  /** Why there is no pair of namespaces. */
  readonly withoutNamespaces?: string;
}

const OPEN_PORTS = [7, 22, 25, 53, 80];
const LAST_PORT = 300;
const SYN_RATE = 50_000;
const CONNECT_PORTS = 5000;
/** Of the time there is. */
const SENDER_SHARE = 0.6;
const LOOPBACK_SENDER_SHARE = 0.3;
const LONGEST_SHARE = 0.35;
const LEAST_LIMIT_MS = 5000;

/**
 * @param seconds - how long it takes, about
 * @throws (rejects) the signal's reason
 */
export async function measureScans(seconds: number, signal: AbortSignal): Promise<ScanFigures> {
  const untilMs = performance.now() + seconds * 1000;
  const limitMs = Math.max(seconds * 1000 * LONGEST_SHARE, LEAST_LIMIT_MS);
  const pair = await openPair(signal);
  if (typeof pair === 'string') {
    const senders = await measureLoopbackSenders(seconds * LOOPBACK_SENDER_SHARE, signal);
    return { senders, race: await loopbackRace(limitMs, untilMs, signal), withoutNamespaces: pair };
  }
  try {
    const senders = await measureSenders(pair, seconds * SENDER_SHARE);
    return { senders, race: await fieldRace(pair, limitMs, untilMs) };
  } finally {
    pair.close();
  }
}

/** Or why there is none. */
async function openPair(signal: AbortSignal): Promise<NamespacePair | string> {
  if (process.platform !== 'linux') return `${process.platform} has no network namespaces`;
  if (process.geteuid?.() !== 0) return 'making network namespaces takes root: sudo';
  try {
    return await NamespacePair.open(OPEN_PORTS, signal);
  } catch (error) {
    signal.throwIfAborted();
    return (error as Error).message;
  }
}

function fieldRace(pair: NamespacePair, limitMs: number, untilMs: number): Promise<RaceFigures> {
  const hosts = Array.from({ length: 256 }, (_, host) => FIELD.replace('0/24', String(host)));
  return race({
    what: `${FIELD}, ports 1-${LAST_PORT}, every one of which answers`,
    scanners: synScanners([FIELD, '-p', `1-${LAST_PORT}`], SYN_RATE),
    truth: new Set(hosts.flatMap((host) => OPEN_PORTS.map((port) => `${host} ${port}`))),
    isTruthPartial: false,
    run: (command, limit) => pair.run(command, limit),
    ...{ limitMs, untilMs },
  });
}

async function loopbackRace(
  limitMs: number,
  untilMs: number,
  signal: AbortSignal,
): Promise<RaceFigures> {
  const servers = await Promise.all(Array.from({ length: 3 }, listen));
  try {
    const ports = servers.map((server) => (server.address() as AddressInfo).port);
    const plan = `1-${CONNECT_PORTS},${ports.join(',')}`;
    return await race({
      what: `127.0.0.1, ports 1-${CONNECT_PORTS} and three that are open`,
      scanners: connectScanners(['127.0.0.1', '-p', plan]),
      truth: new Set(ports.map((port) => `127.0.0.1 ${port}`)),
      isTruthPartial: true,
      run: (command, limit) => runProgram(command, { limitMs: limit, signal }),
      ...{ limitMs, untilMs },
    });
  } finally {
    for (const server of servers) server.close();
  }
}

/** On a free port. */
function listen(): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.end();
    });
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      resolve(server);
    });
  });
}
