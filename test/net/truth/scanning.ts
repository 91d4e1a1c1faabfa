// Scans against the truth: what they must find, and what they found.
import type { Namespace } from '../namespace.js';
import { wordsOf, type Kind, type Truth } from '../responder/truth.js';
import { pacegate, scanLines, type Finding, type ScanLine } from '../tools.js';

/** Every backend that sends Ethernet frames; rawip has the loopback device's own tests. */
export const backends = ['packet', 'xdp', 'pcap'] as const;
export type Backend = (typeof backends)[number];

/** Consecutive addresses, in their canonical text; of IPv6 those that differ in the group after the `::`. */
export function addressesFrom(first: string, count: number): string[] {
  const [network = '', host] = first.split('::');
  if (host !== undefined) {
    const start = Number.parseInt(host, 16);
    return Array.from({ length: count }, (_, i) => `${network}::${(start + i).toString(16)}`);
  }
  const [start = 0] = wordsOf(first);
  return Array.from({ length: count }, (_, i) => {
    const word = start + i;
    return [24, 16, 8, 0].map((shift) => (word >>> shift) & 255).join('.');
  });
}

export function portsTo(last: number): number[] {
  return Array.from({ length: last }, (_, i) => i + 1);
}

/** What a scan says about a port of each kind. */
const findingOf: Readonly<Record<Kind, Finding>> = {
  open: { state: 'open', reason: 'syn-ack' },
  closed: { state: 'closed', reason: 'reset' },
  prohibited: { state: 'filtered', reason: 'admin-prohibited' },
  silent: { state: 'filtered', reason: 'no-response' },
};

/** Pairs without a result, with a wrong one (found, not true), of no target, and with a second one; a few of each. */
export interface Difference {
  readonly missing: readonly string[];
  readonly wrong: readonly string[];
  readonly invented: readonly string[];
  readonly twice: readonly string[];
}

export const none: Difference = { missing: [], wrong: [], invented: [], twice: [] };

/** Results against the truth of every (address, port). */
export function differenceFrom(
  truth: Truth,
  addresses: readonly string[],
  ports: readonly number[],
  lines: readonly ScanLine[],
): Difference {
  const open = new Map<string, Finding>();
  for (const address of addresses) {
    const words = wordsOf(address);
    for (const port of ports) open.set(`${address} ${port}`, findingOf[truth.kind(words, port)]);
  }
  const [wrong, invented, twice]: string[][] = [[], [], []];
  const seen = new Set<string>();
  for (const { address, port, state, reason } of lines) {
    const pair = `${address} ${port}`;
    const expected = open.get(pair);
    if (expected === undefined) invented?.push(`${pair}: ${state}`);
    else if (seen.has(pair)) twice?.push(pair);
    else if (expected.state !== state || expected.reason !== reason) {
      wrong?.push(`${pair}: ${state} ${reason}, not ${expected.state} ${expected.reason}`);
    }
    seen.add(pair);
  }
  const missing = [...open.keys()].filter((pair) => !seen.has(pair));
  const few = (pairs: readonly string[] = []) =>
    pairs.length > 5 ? [`${pairs.length} of them`, ...pairs.slice(0, 5)] : pairs;
  return { missing: few(missing), wrong: few(wrong), invented: few(invented), twice: few(twice) };
}

export interface Summary {
  readonly complete: boolean;
  readonly statistics: Readonly<Record<string, number>> & { readonly backend: string };
}

export interface Scanned {
  readonly lines: readonly ScanLine[];
  readonly summary: Summary;
}

/** A SYN scan that must come to its end, by the backend it was told to use. */
export async function scanned(
  namespace: Namespace,
  backend: Backend | 'rawip',
  args: readonly string[],
): Promise<Scanned> {
  const { code, stdout, stderr } = await pacegate(namespace, [
    ...[
      'scan',
      '-sS',
      '--backend',
      backend,
      '-oJ',
      '-',
      '--json-summary',
      '--no-progress',
      ...args,
    ],
  ]);
  if (code !== 0) throw new Error(`pacegate scan ${args.join(' ')} ended with ${code}: ${stderr}`);
  const line = stderr.split('\n').find((text) => text.startsWith('{"type":"summary"'));
  const summary = JSON.parse(line ?? '') as Summary;
  if (summary.statistics.backend !== backend) throw new Error(`not by ${backend}: ${stderr}`);
  return { lines: scanLines(stdout), summary };
}
