// How many targets a scan has under way at once, and how long it waits for each of them.

import { checkBoolean, checkOptionalNumber, invalidArgument } from '../../internal/check.js';
import { InvalidArgumentError } from '../../internal/errors.js';
import {
  checkTarpit,
  NO_TARPIT,
  type TarpitOptions,
  type TarpitSettings,
} from './tarpit-options.js';

/** Hostgroup and time-outs; part of the options of a scan. Where connections are made from JavaScript (not on Linux): technique `syn` only. */
export interface HostScanOptions {
  /**
   * Targets under way at once, 1 to 65 536; by default as many as there are. A target is under way from its first probe
   * until its ports are settled, or, with `adaptiveTimeout`, until nothing more is sent to it and only late answers are
   * awaited. Which targets come next is random, and `seed` fixes it.
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
  /**
   * A target that takes longer is given up: no more probes go to it, and its ports that are still to be probed become
   * `unknown`, reason `host_timeout`. From its first probe on, in milliseconds, 1 and more; a pause does not count.
   * Default never. Alone it stands for a `maxHostgroup` of 64: without one all targets last as long as the scan.
   */
  hostTimeoutMs?: number;
  /**
   * What to do about targets that answer "open" for nearly every port: `warn` names them (warning `tarpit`), `skip` also
   * leaves them alone (`unknown`, reason `too_many_open`), `off` does not look for them. Default `warn` with a hostgroup,
   * otherwise `off`; `warn` and `skip` alone stand for a `maxHostgroup` of 64.
   */
  tarpit?: 'warn' | 'skip' | 'off' | TarpitOptions;
}

/** {@link HostScanOptions} checked. */
export interface HostSettings {
  /** 0: no hostgroup. */
  readonly max: number;
  readonly min: number;
  readonly isBarrier: boolean;
  readonly adaptiveTimeout: boolean;
  /** 0: never. */
  readonly timeoutMs: number;
  readonly tarpit: TarpitSettings;
}

/** The names of {@link HostScanOptions}. */
export const HOST_OPTIONS = [
  ...['maxHostgroup', 'minHostgroup', 'hostgroupMode', 'adaptiveTimeout'],
  ...['hostTimeoutMs', 'tarpit'],
];

/** Of a scan that asks for none of this. */
export const NO_HOSTGROUP: HostSettings = {
  max: 0,
  min: 1,
  isBarrier: false,
  adaptiveTimeout: false,
  timeoutMs: 0,
  tarpit: NO_TARPIT,
};

/** Targets at once where a hostgroup is wanted and its size is not said. */
const USUAL_GROUP = 64;
/** In milliseconds; the most is beyond thirty years. */
const HOST_TIMEOUT = { min: 1, max: 1e12 } as const;
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
    timeoutMs: checkOptionalNumber('hostTimeoutMs', given['hostTimeoutMs'], 0, HOST_TIMEOUT),
    tarpit: checkTarpit(given['tarpit'], max > 0),
  };
}

function checkMax(given: Given, min: number): number {
  const { minHostgroup, hostgroupMode, hostTimeoutMs, tarpit } = given;
  const wishes = [
    minHostgroup,
    hostgroupMode,
    hostTimeoutMs,
    tarpit === 'off' ? undefined : tarpit,
  ];
  const isWanted = wishes.some((wish) => wish !== undefined);
  const usual = isWanted ? Math.max(USUAL_GROUP, min) : 0;
  const max = checkOptionalNumber('maxHostgroup', given['maxHostgroup'], usual, GROUP);
  if (max === 0 || min <= max) return max;
  throw new InvalidArgumentError(`minHostgroup must be at most maxHostgroup (${max}), not ${min}`);
}

function checkMode(value: unknown): 'sliding' | 'barrier' {
  if (value === undefined || value === 'sliding') return 'sliding';
  if (value === 'barrier') return 'barrier';
  throw invalidArgument('hostgroupMode', value, 'one of sliding, barrier');
}
