// A limiter by its options, as an object or as JSON, and its class as `kind`: a TokenBucket by default.
import * as pacegate from 'pacegate';

export function limiterOf(given) {
  const { kind = 'TokenBucket', ...options } =
    typeof given === 'string' ? JSON.parse(given) : given;
  return new pacegate[kind](options);
}
