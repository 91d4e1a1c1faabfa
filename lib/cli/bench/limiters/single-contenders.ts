// One limit, called in a loop.

import { SlidingWindow } from '../../../limiters/sliding-window.js';
import { TokenBucket } from '../../../limiters/token-bucket.js';
import { awaited, BURST, jobs, RATE, synchronous, type Case, type Contender } from './contender.js';
import { HandWrittenBucket } from './hand-written-bucket.js';
import type { BottleneckModule, FlexibleModule, LimiterModule } from './peers.js';

const BOTH: readonly Case[] = ['allowed', 'denied'];
const HOUR_MS = 3_600_000;
/** An exact window remembers what it granted: as many in a millisecond as it may are more than are asked for. */
const MOST_EXACT = 65_536;

function bucket(name: string, lease: boolean, isShared = false): Contender {
  return {
    ...{ name, use: 'tryAcquire()', cases: BOTH },
    open(expected) {
      const quota = { rate: RATE[expected], burst: BURST[expected] };
      const first = new TokenBucket({ ...quota, lease });
      const limiter = isShared ? new TokenBucket({ ...quota, share: first.share }) : first;
      return synchronous(() => limiter.tryAcquire());
    },
  };
}

/** The first is what the others are compared with. */
export const singleContenders: readonly Contender[] = [
  {
    ...{ name: 'hand-written JS bucket', use: 'tryTake()', cases: BOTH },
    open(expected) {
      const limiter = new HandWrittenBucket(RATE[expected], BURST[expected]);
      return synchronous(() => limiter.tryTake());
    },
  },
  bucket('TokenBucket', true),
  bucket('TokenBucket, lease: false', false),
  bucket('TokenBucket, shared by threads', true, true),
  {
    ...{ name: 'SlidingWindow, exact', use: 'tryAcquire()', cases: BOTH },
    open(expected) {
      const [limit, windowMs] = expected === 'allowed' ? [MOST_EXACT, 1] : [1, HOUR_MS];
      const limiter = new SlidingWindow({ limit, windowMs, precision: 'exact' });
      return synchronous(() => limiter.tryAcquire());
    },
  },
  {
    ...{ name: 'limiter, TokenBucket', peer: 'limiter', use: 'tryRemoveTokens(1)', cases: BOTH },
    open(expected, load) {
      const { TokenBucket: Bucket } = load('limiter') as LimiterModule;
      const bucketSize = BURST[expected];
      const quota = { tokensPerInterval: bucketSize, interval: HOUR_MS };
      const limiter = new Bucket({ bucketSize, ...quota });
      limiter.content = bucketSize; // it starts empty
      return synchronous(() => limiter.tryRemoveTokens(1));
    },
  },
  {
    ...{ name: 'rate-limiter-flexible, memory', use: 'await consume(key)', cases: BOTH },
    peer: 'rate-limiter-flexible',
    open(expected, load) {
      const { RateLimiterMemory } = load('rate-limiter-flexible') as FlexibleModule;
      const limiter = new RateLimiterMemory({ points: BURST[expected], duration: 3600 });
      return awaited(() => limiter.consume('one key'));
    },
  },
  {
    ...{ name: 'bottleneck', peer: 'bottleneck', use: '20 schedule(job)', cases: ['allowed'] },
    open(_expected, load) {
      const Bottleneck = load('bottleneck') as BottleneckModule;
      const refill = { reservoirRefreshAmount: BURST.allowed, reservoirRefreshInterval: HOUR_MS };
      const limiter = new Bottleneck({ reservoir: BURST.allowed, ...refill });
      return jobs((job) => limiter.schedule(job));
    },
  },
];
