import {
  checkNumber,
  checkOptionalNumber,
  checkOptions,
  invalidArgument,
  outOfRange,
} from '../internal/check.js';
import { type Clock, checkClock, systemClock } from '../internal/clock.js';
import { checkShare, type Share, type ShareHandle } from './sharing/share.js';

/** Tokens of a full bucket: a number, or a rule that also holds after the rate has changed. */
export type BurstOption = number | 'scaled';

/** How a {@link TokenBucket} is made. */
export interface TokenBucketOptions {
  /** Tokens per second: above 0, at most 256e9. */
  rate: number;
  /**
   * Tokens of a full bucket, the most that can be had at once: at least 1. By default twice the rate, but not less
   * than 1 nor more than 100. `'scaled'` is what 10 ms bring (1 000/s: 10, 100 000/s: 1 000), at least 1: for
   * packets, where a fixed burst is much at a low rate and nothing at a high one. Both rules hold after `setRate`
   * too. A bucket must fill within 52 days.
   */
  burst?: BurstOption | undefined;
  /** Tokens at the start: 0 to burst; full by default. */
  initialTokens?: number | undefined;
  /** Where time comes from; by default the system's monotonic clock. Whoever shares a bucket needs the same. */
  clock?: Clock | undefined;
  /** Where the bucket is kept, for several to use the same; `'none'` (the default): for this object alone. */
  share?: Share | undefined;
  /**
   * Whether `tryAcquire` may take several tokens from the bucket at a time, and then grant them one by one without
   * asking: that is what makes it fast. The limit holds in every window as without; a bucket that would have been
   * full meanwhile may hold up to one lease less. True by default; with a clock of one's own false by default, so that
   * tests see each token at once. Never done for a shared bucket, nor while somebody waits.
   */
  lease?: boolean | LeaseOptions | undefined;
}

/** How large leases may be. */
export interface LeaseOptions {
  /** Tokens: a whole number from 1 to 2^20; 1 024 by default. How many it is in fact follows the demand. */
  maxTokens?: number | undefined;
}

/** What a bucket is refilled by, and how much it holds. */
export interface BucketQuota {
  /** Tokens per second. */
  rate: number;
  /** Tokens. */
  burst: number;
}

/** Native time is counted in 1/256 ns. */
const MAX_RATE = 256e9;
/** A bucket must fill within this time, about 52 days: 2^60 of the same. */
const MAX_FILL_SECONDS = 2 ** 60 / 256e9;

/** Checked {@link TokenBucketOptions}. */
export interface CheckedTokenBucketOptions {
  quota: BucketQuota;
  /** For {@link checkQuota}, when the rate changes. */
  burstOption: unknown;
  initialTokens: number;
  clock: Clock;
  share: ShareHandle | undefined;
  /** Largest lease in tokens; 0 for none at all. */
  maxLease: number;
}

const KNOWN = ['rate', 'burst', 'initialTokens', 'clock', 'share', 'lease'] as const;
const DEFAULT_MAX_LEASE = 1_024;
const LARGEST_LEASE = 2 ** 20;

/** @throws PacegateError for what is wrong or unknown */
export function checkTokenBucketOptions(options: unknown): CheckedTokenBucketOptions {
  const given = checkOptions('options', options, KNOWN);
  const burstOption = given['burst'];
  const quota = checkQuota(given['rate'], burstOption);
  const { burst } = quota;
  const clock = checkClock('clock', given['clock']);
  return {
    quota,
    burstOption,
    initialTokens: checkOptionalNumber('initialTokens', given['initialTokens'], burst, {
      min: 0,
      max: burst,
    }),
    clock,
    share: checkShare('share', given['share']),
    maxLease: checkLease(given['lease'], clock === systemClock),
  };
}

/** @returns the largest lease; 0 for none */
function checkLease(lease: unknown, byDefault: boolean): number {
  if (lease === undefined || typeof lease === 'boolean') {
    return (lease ?? byDefault) ? DEFAULT_MAX_LEASE : 0;
  }
  if (typeof lease !== 'object' || lease === null) {
    throw invalidArgument('lease', lease, 'true, false or { maxTokens }');
  }
  const given = checkOptions('lease', lease, ['maxTokens']);
  return checkOptionalNumber('lease.maxTokens', given['maxTokens'], DEFAULT_MAX_LEASE, {
    min: 1,
    max: LARGEST_LEASE,
    integer: true,
  });
}

/**
 * Checks rate and burst together, before anything is made or changed.
 *
 * @param burst - undefined: twice the rate, from 1 to 100; `'scaled'`: a hundredth of the rate (10 ms), at least 1
 * @throws InvalidArgumentError, InvalidRangeError
 */
export function checkQuota(rate: unknown, burst: unknown): BucketQuota {
  const checked = checkNumber('rate', rate, { above: 0, max: MAX_RATE });
  const size = burstFor(checked, burst);
  if (size / checked > MAX_FILL_SECONDS) {
    const limit = 'that fill the bucket within 52 days';
    throw outOfRange('rate and burst', `${checked}/s and ${size}`, `values ${limit}`);
  }
  return { rate: checked, burst: size };
}

function burstFor(rate: number, burst: unknown): number {
  if (burst === undefined) return Math.max(1, Math.min(2 * rate, 100));
  if (burst === 'scaled') return Math.max(1, rate / 100);
  return checkNumber('burst', burst, { min: 1 });
}
