// pacegate's limiter for many keys, called in each of its ways.
import { KeyedLimiter } from 'pacegate';
import { burstOf, type Quota, ratePerSecond } from './contender.js';
import { type KeyedContender, numberSubject, textSubject } from './keyed-contender.js';

export const OWN_BATCH = 'KeyedLimiter.tryAcquireMany';
export const OWN_NUMBER = 'KeyedLimiter (uint32)';
export const OWN_TEXT = 'KeyedLimiter (string)';

/** Keys of one call of tryAcquireMany, and calls of one pass. */
const BATCH = 4096;

const limiterFor = (quota: Quota, maxKeys: number): KeyedLimiter =>
  new KeyedLimiter({ rate: ratePerSecond(quota), burst: burstOf(quota), maxKeys });

export const ownKeyedContenders: readonly KeyedContender[] = [
  {
    name: OWN_BATCH,
    use: `limiter.tryAcquireMany(${BATCH} keys, allowed)`,
    keys: 'number',
    open(quota, { numbers }, capacity) {
      const limiter = limiterFor(quota, capacity);
      const allowed = new Uint8Array(BATCH);
      const one = new Uint32Array(1);
      return {
        pass(from, to) {
          let count = 0;
          for (let at = from; at < to; at += BATCH)
            count += limiter.tryAcquireMany(
              numbers.subarray(at, Math.min(at + BATCH, to)),
              allowed,
            );
          return count;
        },
        attempt(key) {
          one[0] = Number(key);
          return limiter.tryAcquireMany(one, allowed) === 1;
        },
        bytes: () => limiter.bytes,
      };
    },
  },
  {
    name: OWN_NUMBER,
    use: 'limiter.tryAcquire(key)',
    keys: 'number',
    open(quota, keys, capacity) {
      const limiter = limiterFor(quota, capacity);
      const subject = numberSubject((key) => limiter.tryAcquire(key), keys);
      return { ...subject, bytes: () => limiter.bytes };
    },
  },
  {
    name: OWN_TEXT,
    use: 'limiter.tryAcquire(key)',
    keys: 'text',
    open(quota, keys, capacity) {
      const limiter = limiterFor(quota, capacity);
      const subject = textSubject((key) => limiter.tryAcquire(key), keys);
      return { ...subject, bytes: () => limiter.bytes };
    },
  },
];
