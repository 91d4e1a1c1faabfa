import type { Clock } from '../../internal/clock.js';
import type { BucketQuota } from '../token-bucket-options.js';

/** A bucket as native threads get at it. */
export interface JoinableBucket {
  readonly clock: Clock;
  /** Shares the bucket, if it is not yet; says where it is and what it was made with. */
  join(): { readonly place: Uint8Array | string; readonly madeWith: BucketQuota };
}

type Reveal = (value: unknown) => JoinableBucket | undefined;

let reveal: Reveal = () => undefined;

/** For `TokenBucket`, which alone sees into its objects. */
export function revealBuckets(by: Reveal): void {
  reveal = by;
}

/** The bucket behind a `TokenBucket`; undefined for any other value. */
export function joinableBucket(value: unknown): JoinableBucket | undefined {
  return reveal(value);
}
