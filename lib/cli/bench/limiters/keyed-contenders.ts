// A limit for each of many keys, asked for in random order.

import { KeyedLimiter } from '../../../limiters/keyed-limiter.js';
import { awaited, BURST, RATE, synchronous, type Case, type Contender } from './contender.js';
import { HandWrittenBucket } from './hand-written-bucket.js';
import type { FlexibleModule } from './peers.js';

/** As many as a busy server sees in a minute. */
export const KEY_COUNT = 100_000;
const CASES: readonly Case[] = ['allowed'];
const BATCH = 4096;

/** Addresses: distinct, as multiplication by an odd number is a bijection, and in no order. */
const numbers = (): Uint32Array =>
  Uint32Array.from({ length: KEY_COUNT }, (_, index) => Math.imul(index + 1, 0x9e3779b1));

const texts = (): string[] =>
  Array.from(numbers(), (key) =>
    [key >>> 24, (key >>> 16) & 255, (key >>> 8) & 255, key & 255].join('.'),
  );

/** One key after the other, over and over. */
function inTurn<Key>(keys: readonly Key[]): () => Key {
  let at = 0;
  return () => {
    at = at + 1 === keys.length ? 0 : at + 1;
    return keys[at] as Key;
  };
}

const limiterOf = (expected: Case): KeyedLimiter =>
  new KeyedLimiter({ rate: RATE[expected], burst: BURST[expected], maxKeys: KEY_COUNT });

/** The first is what the others are compared with. */
export const keyedContenders: readonly Contender[] = [
  {
    ...{ name: 'Map of hand-written JS buckets', use: 'get or make; tryTake()', cases: CASES },
    open(expected) {
      const buckets = new Map<string, HandWrittenBucket>();
      const nextKey = inTurn(texts());
      return synchronous(() => {
        const key = nextKey();
        let bucket = buckets.get(key);
        if (bucket === undefined) {
          bucket = new HandWrittenBucket(RATE[expected], BURST[expected]);
          buckets.set(key, bucket);
        }
        return bucket.tryTake();
      });
    },
  },
  {
    ...{ name: 'KeyedLimiter, strings', use: 'tryAcquire(key)', cases: CASES },
    open(expected) {
      const limiter = limiterOf(expected);
      const nextKey = inTurn(texts());
      return synchronous(() => limiter.tryAcquire(nextKey()));
    },
  },
  {
    ...{ name: 'KeyedLimiter, uint32 in batches', cases: CASES },
    use: `tryAcquireMany(${BATCH} keys)`,
    open(expected) {
      const limiter = limiterOf(expected);
      const keys = numbers();
      const allowed = new Uint8Array(BATCH);
      let from = 0;
      return {
        calls: BATCH,
        run() {
          if (from + BATCH > keys.length) from = 0;
          const count = limiter.tryAcquireMany(keys.subarray(from, from + BATCH), allowed);
          from += BATCH;
          return count;
        },
      };
    },
  },
  {
    ...{ name: 'rate-limiter-flexible, strings', use: 'await consume(key)', cases: CASES },
    peer: 'rate-limiter-flexible',
    open(expected, load) {
      const { RateLimiterMemory } = load('rate-limiter-flexible') as FlexibleModule;
      const limiter = new RateLimiterMemory({ points: BURST[expected], duration: 3600 });
      const nextKey = inTurn(texts());
      return awaited(() => limiter.consume(nextKey()));
    },
  },
];
