// What stands around the hosts in nmap's XML (its format version 1.05).

import type { RunEnd, RunStart } from '../../result-sink.js';
import { commandLine, runRecord } from '../../run-record.js';
import { portText } from './port-text.js';
import { element, escapeXml, openTag } from './xml-text.js';

const FORMAT_VERSION = '1.05';

/** Hosts of a document. */
export interface HostCounts {
  /** That answered anything. */
  readonly up: number;
}

/** The lines before the first host. */
export function documentHead(start: RunStart, end: RunEnd): string[] {
  const { version, args, startedAt, ports } = start;
  const { summary } = end;
  const scanInfo = element('scaninfo', {
    type: summary?.technique,
    protocol: 'tcp',
    numservices: ports.length,
    services: portText(ports),
  });
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<!DOCTYPE nmaprun>',
    `<!-- pacegate ${escapeXml(version)}, ${startedAt.toISOString()} -->`,
    openTag('nmaprun', {
      scanner: 'nmap', // the one value that the format has
      args: commandLine(args),
      start: seconds(startedAt),
      startstr: dateText(startedAt),
      version,
      xmloutputversion: FORMAT_VERSION,
    }),
    ...(summary === undefined ? [] : [scanInfo]),
    '<verbose level="0"/>',
    '<debugging level="0"/>',
  ];
}

/** The lines after the last host: what the run tells of itself stands where nmap's scripts would tell of theirs. */
export function documentFoot(start: RunStart, end: RunEnd, { up }: HostCounts): string[] {
  const total = end.summary?.addresses ?? up;
  return [
    element('postscript', {}, runScript(start, end)),
    '<runstats>',
    finishedElement(start, end),
    element('hosts', { up, down: Math.max(total - up, 0), total: Math.max(total, up) }),
    '</runstats>',
    '</nmaprun>',
  ];
}

function runScript(start: RunStart, end: RunEnd): string {
  const record = Object.entries(runRecord(start, end));
  const output = record.map(([name, value]) => `${name}: ${value}`).join('; ');
  const elements = record.map(([key, value]) => element('elem', { key }, escapeXml(String(value))));
  return element('script', { id: 'pacegate', output }, elements.join(''));
}

function finishedElement({ startedAt }: RunStart, end: RunEnd): string {
  const { endedAt, summary, statistics } = end;
  const isWhole = summary?.complete === true && end.failure === undefined;
  const elapsed = ((endedAt.getTime() - startedAt.getTime()) / 1000).toFixed(2);
  return element('finished', {
    time: seconds(endedAt),
    timestr: dateText(endedAt),
    elapsed,
    summary: `pacegate done at ${dateText(endedAt)}; ${statistics.settled} of ${statistics.total} probes in ${elapsed} seconds`,
    exit: isWhole ? 'success' : 'error',
    errormsg: isWhole ? undefined : (end.failure ?? 'stopped before its end'),
  });
}

function seconds(date: Date): number {
  return Math.floor(date.getTime() / 1000);
}

/** `Sat Nov 21 18:40:00 2026`, in universal time. */
function dateText(date: Date): string {
  const [, weekday = '', day = '', month = '', year = '', time = ''] =
    /^(\w+), (\d+) (\w+) (\d+) (\S+)/.exec(date.toUTCString()) ?? [];
  return `${weekday} ${month} ${day} ${time} ${year}`;
}
