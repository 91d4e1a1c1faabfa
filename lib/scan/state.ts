// What is needed to go on with a scan later, and the proof that it is the same scan.

import { createHash } from 'node:crypto';
import { invalidArgument } from '../internal/check.js';
import type { Shard } from './shard.js';
import { isHostProgress, type HostProgress } from './hosts/host-progress.js';
import { encodeRanges, type AddressRange } from './targets/address-range.js';

/** Where a scan stands. Plain JSON; give it back as `resume` with the same targets, ports, excludes and shard. */
export interface ScanState {
  readonly version: 1;
  /** The order of probes belongs to the technique too. */
  readonly technique: 'syn' | 'connect';
  readonly seed: number;
  /**
   * Everything before this position of the order is settled. Some pairs after it may have answered already when a
   * scan is stopped; a resumed scan probes and reports those again, so none is lost and a few may come twice.
   */
  readonly position: number;
  /** Digest of addresses, ports, seed, shard, technique, and whether there is a hostgroup. */
  readonly planHash: string;
  /** With a hostgroup: which targets are begun and not finished, and how far each of them is; absent when none is. */
  readonly hosts?: HostProgress;
}

/** Digest of everything that fixes which probe stands at which position. */
export function planHash(plan: {
  technique: string;
  seed: number;
  ranges: readonly AddressRange[];
  ports: Uint16Array;
  shard: Shard | undefined;
  hasHostgroup?: boolean;
}): string {
  const hash = createHash('sha256');
  hash.update(`pacegate-scan-1\0${plan.technique}\0${plan.seed}\0${plan.ranges.length}\0`);
  hash.update(encodeRanges(plan.ranges));
  hash.update(plan.ports.join(','));
  if (plan.shard !== undefined) hash.update(`\0${plan.shard.index}/${plan.shard.count}`);
  if (plan.hasHostgroup === true) hash.update('\0hostgroup');
  return hash.digest('hex');
}

/**
 * Checks that `value` has the shape of a {@link ScanState}.
 *
 * @throws PacegateError (`ERR_PACEGATE_INVALID_ARGUMENT`)
 */
export function checkScanState(value: unknown): ScanState {
  if (!isScanState(value)) {
    throw invalidArgument('resume', value, 'a state given by scan.state() of this version');
  }
  return value;
}

function isScanState(value: unknown): value is ScanState {
  if (typeof value !== 'object' || value === null) return false;
  const state = value as Partial<Record<keyof ScanState, unknown>>;
  return (
    state.version === 1 &&
    (state.technique === 'syn' || state.technique === 'connect') &&
    isCount(state.seed) &&
    isCount(state.position) &&
    typeof state.planHash === 'string' &&
    (state.hosts === undefined || isHostProgress(state.hosts))
  );
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
