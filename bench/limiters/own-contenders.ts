// pacegate's limiters and the hand-written yardstick.
import { FixedWindow, HybridLimiter, type Limiter, SlidingWindow, TokenBucket } from 'pacegate';
import {
  awaited,
  betweenAwaits,
  burstOf,
  type Contender,
  type Promised,
  type Quota,
  ratePerSecond,
  type Subject,
  synchronous,
} from './contender.js';
import { HandWrittenBucket } from './hand-written-bucket.js';

export const YARDSTICK = 'hand-written bucket';
export const YARDSTICK_AWAIT = 'hand-written, await between';
export const OWN_DEFAULT = 'TokenBucket';
export const OWN_STRICT = 'TokenBucket, lease: false';
export const OWN_AWAIT = 'TokenBucket, await between';

const bucketOptions = (quota: Quota): { rate: number; burst: number } => ({
  rate: ratePerSecond(quota),
  burst: burstOf(quota),
});

/** An exact window remembers each grant, so none is asked for a billion: 65 536 in a millisecond is as good. */
const MAX_EXACT = 65_536;
const exactQuota = ({ limit, windowMs }: Quota): { limit: number; windowMs: number } =>
  limit > MAX_EXACT ? { limit: MAX_EXACT, windowMs: 1 } : { limit, windowMs };

const windowOf = ({ limit, windowMs }: Quota): { limit: number; windowMs: number } => ({
  limit,
  windowMs,
});

function own(name: string, promised: Promised, make: (quota: Quota) => Limiter): Contender {
  return {
    ...{ name, promised, use: 'limiter.tryAcquire()' },
    open(quota) {
      const limiter = make(quota);
      return synchronous(() => limiter.tryAcquire());
    },
  };
}

function handWritten(quota: Quota): () => boolean {
  const bucket = new HandWrittenBucket(ratePerSecond(quota), burstOf(quota));
  return () => bucket.tryTake();
}

/** How it is called is what differs: correctness is that of the row above. */
function betweenAwaitsOf(name: string, attemptOf: (quota: Quota) => () => boolean): Contender {
  const open = (quota: Quota): Subject => betweenAwaits(attemptOf(quota));
  return { name, use: 'the same, then await', promised: 'bucket', onlySpeed: true, open };
}

export const ownContenders: readonly Contender[] = [
  {
    name: YARDSTICK,
    use: 'bucket.tryTake(), on performance.now()',
    promised: 'bucket',
    open: (quota) => synchronous(handWritten(quota)),
  },
  own(OWN_DEFAULT, 'bucket', (quota) => new TokenBucket(bucketOptions(quota))),
  own(OWN_STRICT, 'bucket', (quota) => new TokenBucket({ ...bucketOptions(quota), lease: false })),
  own('FixedWindow', 'window', (quota) => new FixedWindow(windowOf(quota))),
  own(
    'SlidingWindow, exact',
    'window',
    (quota) => new SlidingWindow({ ...exactQuota(quota), precision: 'exact' }),
  ),
  own(
    'SlidingWindow, 64 parts',
    'window',
    (quota) => new SlidingWindow({ ...windowOf(quota), precision: 64 }),
  ),
  own(
    'HybridLimiter',
    'window',
    (quota) => new HybridLimiter({ ...bucketOptions(quota), windowMs: quota.windowMs }),
  ),
  betweenAwaitsOf(YARDSTICK_AWAIT, handWritten),
  betweenAwaitsOf(OWN_AWAIT, (quota) => {
    const bucket = new TokenBucket(bucketOptions(quota));
    return () => bucket.tryAcquire();
  }),
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
