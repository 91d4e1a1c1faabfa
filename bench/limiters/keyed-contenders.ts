// Limiters for many keys: the hand-written one and other packages. (@hyperlimit/core has to be told each key before
// its first request, in a time that grows with the table; bottleneck takes 6 kB a key: neither takes part.)
import { burstOf, ratePerSecond } from './contender.js';
import { HandWrittenBuckets } from './hand-written-bucket.js';
import {
  awaitedSubject,
  type KeyedContender,
  numberSubject,
  textSubject,
} from './keyed-contender.js';
import type { ExpressModule, FlexibleModule, LimiterModule, LocalStore } from './peer-shapes.js';
import { peer } from './peers.js';

export const MAP_NUMBER = 'Map of hand-written buckets (uint32)';
export const MAP_TEXT = 'Map of hand-written buckets (string)';
export const FLEXIBLE_NUMBER = 'rate-limiter-flexible (uint32)';
export const FLEXIBLE_TEXT = 'rate-limiter-flexible (string)';

const flexible = (keys: 'number' | 'text'): KeyedContender => ({
  name: keys === 'number' ? FLEXIBLE_NUMBER : FLEXIBLE_TEXT,
  peer: 'rate-limiter-flexible',
  use: 'await limiter.consume(key)',
  keys,
  open({ limit, windowMs }, { numbers, texts }) {
    const { RateLimiterMemory } = peer<FlexibleModule>('rate-limiter-flexible');
    const limiter = new RateLimiterMemory({ points: limit, duration: windowMs / 1000 });
    return awaitedSubject(
      (key) => limiter.consume(key),
      () => true,
      keys === 'number' ? numbers : texts,
    );
  },
});

export const keyedContenders: readonly KeyedContender[] = [
  {
    name: MAP_NUMBER,
    use: 'buckets.tryTake(key)',
    keys: 'number',
    open(quota, keys) {
      const buckets = new HandWrittenBuckets<number>(ratePerSecond(quota), burstOf(quota));
      return numberSubject((key) => buckets.tryTake(key), keys);
    },
  },
  {
    name: MAP_TEXT,
    use: 'buckets.tryTake(key)',
    keys: 'text',
    open(quota, keys) {
      const buckets = new HandWrittenBuckets<string>(ratePerSecond(quota), burstOf(quota));
      return textSubject((key) => buckets.tryTake(key), keys);
    },
  },
  flexible('number'),
  flexible('text'),
  {
    name: 'Map of limiter.TokenBucket',
    peer: 'limiter',
    use: 'get or make; tryRemoveTokens(1)',
    keys: 'text',
    open(quota, keys) {
      const { TokenBucket } = peer<LimiterModule>('limiter');
      const { limit: tokensPerInterval, windowMs: interval } = quota;
      const options = { bucketSize: burstOf(quota), tokensPerInterval, interval };
      const buckets = new Map<string, InstanceType<LimiterModule['TokenBucket']>>();
      return textSubject((key) => {
        let bucket = buckets.get(key);
        if (bucket === undefined) {
          bucket = new TokenBucket(options);
          bucket.content = options.bucketSize;
          buckets.set(key, bucket);
        }
        return bucket.tryRemoveTokens(1);
      }, keys);
    },
  },
  {
    name: 'express-rate-limit',
    peer: 'express-rate-limit',
    use: 'await store.increment(key)',
    keys: 'text',
    open({ limit, windowMs }, { texts }) {
      const { MemoryStore } = peer<ExpressModule>('express-rate-limit');
      const store = new MemoryStore();
      store.init({ windowMs });
      return awaitedSubject(
        (key) => store.increment(String(key)),
        ({ totalHits }) => totalHits <= limit,
        texts,
      );
    },
  },
  {
    name: '@fastify/rate-limit',
    peer: '@fastify/rate-limit',
    use: 'store.incr(key, callback)',
    keys: 'text',
    open({ limit, windowMs }, keys, capacity) {
      const Store = peer<LocalStore>('@fastify/rate-limit/store/LocalStore.js');
      const store = new Store(false, false, capacity);
      let hits = 0;
      const done = (_error: Error | null, { current }: { current: number }): void => {
        hits = current;
      };
      return textSubject((key) => {
        store.incr(key, done, windowMs, limit);
        return hits <= limit;
      }, keys);
    },
  },
];
