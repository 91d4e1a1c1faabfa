// What only a SYN scan can do.

import type { ScanSettings } from './options.js';
import { notSupported } from './scan-errors.js';

/**
 * Connections do not show who complains, and have no packets to record. Made from JavaScript they also have no caps, and
 * one order for all targets.
 *
 * @param hasSockets - whether native code makes the connections
 * @throws PacegateError (`ERR_PACEGATE_NOT_SUPPORTED`) where an option that needs SYN packets is in use
 */
export function refuseSynOnly(
  { backoff, hosts, pcap }: Pick<ScanSettings, 'backoff' | 'hosts' | 'pcap'>,
  why: string,
  hasSockets: boolean,
): void {
  const inUse = [
    ...(pcap === undefined ? [] : ['pcap']),
    ...(backoff.adaptiveRate ? ['adaptiveRate'] : []),
    ...(hasSockets ? [] : nativeOnly({ backoff, hosts })),
  ];
  if (inUse.length === 0) return;
  const verb = inUse.length > 1 ? 'need' : 'needs';
  throw notSupported(`${inUse.join(' and ')} ${verb} the technique 'syn'; ${why}`);
}

function nativeOnly({ backoff, hosts }: Pick<ScanSettings, 'backoff' | 'hosts'>): string[] {
  return [
    ...(backoff.maxTargetRate > 0 ? ['maxTargetRate'] : []),
    ...(backoff.maxPrefixRate.rate > 0 ? ['maxPrefixRate'] : []),
    ...(hosts.timeoutMs > 0 ? ['hostTimeoutMs'] : []),
    ...(hosts.tarpit.isSkipped ? ['tarpit'] : []),
    ...(hosts.max > 0 && hosts.timeoutMs === 0 && !hosts.tarpit.isSkipped ? ['maxHostgroup'] : []),
    ...(hosts.max === 0 && hosts.adaptiveTimeout ? ['adaptiveTimeout'] : []),
  ];
}
