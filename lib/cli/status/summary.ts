// How a scan went, on standard error when it is over.

import type { RunSummary } from '../running-scan.js';
import { count, rate } from './format.js';

/** The summary as two or three lines of text. */
export function summaryLines(summary: RunSummary): string[] {
  const { statistics } = summary;
  const found = (['open', 'closed', 'filtered', 'unknown'] as const)
    .filter((state) => state !== 'unknown' || statistics.unknown > 0)
    .map((state) => `${count(statistics[state])} ${state}`)
    .join(', ');
  const how =
    summary.technique === 'connect' ? 'connect' : `${summary.technique}, ${statistics.backend}`;
  return [
    `pacegate: ${extent(summary)} in ${(summary.durationMs / 1000).toFixed(2)} s (${how}): ${found}`,
    `pacegate: rate asked ${rate(statistics.targetPacketsPerSecond)}/s, sent ${sent(summary)}; seed ${summary.seed}`,
    ...foundRate(summary),
    ...fleet(summary),
    ...backedOff(summary),
    ...losses(summary),
    ...recorded(summary),
  ];
}

/** One packet has no rate. */
function sent({ statistics }: RunSummary): string {
  const packets = `${count(statistics.sent)} ${plural(statistics.sent, 'packet')}`;
  return statistics.packetsPerSecond > 0
    ? `${rate(statistics.packetsPerSecond)}/s (${packets})`
    : packets;
}

function extent(summary: RunSummary): string {
  const { total } = summary.statistics;
  const isShard = total > 0 && total < summary.ports * summary.addresses;
  const part = isShard ? `${count(total)} ${plural(total, 'pair')} of ` : '';
  const of = `${part}${count(summary.ports)} ${plural(summary.ports, 'port')} of ${count(summary.addresses)} ${plural(summary.addresses, 'address')}`;
  if (summary.complete) return `${of} scanned`;
  return `stopped after ${count(summary.statistics.settled)} probes of ${of}`;
}

function plural(number: number, noun: string): string {
  if (number === 1) return noun;
  return noun.endsWith('s') ? `${noun}es` : `${noun}s`;
}

/** Why an automatic rate became what it is. */
function foundRate({ statistics: { autoRate } }: RunSummary): string[] {
  if (autoRate === undefined) return [];
  const { boundBy, losslessRate, lossyRate, canaries, canariesLost } = autoRate;
  const why = {
    search: 'the scan was over before the limit was found',
    path: `packets were lost or held up at ${lossyRate > 0 ? `${rate(lossyRate)}/s` : 'higher rates'}`,
    receiver: 'this host could not take more answers',
    sender: 'this host could not send faster',
    cap: '--max-rate-cap allows no more',
    nobody: 'too few targets answered to judge by',
  }[boundBy];
  const best = losslessRate > 0 ? `nothing lost up to ${rate(losslessRate)}/s; ` : '';
  return [
    `pacegate: automatic rate ${rate(autoRate.rate)}/s: ${best}${why} (${count(canariesLost)} of ${count(canaries)} canaries lost)`,
  ];
}

/** What the others have done; the lines before it are about this member. */
function fleet({ statistics }: RunSummary): string[] {
  if (!('fleet' in statistics) || statistics.fleet === undefined) return [];
  const { done, shards, settled, open } = statistics.fleet;
  return [
    `pacegate: fleet: ${count(done)} of ${count(shards)} shards done by all members, ${count(settled)} ${plural(settled, 'pair')}, ${count(open)} open`,
  ];
}

/** Targets that asked for less until the end. */
function backedOff({ statistics }: RunSummary): string[] {
  const { rateLimitTimeouts, allBackedOff, parked } = statistics;
  const what = [
    ...(rateLimitTimeouts > 0
      ? [`${count(rateLimitTimeouts)} ${plural(rateLimitTimeouts, 'pair')} unknown for it`]
      : []),
    ...(parked > 0 ? [`${count(parked)} ${plural(parked, 'pair')} still waiting`] : []),
  ].join(', ');
  if (what === '') return [];
  const who = allBackedOff ? 'all targets backed off' : 'targets backed off';
  return [`pacegate: ${who} (rate limit): ${what}`];
}

/** What may have cost results, where it happened. */
function losses({ statistics }: RunSummary): string[] {
  const lost = [
    [statistics.sendFailures, 'packet', 'the system refused'],
    [statistics.kernelDropped, 'answer', 'dropped by a full receive ring'],
    [statistics.silentNeighbours, 'host', 'on the link without an answer to ARP or NDP'],
  ] as const;
  const named = lost
    .filter(([number]) => number > 0)
    .map(([number, noun, what]) => `${count(number)} ${plural(number, noun)} ${what}`);
  return named.length === 0 ? [] : [`pacegate: ${named.join(', ')}`];
}

/** What is in the capture file. */
function recorded({ statistics: { pcap } }: RunSummary): string[] {
  if (pcap === undefined) return [];
  const missing = pcap.dropped > 0 ? `; ${count(pcap.dropped)} could not be recorded` : '';
  return [
    `pacegate: ${pcap.file}: ${count(pcap.sent)} ${plural(pcap.sent, 'packet')} sent, ${count(pcap.received)} received${missing}`,
  ];
}

/** The summary as one line of JSON. */
export function jsonSummary(summary: RunSummary, isInterrupted: boolean): string {
  return JSON.stringify({ type: 'summary', interrupted: isInterrupted, ...summary });
}
