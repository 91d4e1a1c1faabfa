// Who scans, how each is told to, and how what it found is read.
import { existsSync } from 'node:fs';
import path from 'node:path';
import type { VethPair } from '../veth-pair.js';
import type { Field } from './ground.js';

export interface Scanner {
  readonly name: string;
  readonly command: (pair: VethPair, field: Field) => readonly [string, ...string[]];
  /** Every `address port` it calls open. */
  readonly found: (stdout: string) => string[];
  readonly absent?: () => string | undefined;
}

const cli = path.resolve(import.meta.dirname, '../../dist/cli/main.js');

/** "open tcp 80 10.0.0.1 1700000000": masscan's list, and ours. */
export function ofList(stdout: string): string[] {
  return stdout.split('\n').flatMap((line) => {
    const [state, , port, address] = line.split(' ');
    return state === 'open' ? [`${address} ${port}`] : [];
  });
}

/** "Host: 10.0.0.1 ()\tPorts: 80/open/tcp//http///, 443/open/tcp//https///" */
export function ofGreppable(stdout: string): string[] {
  return stdout.split('\n').flatMap((line) => {
    const [, address, ports] = /^Host: (\S+) .*Ports: (.*)/.exec(line) ?? [];
    const open = (ports ?? '').split(', ').filter((port) => port.includes('/open/'));
    return open.map((port) => `${address} ${port.split('/')[0]}`);
  });
}

/** @param maxRate - packets a second, or `auto` */
export function pacegate(maxRate: number | 'auto', ...more: readonly string[]): Scanner {
  return {
    name: maxRate === 'auto' ? 'pacegate, auto' : `pacegate at ${maxRate}`,
    command: (_pair, { network, lastPort }) => [
      ...([process.execPath, cli, 'scan', '-sS', network, '-p', `1-${lastPort}`] as const),
      ...['--max-rate', `${maxRate}`, '--max-retries', '1', '--timeout', '1000'],
      ...['--open', '--no-progress', '--json-summary', '-oL', '-', ...more],
    ],
    found: ofList,
  };
}

/** All ports of one host, as fast as it goes. */
export function pacegateConnecting(target: string): readonly [string, ...string[]] {
  return [
    ...([process.execPath, cli, 'scan', '-sT', target, '-p-', '--max-rate', '1000000'] as const),
    ...['--max-retries', '1', '--open', '--no-progress', '--quiet', '-oL', '-'],
  ];
}

/** Waits as long for late answers as pacegate does. @param retries - it sends each probe again so often, answered or not */
export function masscan(rate: number, retries: number): Scanner {
  return {
    name: `masscan at ${rate}, ${retries} retries`,
    absent: () => missing('masscan'),
    command: (pair, { network, lastPort }) => [
      ...(['masscan', network, '-p', `1-${lastPort}`, '--rate', `${rate}`, '-oL', '-'] as const),
      ...['-e', 'tx0', '--adapter-ip', '10.77.9.1', '--adapter-mac', pair.senderMac],
      ...['--router-mac', pair.receiverMac, '--wait', '1', '--retries', `${retries}`],
    ],
    found: ofList,
  };
}

export const nmap: Scanner = {
  name: 'nmap -T5',
  absent: () => missing('nmap'),
  command: (_pair, { network, lastPort }) => [
    ...(['nmap', '-n', '-Pn', '-sS', '-T5', '--max-retries', '1'] as const),
    ...['-p', `1-${lastPort}`, '-oG', '-', network],
  ],
  found: ofGreppable,
};

export function missing(name: string): string | undefined {
  const isThere = ['/usr/bin', '/usr/sbin', '/usr/local/bin'].some((folder) =>
    existsSync(path.join(folder, name)),
  );
  return isThere ? undefined : `${name} is not installed`;
}
