// Other packages that can refuse at once, each by the call its own documentation shows.
import { awaited, burstOf, type Contender, type Quota, synchronous } from './contender.js';
import type {
  ExpressModule,
  FlexibleModule,
  HyperlimitModule,
  LimiterModule,
  LocalStore,
} from './peer-shapes.js';
import { peer } from './peers.js';

const KEY = 'one key';

function openHyperlimit({ limit, windowMs }: Quota, sliding: boolean) {
  const { HyperLimit } = peer<HyperlimitModule>('@hyperlimit/core');
  const limiter = new HyperLimit();
  limiter.createLimiter(KEY, limit, windowMs, sliding);
  return synchronous(() => limiter.tryRequest(KEY));
}

export const LIMITER = 'limiter';
export const LIMITER_BUCKET = 'limiter, TokenBucket';
export const FLEXIBLE = 'rate-limiter-flexible';

export const peerContenders: readonly Contender[] = [
  {
    name: LIMITER,
    peer: 'limiter',
    use: 'RateLimiter.tryRemoveTokens(1)',
    promised: 'window',
    open({ limit, windowMs }) {
      const { RateLimiter } = peer<LimiterModule>('limiter');
      const limiter = new RateLimiter({ tokensPerInterval: limit, interval: windowMs });
      return synchronous(() => limiter.tryRemoveTokens(1));
    },
  },
  {
    name: LIMITER_BUCKET,
    peer: 'limiter',
    use: 'TokenBucket.tryRemoveTokens(1)',
    promised: 'bucket',
    open(quota) {
      const { TokenBucket } = peer<LimiterModule>('limiter');
      const bucketSize = burstOf(quota);
      const interval = quota.windowMs;
      const bucket = new TokenBucket({ bucketSize, tokensPerInterval: quota.limit, interval });
      bucket.content = bucketSize; // it starts empty
      return synchronous(() => bucket.tryRemoveTokens(1));
    },
  },
  {
    name: FLEXIBLE,
    peer: 'rate-limiter-flexible',
    use: 'await limiter.consume(key)',
    promised: 'window',
    open({ limit, windowMs }) {
      const { RateLimiterMemory } = peer<FlexibleModule>('rate-limiter-flexible');
      const limiter = new RateLimiterMemory({ points: limit, duration: windowMs / 1000 });
      return awaited(
        () => limiter.consume(KEY),
        () => true,
      );
    },
  },
  {
    name: 'express-rate-limit',
    peer: 'express-rate-limit',
    use: 'await store.increment(key)',
    promised: 'window',
    open({ limit, windowMs }) {
      const { MemoryStore } = peer<ExpressModule>('express-rate-limit');
      const store = new MemoryStore();
      store.init({ windowMs });
      return awaited(
        () => store.increment(KEY),
        ({ totalHits }) => totalHits <= limit,
      );
    },
  },
  {
    name: '@fastify/rate-limit',
    peer: '@fastify/rate-limit',
    use: 'store.incr(key, callback)',
    promised: 'window',
    open({ limit, windowMs }) {
      const Store = peer<LocalStore>('@fastify/rate-limit/store/LocalStore.js');
      const store = new Store(false, false);
      let hits = 0;
      const done = (_error: Error | null, { current }: { current: number }): void => {
        hits = current;
      };
      return synchronous(() => {
        store.incr(KEY, done, windowMs, limit);
        return hits <= limit;
      });
    },
  },
  {
    name: '@hyperlimit/core',
    peer: '@hyperlimit/core',
    use: 'limiter.tryRequest(key)',
    promised: 'window',
    open: (quota) => openHyperlimit(quota, false),
  },
  {
    name: '@hyperlimit/core, sliding',
    peer: '@hyperlimit/core',
    use: 'limiter.tryRequest(key)',
    promised: 'bucket',
    onlyTruth: true,
    open: (quota) => openHyperlimit(quota, true),
  },
];
