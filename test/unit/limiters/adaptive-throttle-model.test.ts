import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AdaptiveThrottle } from '../../../lib/index.js';
import { SteppedClock } from './stepped-clock.js';

interface Departure {
  atMs: number;
  packets: number;
}

/** The most packets of any second. */
function fullestSecond(departures: readonly Departure[]): number {
  let fullest = 0;
  let sum = 0;
  let from = 0;
  for (const { atMs, packets } of departures) {
    sum += packets;
    for (; (departures[from]?.atMs ?? atMs) <= atMs - 1_000; from++) {
      sum -= departures[from]?.packets ?? 0;
    }
    fullest = Math.max(fullest, sum);
  }
  return fullest;
}

const rates = fc.oneof(
  fc.integer({ min: 1, max: 50 }),
  fc.integer({ min: 51, max: 100_000 }),
  fc.double({ min: 0.1, max: 10, noNaN: true }),
);

describe('AdaptiveThrottle under any calls', () => {
  const pauses = fc.array(
    fc.oneof(
      { weight: 8, arbitrary: fc.integer({ min: 0, max: 30 }) },
      { weight: 2, arbitrary: fc.integer({ min: 0, max: 900 }) },
      fc.integer({ min: 1_001, max: 100_000 }),
    ),
    { minLength: 1, maxLength: 200 },
  );

  test('P2 no second has more than the rate and what may be made good; batches stay in their range', () => {
    fc.assert(
      fc.property(
        rates,
        pauses,
        fc.constantFrom(0, 10, 250, 1_000),
        fc.constantFrom(1, 7, 10_000),
        fc.boolean(),
        (rate, pausesMs, catchUpMs, maxBatch, sendsAll) => {
          const clock = new SteppedClock(5_000_000_000n);
          const throttle = new AdaptiveThrottle({ rate, maxBatch, catchUpMs, clock });
          const departures: Departure[] = [];
          let sent = 0;
          let atMs = 0;
          for (const pauseMs of pausesMs) {
            atMs += pauseMs;
            clock.ns += BigInt(pauseMs) * 1_000_000n;
            let isFirst = true;
            for (
              let batch = throttle.nextBatch(sent);
              batch > 0;
              batch = sendsAll ? throttle.nextBatch(sent) : 0
            ) {
              expect(batch).toBeLessThanOrEqual(maxBatch);
              // After a gap there is no burst.
              if (pauseMs > 1_000 && rate >= 1 && isFirst) expect(batch).toBe(1);
              isFirst = false;
              sent += batch;
              departures.push({ atMs, packets: batch });
            }
            expect(throttle.batchSize).toBeGreaterThanOrEqual(1);
          }
          expect(fullestSecond(departures)).toBeLessThanOrEqual(rate * (1 + catchUpMs / 1e3) + 2);
          expect(throttle.statistics().packets).toBeLessThanOrEqual(sent);
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe('AdaptiveThrottle in steady use', () => {
  test('P2 a sender that is never late sends what is asked, after every change of the rate, and no second more', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 20_000 }), { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 1, max: 20 }),
        (asked, everyMs) => {
          const clock = new SteppedClock();
          const throttle = new AdaptiveThrottle({ rate: asked[0] ?? 1, clock });
          let sent = 0;
          let fastest = 0;
          for (const rate of asked) {
            fastest = Math.max(fastest, rate);
            throttle.setRate(rate);
            const departures: Departure[] = [];
            const before = sent;
            for (let atMs = 0; atMs < 3_000; atMs += everyMs) {
              for (let batch = throttle.nextBatch(sent); batch > 0;) {
                sent += batch;
                departures.push({ atMs, packets: batch });
                batch = throttle.nextBatch(sent);
              }
              clock.ns += BigInt(everyMs) * 1_000_000n;
            }
            // What comes due between two looks leaves at the second, what was due at the old rate too.
            const turn = (fastest * everyMs) / 1e3;
            expect(sent - before).toBeGreaterThanOrEqual(rate * 3 - turn - 2);
            expect(sent - before).toBeLessThanOrEqual(rate * 3 + turn + 3);
            expect(fullestSecond(departures)).toBeLessThanOrEqual(rate + turn + 3);
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  test('P2 a sender with work to do for each call comes to hold the rate, from below and from above', () => {
    const costs = fc.record({
      rate: fc.integer({ min: 1_000, max: 100_000 }),
      next: fc.integer({ min: 1_000, max: 100_000 }),
      callUs: fc.integer({ min: 50, max: 2_000 }),
    });
    fc.assert(
      fc.property(costs, ({ rate, next, callUs }) => {
        const clock = new SteppedClock();
        const throttle = new AdaptiveThrottle({ rate, clock });
        let sent = 0;
        let calls = 0;
        const sendFor = (seconds: number): number => {
          const before = sent;
          const startNs = clock.ns;
          while (clock.ns < startNs + BigInt(seconds) * 1_000_000_000n) {
            const batch = throttle.nextBatch(sent);
            calls++;
            sent += batch;
            const waitNs = Math.max(Math.round(throttle.waitMs() * 1e6), 1_000);
            clock.ns += BigInt(batch > 0 ? callUs * 1_000 + batch * 200 : waitNs);
          }
          return ((sent - before) * 1e9) / Number(clock.ns - startNs);
        };
        for (const target of [rate, next]) {
          throttle.setRate(target);
          const needed = (target * callUs) / 1e6 / (1 - (target * 200) / 1e9);
          // 0.5 % a call from 1 on, or 0.1 % a call from where it is.
          const growthCalls = Math.log(Math.max(needed, 1)) / Math.log(1.005);
          const shrinkCalls = Math.log(throttle.batchSize / Math.max(needed, 1)) / 0.001;
          const adaptCalls = 2 * Math.max(growthCalls, shrinkCalls) + 400;
          const from = calls;
          while (calls - from < adaptCalls) sendFor(1);
          sendFor(2);
          expect(Math.abs(sendFor(2) / target - 1)).toBeLessThan(0.01);
          expect(throttle.batchSize).toBeLessThanOrEqual(Math.max(2.2 * needed + 2, 4) * 1.2);
        }
      }),
      { numRuns: 5 },
    );
  });
});
