// Who scans, how each is told to, and how what it found is read.

import { fileURLToPath } from 'node:url';
import { FAR, NEAR } from './namespace-pair.js';
import type { Command } from './run-program.js';

const PACEGATE = fileURLToPath(new URL('../../main.js', import.meta.url));

export interface Scanner {
  readonly name: string;
  /** What has to be installed; undefined: nothing. */
  readonly program?: string;
  readonly command: Command;
  /** Every `address port` it calls open. */
  readonly found: (stdout: string) => string[];
}

/** `pacegate` itself, quiet but for what it finds and one line of JSON at its end. */
export function pacegateCommand(...args: readonly string[]): Command {
  const quiet = ['--open', '--quiet', '--json-summary'];
  return [process.execPath, PACEGATE, 'scan', ...args, ...quiet];
}

/** @param plan - targets, then `-p` and the ports */
export function synScanners(plan: readonly string[], rate: number): readonly Scanner[] {
  return [
    {
      name: `pacegate -sS at ${rate}/s`,
      command: pacegateCommand('-sS', ...plan, '--max-rate', `${rate}`, '-oL', '-'),
      found: ofList,
    },
    {
      name: `masscan at ${rate}/s`,
      program: 'masscan',
      command: [...masscanCommand(plan, rate), '--wait', '1', '-oL', '-'],
      found: ofList,
    },
    nmap('-sS', plan, rate),
  ];
}

export function connectScanners(plan: readonly string[]): readonly Scanner[] {
  return [
    {
      name: 'pacegate -sT',
      command: pacegateCommand('-sT', ...plan, '--max-rate', '1000000', '-oL', '-'),
      found: ofList,
    },
    nmap('-sT', plan),
  ];
}

/** Its retries are pacegate's; `--min-rate` keeps it from taking its time. */
function nmap(technique: '-sS' | '-sT', plan: readonly string[], rate?: number): Scanner {
  const pace = rate === undefined ? [] : ['--min-rate', `${rate}`];
  return {
    name: `nmap ${technique} -T5${rate === undefined ? '' : ` --min-rate ${rate}`}`,
    program: 'nmap',
    command: [
      ...(['nmap', '-n', '-Pn', technique, '-T5', '--max-retries', '2'] as const),
      ...[...pace, '-oG', '-', ...plan],
    ],
    found: ofGreppable,
  };
}

export function masscanCommand(plan: readonly string[], rate: number): Command {
  return [
    ...(['masscan', ...plan, '--rate', `${rate}`, '-e', NEAR.device] as const),
    ...['--adapter-ip', NEAR.address, '--adapter-mac', NEAR.mac, '--router-mac', FAR.mac],
  ];
}

/** "open tcp 80 10.0.0.1 1700000000": masscan's list, and ours. */
export function ofList(stdout: string): string[] {
  return stdout.split('\n').flatMap((line) => {
    const [state, , port, address] = line.split(' ');
    return state === 'open' ? [`${address ?? ''} ${port ?? ''}`] : [];
  });
}

/** "Host: 10.0.0.1 ()\tPorts: 80/open/tcp//http///, 443/open/tcp//https///" */
export function ofGreppable(stdout: string): string[] {
  return stdout.split('\n').flatMap((line) => {
    const [, address = '', ports = ''] = /^Host: (\S+) .*Ports: ([^\t]*)/.exec(line) ?? [];
    const open = ports.split(', ').filter((port) => port.includes('/open/'));
    return open.map((port) => `${address} ${port.split('/')[0] ?? ''}`);
  });
}
