import type { Clock } from '../../../lib/index.js';

/** A clock for tests that never wait: the time is whatever the test writes into it. */
export class SteppedClock implements Clock {
  constructor(public ns = 0n) {}

  nowNs(): bigint {
    return this.ns;
  }

  sleep(): Promise<void> {
    return Promise.reject(new Error('nobody should sleep here'));
  }
}
