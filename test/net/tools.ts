// The programs the tests compare: pacegate as built, and nmap.
import path from 'node:path';
import type { Finished } from './command.js';
import type { Namespace } from './namespace.js';

export const root = path.resolve(import.meta.dirname, '../..');
export const cli = path.join(root, 'dist/cli/main.js');

export interface Finding {
  readonly state: string;
  readonly reason: string;
}

/** `address port` to what was found there. */
export type Findings = ReadonlyMap<string, Finding>;

export interface ScanLine extends Finding {
  readonly address: string;
  readonly port: number;
  readonly protocol: string;
  readonly rttMs?: number;
  readonly ttl?: number;
}

/** Runs `pacegate` inside, optionally through another program (setpriv). */
export function pacegate(
  namespace: Namespace,
  args: readonly string[],
  through: readonly string[] = [],
): Promise<Finished> {
  const [command = process.execPath, ...rest] = [...through, process.execPath, cli, ...args];
  return namespace.run(command, rest);
}

/** Every line of NDJSON output; fails on anything that is not a result. */
export function scanLines(stdout: string): ScanLine[] {
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as ScanLine);
}

/** Fails when a port was reported twice. */
export function findingsOf(lines: readonly ScanLine[]): Findings {
  const findings = new Map<string, Finding>();
  for (const { address, port, state, reason } of lines) {
    const key = `${address} ${port}`;
    if (findings.has(key)) throw new Error(`reported twice: ${key}`);
    findings.set(key, { state, reason });
  }
  return findings;
}

/** A scan that must succeed. */
export async function scanFindings(
  namespace: Namespace,
  args: readonly string[],
): Promise<Findings> {
  const { code, stdout, stderr } = await pacegate(namespace, ['scan', ...args, '-oJ', '-']);
  if (code !== 0) throw new Error(`pacegate scan ${args.join(' ')} ended with ${code}: ${stderr}`);
  return findingsOf(scanLines(stdout));
}

/**
 * What nmap finds. It is kept from looking for hosts first (-Pn, --disable-arp-ping), and sends through the kernel
 * (--send-ip): with its own ARP it would call an address that nobody has "down" and report no ports of it.
 *
 * At most 25 ports a scan: of more than that in one state nmap lists none.
 */
export async function nmapFindings(
  namespace: Namespace,
  technique: '-sS' | '-sT',
  family: 'v4' | 'v6',
  ports: readonly number[],
  targets: readonly string[],
): Promise<Findings> {
  if (ports.length > 25) throw new Error('nmap would not list each of so many ports');
  const { code, stdout, stderr } = await namespace.run('nmap', [
    ...['-n', '-Pn', '--disable-arp-ping', '--send-ip', '--reason', technique, '-T4'],
    ...(family === 'v6' ? ['-6'] : []),
    ...['-p', ports.join(','), '-oX', '-'],
    ...targets,
  ]);
  if (code !== 0) throw new Error(`nmap ended with ${code}: ${stderr}`);
  return parseNmapXml(stdout);
}

function parseNmapXml(xml: string): Findings {
  const findings = new Map<string, Finding>();
  for (const [host] of xml.matchAll(/<host .*?<\/host>/gs)) {
    const address = /<address addr="([^"]+)"/.exec(host)?.[1] ?? '';
    for (const [, port, state = '', reason = ''] of host.matchAll(
      /<port protocol="tcp" portid="(\d+)"><state state="([^"]+)" reason="([^"]+)"/g,
    )) {
      findings.set(`${address} ${port}`, { state, reason });
    }
  }
  return findings;
}
