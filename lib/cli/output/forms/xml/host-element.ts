// One host as nmap writes it: open ports one by one, what most of the others are in numbers.

import type { PortState } from '../../../../scan/index.js';
import type { TimedResult } from '../../spool/packed-result.js';
import { portText } from './port-text.js';
import { serviceName } from './service-names.js';
import { element } from './xml-text.js';

/** Of more ports in one state than these, only open ones are written one by one. */
const FEW = 25;

/** Has a host said anything? Silence and what this machine did not even ask are no answers. */
export function hasAnswered(results: readonly TimedResult[]): boolean {
  return results.some(isAnswer);
}

function isAnswer({ state, rttMs }: TimedResult): boolean {
  return state === 'open' || state === 'closed' || rttMs !== undefined;
}

/**
 * Writes a host in lines.
 *
 * @param results - of one host, by port, at least one
 * @param timeoutMs - how long each answer was awaited
 */
export function hostElement(results: readonly TimedResult[], timeoutMs: number): string[] {
  const times = results.map(({ atS }) => atS).sort((a, b) => a - b);
  const [{ address } = { address: '' }] = results;
  return [
    `<host starttime="${times.at(0) ?? 0}" endtime="${times.at(-1) ?? 0}">`,
    statusElement(results),
    element('address', { addr: address, addrtype: address.includes(':') ? 'ipv6' : 'ipv4' }),
    '<hostnames>\n</hostnames>', // as nmap writes none: there are readers who look for the line end
    ...portsElement(results),
    ...timesElement(results, timeoutMs),
    '</host>',
  ];
}

function statusElement(results: readonly TimedResult[]): string {
  const answer = results.find(isAnswer);
  const { reason, ttl } = answer ?? { reason: 'no-response', ttl: undefined };
  const state = answer === undefined ? 'unknown' : 'up';
  return element('status', { state, reason, reason_ttl: ttl ?? 0 });
}

function portsElement(results: readonly TimedResult[]): string[] {
  const byState = groupBy(results, ({ state }) => state);
  const many = [...byState].filter(([state, those]) => state !== 'open' && those.length > FEW);
  const summed = new Set(many.map(([state]) => state));
  return [
    '<ports>',
    ...many.map(([state, those]) => extraPorts(state, those)),
    ...results.filter(({ state }) => !summed.has(state)).map(portElement),
    '</ports>',
  ];
}

function extraPorts(state: PortState, results: readonly TimedResult[]): string {
  const reasons = [...groupBy(results, ({ reason }) => reason)].map(([reason, those]) =>
    element('extrareasons', {
      reason,
      count: those.length,
      proto: 'tcp',
      ports: portText(those.map(({ port }) => port)),
    }),
  );
  return element('extraports', { state, count: results.length }, reasons.join(''));
}

function portElement({ port, protocol, state, reason, ttl }: TimedResult): string {
  const verdict = element('state', { state, reason, reason_ttl: ttl ?? 0 });
  // nmap's word for a name that was looked up in a table, and how sure it is of it.
  const service = element('service', { name: serviceName(port), method: 'table', conf: 3 });
  return element('port', { protocol, portid: port }, `${verdict}${service}`);
}

function groupBy<K>(
  results: readonly TimedResult[],
  keyOf: (result: TimedResult) => K,
): Map<K, TimedResult[]> {
  const groups = new Map<K, TimedResult[]>();
  for (const result of results) {
    const group = groups.get(keyOf(result));
    if (group === undefined) groups.set(keyOf(result), [result]);
    else group.push(result);
  }
  return groups;
}

/** Round-trip times smoothed over the ports as RFC 6298 does over packets, in microseconds. */
function timesElement(results: readonly TimedResult[], timeoutMs: number): string[] {
  const [first, ...rest] = results.flatMap(({ rttMs }) => (rttMs === undefined ? [] : [rttMs]));
  if (first === undefined) return [];
  let srtt = first;
  let rttvar = first / 2;
  for (const rtt of rest) {
    rttvar += (Math.abs(srtt - rtt) - rttvar) / 4;
    srtt += (rtt - srtt) / 8;
  }
  const us = (ms: number): number => Math.round(ms * 1000);
  return [element('times', { srtt: us(srtt), rttvar: us(rttvar), to: us(timeoutMs) })];
}
