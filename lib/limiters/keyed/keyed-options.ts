import {
  checkBoolean,
  checkOptionalNumber,
  checkOptions,
  invalidArgument,
  outOfRange,
} from '../../internal/check.js';
import { type Clock, checkClock } from '../../internal/clock.js';
import { InvalidArgumentError } from '../../internal/errors.js';
import { badCost, isCost } from '../decision.js';
import { checkShare, type Share, type ShareHandle } from '../sharing/share.js';
import { type BucketQuota, checkQuota } from '../token-bucket-options.js';

/** How a `KeyedLimiter` is made. */
export interface KeyedLimiterOptions {
  /** Tokens per second and key: above 0, at most 256e9. */
  rate: number;
  /**
   * Tokens of a full bucket, the most that a key can have at once: at least 1. By default twice the rate, but not less
   * than 1 nor more than 100; this rule holds after `setRate` too. A bucket must fill within 52 days.
   */
  burst?: number | undefined;
  /**
   * Most keys to remember at once: a whole number from 1 to 2^32; 1 000 000 by default, which is 32 MB when they are
   * all there. Memory follows the number of keys.
   */
  maxKeys?: number | undefined;
  /**
   * How long a key is remembered after its bucket is full again, in milliseconds: 0 to 52 days; 60 000 by default. A
   * full bucket is what a new key has, so forgetting one changes no answer: this is about memory, `size`, and about
   * who keeps a place when all are taken (see `KeyedLimiter`).
   */
  idleMs?: number | undefined;
  /**
   * Whether text that is a whole IP address counts as that address; true by default. `'1.2.3.4'`, `'::ffff:1.2.3.4'`
   * and the number `0x01020304` are one key then, all ways to write an IPv6 address are one key, and `ipv6Prefix`
   * holds. Any other text (`'1.2.3.4:80'`, `'fe80::1%eth0'`, `'01.2.3.4'`) is a key as it stands. With false all
   * text is: for names that people choose.
   */
  addresses?: boolean | undefined;
  /**
   * Leading bits of an IPv6 address that make its key: 1 to 128. 64 by default, the network that one customer is given
   * at the least, who could else come from a new address with every request; 128: each address by itself.
   */
  ipv6Prefix?: number | undefined;
  /** Where time comes from; by default the system's monotonic clock. */
  clock?: Clock | undefined;
  /**
   * Where its state is, for others to use it too; `'none'` by default. See {@link Share}. A shared one takes the memory
   * of `maxKeys` at once (`KeyedLimiter.sharedBytes`), and all who share it must use the same clock.
   */
  share?: Share | undefined;
}

/** Checked {@link KeyedLimiterOptions}. */
export interface CheckedKeyedLimiterOptions {
  quota: BucketQuota;
  /** For `checkKeyedQuota`, when the rate changes. */
  burstOption: unknown;
  maxKeys: number;
  idleMs: number;
  /** 0: text is never an address. */
  ipv6Prefix: number;
  clock: Clock;
  share: ShareHandle | undefined;
}

const KNOWN = ['rate', 'burst', 'maxKeys', 'idleMs', 'addresses', 'ipv6Prefix', 'clock', 'share'];
const MAX_KEYS = { min: 1, max: 2 ** 32, integer: true } as const;
const DEFAULT_MAX_KEYS = 1_000_000;
const DEFAULT_IDLE_MS = 60_000;
const LONGEST_IDLE_MS = 52 * 86_400_000;
const LONGEST_BLOCK_MS = 208 * 86_400_000;

/** @throws PacegateError for what is wrong or unknown */
export function checkKeyedLimiterOptions(options: unknown): CheckedKeyedLimiterOptions {
  const given = checkOptions('options', options, KNOWN);
  const burstOption = given['burst'];
  const quota = checkKeyedQuota(given['rate'], burstOption);
  const readsAddresses = checkBoolean('addresses', given['addresses'], true);
  if (!readsAddresses && given['ipv6Prefix'] !== undefined) {
    throw new InvalidArgumentError('ipv6Prefix must not be given where addresses is false');
  }
  return {
    quota,
    burstOption,
    maxKeys: checkMaxKeys(given),
    idleMs: checkOptionalNumber('idleMs', given['idleMs'], DEFAULT_IDLE_MS, {
      min: 0,
      max: LONGEST_IDLE_MS,
    }),
    ipv6Prefix: readsAddresses ? checkPrefix(given['ipv6Prefix']) : 0,
    clock: checkClock('clock', given['clock']),
    share: checkShare('share', given['share']),
  };
}

/** The one option that says how large a table is; the default where it is absent. */
export function checkMaxKeys(options: unknown): number {
  const { maxKeys } = checkOptions('options', options, KNOWN);
  return checkOptionalNumber('maxKeys', maxKeys, DEFAULT_MAX_KEYS, MAX_KEYS);
}

function checkPrefix(value: unknown): number {
  return checkOptionalNumber('ipv6Prefix', value, 64, { min: 1, max: 128, integer: true });
}

/** As `checkQuota`, for limits per key: `'scaled'` is for packets. */
export function checkKeyedQuota(rate: unknown, burst: unknown): BucketQuota {
  if (typeof burst === 'string') throw invalidArgument('burst', burst, 'a number');
  return checkQuota(rate, burst);
}

/** What a limiter can be asked about. Written so that it costs next to nothing. */
export function isKey(key: unknown): key is string | number {
  return typeof key === 'string' || (typeof key === 'number' && key >>> 0 === key);
}

/** The error for a key that {@link isKey} refuses. */
export function badKey(key: unknown): Error {
  const expected = 'a string, or a whole number from 0 to 4294967295';
  return typeof key === 'number'
    ? outOfRange('key', key, expected)
    : invalidArgument('key', key, expected);
}

/** @throws PacegateError for a wrong key or number of tokens */
export function checkRequest(key: unknown, name: string, tokens: unknown): void {
  if (!isKey(key)) throw badKey(key);
  if (!isCost(tokens)) throw badCost(name, tokens);
}

/** @throws PacegateError for a duration that is neither 0 to 208 days nor Infinity */
export function checkBlockMs(ms: unknown): number {
  const expected = `a number from 0 to ${LONGEST_BLOCK_MS}, or Infinity`;
  if (typeof ms !== 'number') throw invalidArgument('ms', ms, expected);
  if (!(ms >= 0 && (ms <= LONGEST_BLOCK_MS || ms === Infinity))) {
    throw outOfRange('ms', ms, expected);
  }
  return ms;
}

/** @throws PacegateError when they are no arrays of the right types, or `allowed` is the shorter one */
export function checkBatch(keys: unknown, allowed: unknown): void {
  if (!(keys instanceof Uint32Array)) throw invalidArgument('keys', keys, 'a Uint32Array');
  if (!(allowed instanceof Uint8Array)) throw invalidArgument('allowed', allowed, 'a Uint8Array');
  if (allowed.length < keys.length) {
    throw outOfRange('allowed.length', allowed.length, `at least keys.length (${keys.length})`);
  }
}
