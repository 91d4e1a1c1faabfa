import { describe, expect, test } from 'vitest';
import { KeyedLimiter } from '../../../../lib/index.js';
import { SteppedClock } from '../stepped-clock.js';

const MAX_KEYS = 100_000;
const BATCH = 10_000;
const HONEST = 1_000;

describe('a flood of made-up keys', () => {
  test('H1 10 M of them: memory stays bounded, limits hold, and who was there is served', () => {
    const clock = new SteppedClock(1_000_000_000n);
    using limiter = new KeyedLimiter({ rate: 10, burst: 20, maxKeys: MAX_KEYS, clock });
    // Honest keys ask twice a second, and have before the flood; one key is at its limit.
    const honest = Uint32Array.from({ length: HONEST }, (_, i) => 0xf0000000 + i);
    const honestAllowed = new Uint8Array(HONEST);
    limiter.tryAcquireMany(honest, honestAllowed);
    limiter.tryAcquireMany(honest, honestAllowed);
    limiter.penalize('over', 1_000);
    limiter.block('banned', 3_600_000);

    const flood = new Uint32Array(BATCH);
    const allowed = new Uint8Array(BATCH);
    let [granted, asked, served, worstBytes] = [0, 0, 0, 0];
    for (let next = 0; next < 10_000_000; next += BATCH) {
      clock.ns += 5_000_000n; // 2 M a second, 5 s in all
      for (let i = 0; i < BATCH; i++) flood[i] = next + i;
      granted += limiter.tryAcquireMany(flood, allowed);
      if (next % (100 * BATCH) === 0) {
        served += limiter.tryAcquireMany(honest, honestAllowed);
        asked += HONEST;
        worstBytes = Math.max(worstBytes, limiter.bytes);
      }
      if (limiter.tryAcquire('over') || limiter.tryAcquire('banned')) expect.fail('at its limit');
    }
    expect(served).toBe(asked);
    expect(worstBytes).toBeLessThan(40 * MAX_KEYS);
    const { keys, overflowRequests, evictedKeys } = limiter.statistics();
    expect(keys).toBeLessThanOrEqual(MAX_KEYS);
    expect(evictedKeys).toBeGreaterThan(MAX_KEYS);
    expect(overflowRequests).toBeGreaterThan(5_000_000);
    // Each key once: those with a place, and what one bucket gives to all the others.
    expect(granted).toBeLessThanOrEqual(keys + evictedKeys + 20 + 10 * 5);
  });
});
