// A limiter by its options, as an object or as JSON, and its class as `kind`: a TokenBucket by default.
import * as pacegate from 'pacegate';

/** @returns something with tryAcquire(), share and, but for keys, acquire() */
export function limiterOf(given) {
  const { kind = 'TokenBucket', ...options } =
    typeof given === 'string' ? JSON.parse(given) : given;
  const limiter = new pacegate[kind](options);
  if (kind !== 'KeyedLimiter') return limiter;
  return {
    tryAcquire: () => limiter.tryAcquire('a key'),
    get share() {
      return limiter.share;
    },
  };
}
