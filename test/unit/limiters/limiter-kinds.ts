import { expect } from 'vitest';
import {
  type Clock,
  FixedWindow,
  HybridLimiter,
  type Limiter,
  SlidingWindow,
  TokenBucket,
} from '../../../lib/index.js';

/** A way to make a limiter that lets `rate` units through in a second, and at most `size` at once. */
export interface Kind {
  readonly name: string;
  make(rate: number, size: number, clock: Clock): Limiter;
  /** Units that may be granted within `seconds` at rates up to `rate`, whatever was done to it but refund and reset. */
  most(rate: number, size: number, seconds: number): number;
}

const bucketMost = (rate: number, size: number, seconds: number): number => size + rate * seconds;

/** A window of `size` units: so long that they come at `rate`. */
const windowMs = (rate: number, size: number): number => (size / rate) * 1_000;

/** What every `Limiter` with a clock is. */
export const kinds: readonly Kind[] = [
  {
    name: 'TokenBucket without leases',
    make: (rate, burst, clock) => new TokenBucket({ rate, burst, clock, lease: false }),
    most: bucketMost,
  },
  {
    name: 'TokenBucket with leases',
    make: (rate, burst, clock) => new TokenBucket({ rate, burst, clock, lease: true }),
    most: bucketMost,
  },
  {
    name: 'TokenBucket in shared memory',
    make: (rate, burst, clock) => {
      const bucket = new TokenBucket({ rate, burst, clock });
      expect(bucket.share).toBeDefined(); // moves it
      return bucket;
    },
    most: bucketMost,
  },
  {
    name: 'SlidingWindow, exact',
    make: (rate, limit, clock) =>
      new SlidingWindow({ limit, windowMs: windowMs(rate, limit), precision: 'exact', clock }),
    // One more window, for the part of one at the end.
    most: (rate, limit, seconds) => limit * (Math.floor((rate * seconds) / limit) + 1),
  },
  {
    name: 'SlidingWindow of 8 parts',
    make: (rate, limit, clock) =>
      new SlidingWindow({ limit, windowMs: windowMs(rate, limit), precision: 8, clock }),
    most: (rate, limit, seconds) => limit * (Math.floor((rate * seconds) / limit) + 1),
  },
  {
    name: 'FixedWindow',
    make: (rate, limit, clock) =>
      new FixedWindow({ limit, windowMs: windowMs(rate, limit), clock }),
    // The end of one and the beginning of the next.
    most: (rate, limit, seconds) => limit * (Math.floor((rate * seconds) / limit) + 2),
  },
  {
    name: 'HybridLimiter',
    make: (rate, burst, clock) =>
      new HybridLimiter({ rate, burst, windowMs: 2 * windowMs(rate, burst), clock }),
    most: bucketMost,
  },
];
