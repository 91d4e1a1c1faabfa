// Who sends, and how each is told to.
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { PeerFolder } from '../peer-folder.js';
import type { VethPair } from '../veth-pair.js';

/** What a contender is asked for. */
export interface Task {
  /** Packets a second; undefined: as fast as it can. */
  readonly rate: number | undefined;
  /** Packets to send; more than can be sent when it is to go on until it is killed. */
  readonly packets: number;
}

export interface Contender {
  readonly name: string;
  /** Of pacegate, the machine's bound, or another's. */
  readonly kind: 'own' | 'bare' | 'peer';
  /** Command and arguments. */
  readonly command: (pair: VethPair, task: Task) => readonly [string, ...string[]];
  /** Takes part where rates are compared. */
  readonly paces: boolean;
  /** Above it there is no point in asking. */
  readonly maxRate?: number;
  /** Why it cannot take part here. */
  readonly absent?: () => string | undefined;
}

const root = path.resolve(import.meta.dirname, '../..');
const cli = path.join(root, 'dist/cli/main.js');
const scripts = path.join(root, 'bench/engine');
const SOURCE = '10.77.9.1';

export const senderPackages = new PeerFolder('senders', ['raw-socket', 'cap']);

export const contenders: readonly Contender[] = [
  ownScan('xdp'),
  ownScan('packet'),
  ownTransmit('xdp'),
  ownTransmit('packet'),
  bare('bare XDP loop', 'pacegate_bench_xdp_loop', () => [tool('xdp_loop.bpf.o')]),
  bare('bare send loop', 'pacegate_bench_bare_send', (pair) => [pair.senderMac, pair.receiverMac]),
  {
    name: 'masscan',
    kind: 'peer',
    paces: true,
    absent: () => missingCommand('masscan'),
    command: (pair, { rate, packets }) => [
      ...(['masscan', ...planOf(packets), '--rate', `${rate ?? 100_000_000}`] as const),
      ...['-e', 'tx0', '--adapter-ip', SOURCE, '--adapter-mac', pair.senderMac],
      ...['--router-mac', pair.receiverMac, '--wait', '0', '--retries', '0'],
    ],
  },
  {
    name: 'zmap',
    kind: 'peer',
    paces: true,
    absent: () => missingCommand('zmap'),
    command: (pair, { rate, packets }) => [
      ...(['zmap', '10.128.0.0/9', '-p', '80', '-r', `${rate ?? 0}`] as const),
      ...['-n', `${Math.min(packets, 1 << 23)}`, '-i', 'tx0', '-S', SOURCE, '-G', pair.receiverMac],
      // Its own list of what not to scan holds 10.0.0.0/8, which is all there is inside the namespace.
      ...['-b', '/dev/null', '-c', '0', '-q', '-o', '/dev/null'],
    ],
  },
  {
    name: 'nmap',
    kind: 'peer',
    paces: true,
    maxRate: 10_000,
    absent: () => missingCommand('nmap'),
    command: (_pair, { rate, packets }) => [
      ...(['nmap', '-n', '-Pn', '-sS', '--max-retries', '0'] as const),
      ...(rate === undefined
        ? ['-T5', '--min-rate', '10000000', '--min-parallelism', '1000']
        : ['--min-rate', `${rate}`, '--max-rate', `${rate}`]),
      ...['-oN', '/dev/null', ...octetPlanOf(packets)],
    ],
  },
  {
    name: 'hping3',
    kind: 'peer',
    paces: false,
    absent: () => missingCommand('hping3'),
    command: () => ['hping3', '--flood', '-q', '-S', '-p', '80', '-I', 'tx0', '10.78.0.1'],
  },
  packageSender('raw-socket'),
  packageSender('cap'),
];

/** A thousand ports of as many addresses as it takes: the same plan for all who scan. */
function planOf(packets: number): string[] {
  const addresses = Math.max(1, Math.ceil(packets / 1000));
  const last = 0x0a800000 + Math.min(addresses, 1 << 23) - 1;
  const text = [24, 16, 8, 0].map((shift) => (last >>> shift) & 255).join('.');
  return [`10.128.0.0-${text}`, `-p1-${Math.min(packets, 1000)}`];
}

/** The same for nmap, which knows ranges octet by octet only; rounded up to whole ones. */
function octetPlanOf(packets: number): string[] {
  const addresses = Math.max(1, Math.ceil(packets / 1000));
  const networks = Math.min(Math.ceil(addresses / 256), 256);
  const range = addresses <= 256 ? `10.128.0.0-${addresses - 1}` : `10.128.0-${networks - 1}.0-255`;
  return [range, `-p1-${Math.min(packets, 1000)}`];
}

/** A SYN scan that prints next to nothing. */
export function pacegateScan(args: readonly string[]): readonly [string, ...string[]] {
  const quiet = ['--open', '--quiet', '--no-progress'];
  return [process.execPath, cli, 'scan', '-sS', ...args, ...quiet];
}

function ownScan(backend: string): Contender {
  return {
    name: `pacegate scan, ${backend}`,
    kind: 'own',
    paces: true,
    command: (_pair, { rate, packets }) =>
      pacegateScan([
        ...planOf(packets),
        ...['--max-rate', `${rate ?? 100_000_000}`, '--backend', backend],
        ...['--max-retries', '0', '--timeout', '200'],
      ]),
  };
}

function ownTransmit(backend: string): Contender {
  return {
    name: `pacegate transmit, ${backend}`,
    kind: 'own',
    paces: false,
    command: (pair, { rate, packets }) => [
      ...([process.execPath, path.join(scripts, 'transmit.mjs')] as const),
      JSON.stringify({
        ...{ backend, rate, packets, interface: 'tx0', source: SOURCE, destination: '10.128.0.0' },
        ...{ sourceMac: pair.senderMac, gatewayMac: pair.receiverMac },
      }),
    ],
  };
}

/** What the machine does with no more than the system calls: the bound for whoever uses them. */
function bare(name: string, program: string, how: (pair: VethPair) => string[]): Contender {
  return {
    name,
    kind: 'bare',
    paces: false,
    command: (pair) => [tool(program), 'tx0', ...how(pair), '60'],
  };
}

const tool = (name: string): string => path.join(process.env['PACEGATE_BENCH_TOOLS'] ?? '', name);

function packageSender(name: string): Contender {
  return {
    name: `npm ${name}`,
    kind: 'peer',
    paces: false,
    absent: () => senderPackages.missing(name),
    command: (pair) => [
      ...([process.execPath, path.join(scripts, `${name}.mjs`)] as const),
      JSON.stringify({
        ...{ module: senderPackages.resolve(name), interface: 'tx0', source: SOURCE },
        ...{ destination: '10.78.0.1', sourceMac: pair.senderMac, gatewayMac: pair.receiverMac },
      }),
    ],
  };
}

function missingCommand(name: string): string | undefined {
  try {
    execFileSync('which', [name], { stdio: 'ignore' });
    return undefined;
  } catch {
    return `${name} is not installed`;
  }
}
