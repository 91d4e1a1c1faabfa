// What only a SYN scan can do.

import type { ScanSettings } from './options.js';
import { notSupported } from './scan-errors.js';

/**
 * The connect technique neither sees who complains nor sends packet by packet, it has no packets of its own to record, and it has one order for all targets.
 *
 * @throws PacegateError (`ERR_PACEGATE_NOT_SUPPORTED`) where an option that needs SYN packets is in use
 */
export function refuseSynOnly(
  { backoff, hosts, pcap }: Pick<ScanSettings, 'backoff' | 'hosts' | 'pcap'>,
  why: string,
): void {
  const inUse = [
    ...(pcap === undefined ? [] : ['pcap']),
    ...(backoff.adaptiveRate ? ['adaptiveRate'] : []),
    ...(backoff.maxTargetRate > 0 ? ['maxTargetRate'] : []),
    ...(backoff.maxPrefixRate.rate > 0 ? ['maxPrefixRate'] : []),
    ...(hosts.timeoutMs > 0 ? ['hostTimeoutMs'] : []),
    ...(hosts.tarpit.isSkipped ? ['tarpit'] : []),
    ...(hosts.max > 0 && hosts.timeoutMs === 0 && !hosts.tarpit.isSkipped ? ['maxHostgroup'] : []),
    ...(hosts.max === 0 && hosts.adaptiveTimeout ? ['adaptiveTimeout'] : []),
  ];
  if (inUse.length === 0) return;
  const verb = inUse.length > 1 ? 'need' : 'needs';
  throw notSupported(`${inUse.join(' and ')} ${verb} the technique 'syn'; ${why}`);
}
