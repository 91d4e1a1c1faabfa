// How many targets a scan has under way at once, and how long it waits for each of them.

import { checkBoolean, checkOptionalNumber, invalidArgument } from '../../internal/check.js';
import { InvalidArgumentError } from '../../internal/errors.js';

/** Hostgroup and time-outs; part of the options of a scan. Technique `syn` only. */
export interface HostScanOptions {
  /**
   * Targets under way at once, 1 to 65 536; by default as many as there are. A target is under way from its first probe
   * until all its ports are settled. Which targets come next is random, and `seed` fixes it.
   */
  maxHostgroup?: number;
  /**
   * With `hostgroupMode: 'barrier'` the next targets are begun when fewer than this are under way, 1 to `maxHostgroup`,
   * default 1: when all are finished. Where there are fewer targets than this, the scan says so
   * (`below-min-hostgroup`). Alone it stands for a `maxHostgroup` of 64, or of itself where that is more.
   */
  minHostgroup?: number;
  /**
   * `sliding`, the default: a target that is finished makes room for the next one at once, so a slow one holds up none.
   * `barrier`: targets go in groups as nmap's do, and the next group waits for the last target of the one before.
   */
  hostgroupMode?: 'sliding' | 'barrier';
  /**
   * Whether measured round-trip times bring the repeated probes of silent ports forward: then such a probe leaves when
   * the smoothed time and four deviations are over (RFC 6298), between 100 ms and `timeoutMs`. With a hostgroup each
   * target has its own times, otherwise the scan has one. After the last probe `timeoutMs` is awaited all the same, so
   * late answers count. Default: true with a hostgroup, otherwise false.
   */
  adaptiveTimeout?: boolean;
}

/** {@link HostScanOptions} checked. */
export interface HostSettings {
  /** 0: no hostgroup. */
  readonly max: number;
  readonly min: number;
  readonly isBarrier: boolean;
  readonly adaptiveTimeout: boolean;
}

/** The names of {@link HostScanOptions}. */
export const HOST_OPTIONS = ['maxHostgroup', 'minHostgroup', 'hostgroupMode', 'adaptiveTimeout'];

/** Of a scan that asks for none of this. */
export const NO_HOSTGROUP: HostSettings = {
  max: 0,
  min: 1,
  isBarrier: false,
  adaptiveTimeout: false,
};

/** Targets at once where a hostgroup is wanted and its size is not said. */
const USUAL_GROUP = 64;
const GROUP = { min: 1, max: 65_536, integer: true } as const;

type Given = Readonly<Record<string, unknown>>;

/** @throws PacegateError (`ERR_PACEGATE_INVALID_ARGUMENT`, `ERR_PACEGATE_OUT_OF_RANGE`) */
export function checkHostOptions(given: Given): HostSettings {
  const min = checkOptionalNumber('minHostgroup', given['minHostgroup'], 1, GROUP);
  const max = checkMax(given, min);
  return {
    max,
    min,
    isBarrier: checkMode(given['hostgroupMode']) === 'barrier',
    adaptiveTimeout: checkBoolean('adaptiveTimeout', given['adaptiveTimeout'], max > 0),
  };
}

function checkMax({ maxHostgroup, minHostgroup, hostgroupMode }: Given, min: number): number {
  const isWanted = (minHostgroup ?? hostgroupMode) !== undefined;
  const usual = isWanted ? Math.max(USUAL_GROUP, min) : 0;
  const max = checkOptionalNumber('maxHostgroup', maxHostgroup, usual, GROUP);
  if (max === 0 || min <= max) return max;
  throw new InvalidArgumentError(`minHostgroup must be at most maxHostgroup (${max}), not ${min}`);
}

function checkMode(value: unknown): 'sliding' | 'barrier' {
  if (value === undefined || value === 'sliding') return 'sliding';
  if (value === 'barrier') return 'barrier';
  throw invalidArgument('hostgroupMode', value, 'one of sliding, barrier');
}

/** What to say of a scan that has fewer targets than are wanted at once. */
export function fewTargets(plan: {
  readonly addresses: number;
  readonly hosts: HostSettings;
}): string | undefined {
  const { addresses, hosts } = plan;
  if (addresses >= hosts.min) return undefined;
  return `fewer targets (${addresses}) than minHostgroup (${hosts.min}): no more can be under way at once`;
}
