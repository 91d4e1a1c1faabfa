// pacegate's limiters and the hand-written yardstick.
import { TokenBucket } from 'pacegate';
import {
  awaited,
  betweenAwaits,
  burstOf,
  type Contender,
  type Quota,
  ratePerSecond,
  synchronous,
} from './contender.js';
import { HandWrittenBucket } from './hand-written-bucket.js';

const bucketOptions = (quota: Quota): { rate: number; burst: number } => ({
  rate: ratePerSecond(quota),
  burst: burstOf(quota),
});

export const YARDSTICK = 'hand-written bucket';
export const OWN_DEFAULT = 'TokenBucket';
export const OWN_AWAIT = 'TokenBucket, await between';
export const YARDSTICK_AWAIT = 'hand-written, await between';

export const ownContenders: readonly Contender[] = [
  {
    name: YARDSTICK,
    use: 'bucket.tryTake(), on performance.now()',
    promised: 'bucket',
    open(quota) {
      const bucket = new HandWrittenBucket(ratePerSecond(quota), burstOf(quota));
      return synchronous(() => bucket.tryTake());
    },
  },
  {
    name: OWN_DEFAULT,
    use: 'bucket.tryAcquire()',
    promised: 'bucket',
    open(quota) {
      const bucket = new TokenBucket(bucketOptions(quota));
      return synchronous(() => bucket.tryAcquire());
    },
  },
  {
    name: YARDSTICK_AWAIT,
    use: 'bucket.tryTake(); await',
    promised: 'bucket',
    onlySpeed: true,
    open(quota) {
      const bucket = new HandWrittenBucket(ratePerSecond(quota), burstOf(quota));
      return betweenAwaits(() => bucket.tryTake());
    },
  },
  {
    name: OWN_AWAIT,
    use: 'bucket.tryAcquire(); await',
    promised: 'bucket',
    onlySpeed: true,
    open(quota) {
      const bucket = new TokenBucket(bucketOptions(quota));
      return betweenAwaits(() => bucket.tryAcquire());
    },
  },
  {
    name: 'TokenBucket.acquire',
    use: 'await bucket.acquire()',
    promised: 'bucket',
    waits: true,
    open(quota) {
      const bucket = new TokenBucket(bucketOptions(quota));
      return awaited(
        () => bucket.acquire(),
        (allowed) => allowed,
      );
    },
  },
];
