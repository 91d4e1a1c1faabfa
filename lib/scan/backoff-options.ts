// How a scan treats targets that ask for less, and how much any one of them gets at the most.

import {
  checkBoolean,
  checkNumber,
  checkOptionalNumber,
  checkOptions,
  type NumberBounds,
} from '../internal/check.js';

/** Back-off and caps; part of the options of a scan. */
export interface BackoffScanOptions {
  /**
   * Backs off from targets that answer "administratively prohibited" (ICMP 3/9, 3/10, 3/13; ICMPv6 1/1) to a probe of
   * this scan: nothing for 2 s, then one probe; 4, 8 and 16 s as long as that is answered in the same way. When three
   * addresses of a /24 (IPv6: /64) complain, all of it is left alone. Their other pairs are not skipped: they wait.
   * Default false, for such an answer may as well be that of a filtered port. Technique `syn` only.
   */
  adaptiveRate?: boolean;
  /**
   * After so many milliseconds of silence without a better answer a target's remaining pairs become `unknown`, reason
   * `rate_limit_timeout`; 1 and more, Infinity for never, default 60 000. A pause does not count.
   */
  backoffLimitMs?: number;
  /** Packets a second to any one address, repeated ones included; more than 0, default no cap. */
  maxTargetRate?: number;
  /** Packets a second to any one network together; a number means /24 and /64. */
  maxPrefixRate?: number | MaxPrefixRate;
}

/** A cap for networks of another size. */
export interface MaxPrefixRate {
  /** Packets a second. */
  rate: number;
  /** Leading bits that make the network of an IPv4 address, 0 to 32, default 24. */
  prefixV4?: number;
  /** The same for IPv6, 0 to 128, default 64. */
  prefixV6?: number;
}

/** {@link BackoffScanOptions} checked; 0 is no cap. */
export interface BackoffSettings {
  readonly adaptiveRate: boolean;
  readonly backoffLimitMs: number;
  readonly maxTargetRate: number;
  readonly maxPrefixRate: Required<Readonly<MaxPrefixRate>>;
}

/** Upper bounds for the packets to one target and to one network. */
export type RateCaps = Pick<BackoffSettings, 'maxTargetRate' | 'maxPrefixRate'>;

/** The names of {@link BackoffScanOptions}. */
export const BACKOFF_OPTIONS = ['adaptiveRate', 'backoffLimitMs', 'maxTargetRate', 'maxPrefixRate'];

const RATE: NumberBounds = { min: 0.001, max: 100_000_000 };

/** @throws PacegateError (`ERR_PACEGATE_INVALID_ARGUMENT`, `ERR_PACEGATE_OUT_OF_RANGE`) */
export function checkBackoffOptions(given: Readonly<Record<string, unknown>>): BackoffSettings {
  const limit = { min: 1, infinity: true };
  return {
    adaptiveRate: checkBoolean('adaptiveRate', given['adaptiveRate'], false),
    backoffLimitMs: checkOptionalNumber('backoffLimitMs', given['backoffLimitMs'], 60_000, limit),
    maxTargetRate: checkOptionalNumber('maxTargetRate', given['maxTargetRate'], 0, RATE),
    maxPrefixRate: checkMaxPrefixRate(given['maxPrefixRate']),
  };
}

function checkMaxPrefixRate(value: unknown): Required<MaxPrefixRate> {
  if (value === undefined) return { rate: 0, prefixV4: 24, prefixV6: 64 };
  if (typeof value === 'number') {
    return { rate: checkNumber('maxPrefixRate', value, RATE), prefixV4: 24, prefixV6: 64 };
  }
  const { rate, prefixV4, prefixV6 } = checkOptions('maxPrefixRate', value, [
    'rate',
    'prefixV4',
    'prefixV6',
  ]);
  const bits = (max: number): NumberBounds => ({ min: 0, max, integer: true });
  return {
    rate: checkNumber('maxPrefixRate.rate', rate, RATE),
    prefixV4: checkOptionalNumber('maxPrefixRate.prefixV4', prefixV4, 24, bits(32)),
    prefixV6: checkOptionalNumber('maxPrefixRate.prefixV6', prefixV6, 64, bits(128)),
  };
}
