// Whatever happens in whatever order: bounds hold, sums add up, and what was taken is given back.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TokenBucket } from '../../../../lib/index.js';
import { AdaptiveRate, PerformanceMonitor, ResourceThrottle } from '../../../../lib/scan/index.js';
import { ManualClock } from '../../../../lib/testing/index.js';

/** A load in percent, or none that can be read. */
const load = fc.option(fc.double({ min: 0, max: 120, noNaN: true }), { nil: undefined });

describe('models', () => {
  it('H10 takes one step a look at most, in the order of the ladder, and gives everything back', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(load, { maxLength: 60 }), async (loads) => {
        const clock = new ManualClock();
        const limiter = new TokenBucket({ rate: 1000, clock });
        let cpuPercent: number | undefined;
        const throttle = new ResourceThrottle({
          clock,
          limiter,
          readings: { read: () => ({ cpuPercent }) },
        });
        for (const now of loads) {
          const before = throttle.statistics();
          cpuPercent = now;
          await clock.advance(1000);
          const { level, levels, workerShare, waitMs, rateShare } = throttle.statistics();
          expect(Math.abs(level - before.level)).toBeLessThanOrEqual(1);
          if ((now ?? 0) > 80) expect(level).toBe(Math.min(before.level + 1, levels));
          else expect(level).toBeLessThanOrEqual(before.level);
          if (waitMs > 0) expect(workerShare).toBe(0.25);
          if (rateShare < 1) expect(waitMs).toBe(200);
          expect(limiter.rate).toBeCloseTo(1000 * rateShare, 6);
        }
        throttle[Symbol.dispose]();
        expect(limiter.rate).toBeCloseTo(1000, 6);
        expect([throttle.workerShare, throttle.waitMs, clock.sleeping]).toEqual([1, 0, 0]);
      }),
      { numRuns: 60 },
    );
  });

  it('H9 changes the rate by its factors alone, within its bounds, and tells of every change', async () => {
    const outcome = fc.record({
      success: fc.boolean(),
      waitMs: fc.option(fc.double({ min: 0, max: 50, noNaN: true }), { nil: undefined }),
      afterMs: fc.integer({ min: 0, max: 300 }),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(outcome, { maxLength: 200 }),
        fc.integer({ min: 0, max: 2000 }),
        async (outcomes, settleMs) => {
          const clock = new ManualClock();
          const limiter = new TokenBucket({ rate: 100, clock });
          const options = { limiter, clock, settleMs, minRate: 60, maxRate: 130 };
          const adaptive = new AdaptiveRate({ ...options, minimumOutcomes: 3, intervalMs: 200 });
          let told = 100;
          adaptive.on('change', ({ from, to, successRate }) => {
            expect(from).toBe(told);
            expect(to).toBe(
              successRate < 0.8 ? Math.max(from * 0.8, 60) : Math.min(from * 1.1, 130),
            );
            told = to;
          });
          for (const { afterMs, ...seen } of outcomes) {
            await clock.advance(afterMs);
            adaptive.observe(seen);
            expect(limiter.rate).toBe(told);
          }
          const { increases, decreases, lastChange } = adaptive.statistics();
          expect(increases + decreases > 0).toBe(lastChange !== undefined);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('H12 counts what happened in the stretch asked for, neither more nor less', async () => {
    const event = fc.record({
      afterMs: fc.oneof(fc.integer({ min: 0, max: 3000 }), fc.integer({ min: 0, max: 4_000_000 })),
      success: fc.boolean(),
      responseMs: fc.double({ min: 0.001, max: 60_000, noNaN: true }),
    });
    const stretch = fc.integer({ min: 1000, max: 3_600_000 });
    await fc.assert(
      fc.asyncProperty(fc.array(event, { maxLength: 60 }), stretch, async (events, overMs) => {
        const clock = new ManualClock();
        // A timer each second of an hour would be most of the work: only what is observed matters here.
        const timeless = {
          nowNs: () => clock.nowNs(),
          sleep: () => new Promise<void>(() => undefined),
        };
        using monitor = new PerformanceMonitor({
          clock: timeless,
          readings: { read: () => ({}) },
        });
        const seen: { atMs: number; success: boolean; responseMs: number }[] = [];
        for (const { afterMs, success, responseMs } of events) {
          await clock.advance(afterMs);
          seen.push({ atMs: Number(clock.nowNs()) / 1e6, success, responseMs });
          monitor.observe({ success, responseMs });
        }
        const figures = monitor.statistics(overMs);
        const within = seen.filter(({ atMs }) => atMs >= figures.startMs);
        expect(figures.requests).toBe(within.length);
        expect(figures.failures).toBe(within.filter(({ success }) => !success).length);
        const longest = Math.max(0, ...within.map(({ responseMs }) => responseMs));
        expect(figures.responseMs.max).toBeCloseTo(longest, 5);
        expect(figures.responseMs.count).toBe(within.length);
        for (const step of ['second', 'minute'] as const) {
          const history = monitor.history(step);
          const begin = history[0]?.startMs ?? 0;
          const sum = history.reduce((total, { requests }) => total + requests, 0);
          expect(sum).toBe(seen.filter(({ atMs }) => atMs >= begin).length);
        }
      }),
      { numRuns: 100 },
    );
  });
});
