// A bucket that native threads are to charge: the option `limiter` of scans and senders.

import { invalidArgument } from '../internal/check.js';
import { systemClock } from '../internal/clock.js';
import { InvalidArgumentError } from '../internal/errors.js';
import { joinableBucket, type JoinableBucket } from '../limiters/bucket/bucket-place.js';
import type { TokenBucket } from '../limiters/token-bucket.js';

/** @throws PacegateError (`ERR_PACEGATE_INVALID_ARGUMENT`) for what is no TokenBucket on the system's clock */
export function checkJoinable(limiter: unknown): JoinableBucket {
  const bucket = joinableBucket(limiter);
  if (bucket === undefined) throw invalidArgument('limiter', limiter, 'a TokenBucket');
  if (bucket.clock !== systemClock) {
    throw new InvalidArgumentError(
      "limiter must run on the system's clock, not on one of its own: native threads read no other",
    );
  }
  return bucket;
}

/**
 * The limiter of a scan, which nothing is done to yet.
 *
 * @throws PacegateError (`ERR_PACEGATE_INVALID_ARGUMENT`); (`ERR_PACEGATE_DISPOSED`) for one that is disposed of
 */
export function checkScanLimiter(limiter: unknown): TokenBucket | undefined {
  if (limiter === undefined) return undefined;
  checkJoinable(limiter);
  const bucket = limiter as TokenBucket;
  bucket.peek();
  return bucket;
}
