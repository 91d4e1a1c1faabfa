// A scan worked out to the last address: what an engine is made from.

import { randomInt } from 'node:crypto';
import { InvalidArgumentError } from '../internal/errors.js';
import type { TokenBucket } from '../limiters/token-bucket.js';
import type { BackoffSettings } from './backoff-options.js';
import type { HostSettings } from './hosts/host-options.js';
import {
  floorOf,
  isWithin,
  settledIn,
  type HostField,
  type HostProgress,
} from './hosts/host-progress.js';
import type { ScanSettings } from './options.js';
import type { Precision } from './pace-options.js';
import type { PortState } from './reasons.js';
import { invalidArgument, outOfRange } from '../internal/check.js';
import { sliceOf } from './shard.js';
import { AUTO_RATE_START } from './auto-rate.js';
import { planHash, type ScanState } from './state.js';
import { normalizeRanges, totalSize, type AddressRange } from './targets/address-range.js';
import { allowTargets, type TargetAddresses } from './targets/target-policy.js';

/** The addresses and ports of a scan; the technique is not chosen yet. */
export interface ScanField {
  readonly ranges: readonly AddressRange[];
  /** Number of addresses. */
  readonly addresses: number;
  readonly warnings: readonly string[];
}

/** Takes a warning. */
export type Warn = (code: string, message: string) => void;

/** Everything an engine needs. */
export interface ScanPlan {
  readonly technique: 'syn' | 'connect';
  readonly ranges: readonly AddressRange[];
  readonly addresses: number;
  readonly ports: Uint16Array;
  /** The fixed rate, or the most that an automatic one may become. */
  readonly rate: number;
  readonly autoRate: boolean;
  /** Takes a token for each packet, beside the rate. */
  readonly limiter?: TokenBucket | undefined;
  readonly precision: Precision;
  readonly catchUpMs: number;
  readonly retries: number;
  readonly timeoutMs: number;
  /** Connections under way at once, where somebody says. */
  readonly maxWorkers?: number | undefined;
  readonly seed: number;
  readonly interfaceName: string;
  readonly backend: 'auto' | 'xdp' | 'packet' | 'rawip' | 'pcap';
  /** Where packets are recorded, and whether an earlier scan has begun that. */
  readonly pcap?: { readonly file: string; readonly goesOn: boolean } | undefined;
  readonly backoff: BackoffSettings;
  /** Packets a second of all scans that share the caps. */
  readonly capsOfRate?: number | undefined;
  readonly hosts: HostSettings;
  readonly states: readonly PortState[];
  /** The part of the order that is this scan's: all of it, or a shard's. */
  readonly firstPosition: number;
  readonly endPosition: number;
  /** Where to go on: `firstPosition`, or what a resumed scan had reached. */
  readonly startPosition: number;
  /** With a hostgroup: how far the targets are that a resumed scan had begun. */
  readonly hostProgress: HostProgress;
  /** Pairs that earlier runs have settled. */
  readonly settledBefore: number;
  readonly planHash: string;
}

/**
 * Works out which addresses are probed.
 *
 * @throws PacegateError (`ERR_PACEGATE_INVALID_ARGUMENT`, `ERR_PACEGATE_NOT_PERMITTED`, `ERR_PACEGATE_OUT_OF_RANGE`)
 */
export function planField(
  settings: Pick<ScanSettings, 'ports' | 'iAmAuthorised'>,
  targets: readonly TargetAddresses[],
  excludes: readonly TargetAddresses[],
  localBroadcasts: readonly AddressRange[],
): ScanField {
  const { ranges, warnings } = allowTargets(targets, {
    excluded: excludedRanges(excludes),
    localBroadcasts,
    iAmAuthorised: settings.iAmAuthorised,
  });
  const addresses = totalSize(ranges);
  if (addresses === 0n) {
    throw new InvalidArgumentError(
      'targets: no address is left to scan: all are excluded, or broadcast addresses of this host',
    );
  }
  const positions = addresses * BigInt(settings.ports.length);
  if (positions > BigInt(Number.MAX_SAFE_INTEGER)) {
    throw outOfRange('addresses times ports', positions, 'at most 2^53 - 1');
  }
  return { ranges, addresses: Number(addresses), warnings };
}

/** All addresses of the excludes, each once. */
export function excludedRanges(excludes: readonly TargetAddresses[]): AddressRange[] {
  return normalizeRanges(excludes.flatMap((exclude) => exclude.ranges));
}

/**
 * Completes the plan for a technique, and checks that a state to resume belongs to it.
 *
 * @param order - whose order the positions are of: that of native code, or of {@link ConnectScan}
 * @throws PacegateError (`ERR_PACEGATE_INVALID_ARGUMENT`)
 */
export function planScan(
  settings: ScanSettings,
  field: ScanField,
  technique: 'syn' | 'connect',
  order: 'native' | 'script' = 'native',
): ScanPlan {
  const { resume } = settings;
  const seed = settings.seed ?? resume?.seed ?? randomInt(2 ** 48 - 1);
  const { ports, shard, hosts } = settings;
  const hash = planHash({
    ...{ seed, ranges: field.ranges, ports, shard },
    technique: order === 'native' ? technique : `${technique} by script`,
    hasHostgroup: hosts.max > 0,
  });
  const slice = sliceOf(field.addresses * ports.length, shard);
  if (resume !== undefined) checkResume(resume, hash, { slice, ports: ports.length });
  const startPosition = resume?.position ?? slice.first;
  const hostProgress = resume?.hosts ?? [];
  return {
    technique,
    ranges: field.ranges,
    addresses: field.addresses,
    ports,
    ...planRate(settings, technique),
    limiter: settings.limiter,
    precision: settings.precision,
    catchUpMs: settings.catchUpMs,
    retries: settings.retries,
    timeoutMs: settings.timeoutMs,
    maxWorkers: settings.maxWorkers,
    seed,
    interfaceName: settings.interfaceName,
    backend: settings.backend,
    pcap:
      settings.pcap === undefined
        ? undefined
        : { file: settings.pcap, goesOn: resume !== undefined },
    backoff: settings.backoff,
    capsOfRate: settings.capsOfRate,
    hosts,
    states: settings.states,
    firstPosition: slice.first,
    endPosition: slice.end,
    startPosition,
    hostProgress,
    settledBefore:
      hostProgress.length === 0
        ? startPosition - slice.first
        : settledIn(hostProgress, { slice, ports: ports.length }),
    planHash: hash,
  };
}

/** Where connections are all that can be opened, nothing tells what a path loses. */
function planRate(
  { maxRate, autoRate }: ScanSettings,
  technique: 'syn' | 'connect',
): Pick<ScanPlan, 'rate' | 'autoRate'> {
  const isFound = autoRate && technique === 'syn';
  return {
    rate: autoRate && !isFound ? Math.min(maxRate, AUTO_RATE_START) : maxRate,
    autoRate: isFound,
  };
}

function checkResume(state: ScanState, hash: string, field: HostField): void {
  const { planHash: found, position, hosts = [] } = state;
  const { slice } = field;
  const isInside = position >= slice.first && position <= slice.end && isWithin(hosts, field);
  const fits = hosts.length === 0 || floorOf(hosts, field) === position;
  if (found !== hash || !isInside || !fits) {
    throw invalidArgument(
      'resume',
      found.slice(0, 12),
      'the state of a scan of these same targets, excludes, ports, seed, shard and technique, with a hostgroup or without as that one',
    );
  }
}
