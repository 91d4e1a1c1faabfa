import { describe, expect, it } from 'vitest';
import { TokenBucket } from '../../../../lib/index.js';
import {
  AdaptiveRate,
  type AdaptiveRateOptions,
  type RateChange,
} from '../../../../lib/scan/index.js';
import { ManualClock } from '../../../../lib/testing/index.js';

function make(options: Partial<AdaptiveRateOptions> = {}, rate = 100) {
  const clock = new ManualClock();
  const limiter = new TokenBucket({ rate, clock });
  const adaptive = new AdaptiveRate({ limiter, clock, ...options });
  const changes: RateChange[] = [];
  adaptive.on('change', (change) => changes.push(change));
  /** A second in which `succeeded` of `total` tasks succeed, each after `waitMs`. */
  const second = async (succeeded: number, total: number, waitMs?: number): Promise<void> => {
    for (let i = 0; i < total; i++) {
      await clock.advance(1000 / total);
      adaptive.observe({ success: i < succeeded, waitMs });
    }
  };
  return { clock, limiter, adaptive, changes, second };
}

describe('AdaptiveRate', () => {
  it('H9 lowers the rate to 0.8 where less than 0.8 succeed, and says why', async () => {
    const { limiter, changes, second, adaptive } = make();
    await second(79, 100);
    expect(limiter.rate).toBe(80);
    expect(changes).toEqual([
      {
        from: 100,
        to: 80,
        cause: 'low-success',
        reason: '79 % of 100 tasks succeeded, less than 80 %',
        successRate: 0.79,
        averageWaitMs: 0,
        outcomes: 100,
      },
    ]);
    expect(adaptive.statistics()).toMatchObject({
      rate: 80,
      outcomes: 0,
      decreases: 1,
      increases: 0,
      lastChange: changes[0],
    });
  });

  it('H9 raises the rate to 1.1 where more than 0.95 succeed after waits below 10 ms', async () => {
    const { limiter, changes, second } = make();
    await second(96, 100, 9.9);
    expect(limiter.rate).toBeCloseTo(110);
    expect(changes[0]).toMatchObject({ cause: 'good', successRate: 0.96 });
    expect(changes[0]?.reason).toBe('96 % of 100 tasks succeeded and waited 9.9 ms on average');
  });

  it.each([
    ['80 %', 80, 0],
    ['95 %', 95, 0],
    ['all after waits of 10 ms', 100, 10],
  ])('H9 leaves the rate where %s succeed', async (_, succeeded, waitMs) => {
    const { limiter, changes, second } = make();
    await second(succeeded, 100, waitMs);
    expect([limiter.rate, changes.length]).toEqual([100, 0]);
  });

  it('H9 never goes above maxRate, nor below minRate', async () => {
    const { adaptive, changes, second } = make({ maxRate: 115, minRate: 90, settleMs: 0 });
    for (let i = 0; i < 4; i++) await second(100, 100);
    expect(adaptive.rate).toBe(115);
    for (let i = 0; i < 4; i++) await second(0, 100);
    expect(adaptive.rate).toBe(90);
    expect(changes.map(({ to }) => Math.round(to))).toEqual([110, 115, 92, 90]);
  });

  it('H9 the cap is 1000, or the rate at the beginning where that is more', async () => {
    const slow = make({}, 950);
    await slow.second(100, 100);
    expect(slow.limiter.rate).toBe(1000);
    const fast = make({}, 5000);
    await fast.second(100, 100);
    expect(fast.limiter.rate).toBe(5000);
  });

  it('answers one overload once: outcomes of the old rate do not count', async () => {
    const { changes, second, adaptive } = make({ settleMs: 2000 });
    await second(0, 50);
    await second(0, 50);
    expect([changes.length, adaptive.statistics().outcomes]).toEqual([1, 0]);
    await second(0, 50);
    await second(0, 50);
    expect(changes).toHaveLength(2);
  });

  it('waits for enough outcomes, and for the interval', async () => {
    const { clock, adaptive, changes } = make({ minimumOutcomes: 10, intervalMs: 500 });
    for (let i = 0; i < 9; i++) adaptive.observe({ success: false });
    await clock.advance(5000);
    expect(changes).toHaveLength(0);
    adaptive.observe({ success: false });
    expect(changes).toHaveLength(1);
    await clock.advance(1000);
    for (let i = 0; i < 100; i++) adaptive.observe({ success: false });
    expect(changes).toHaveLength(1);
    await clock.advance(500);
    adaptive.observe({ success: false });
    expect(changes).toHaveLength(2);
  });

  it('finds the rate at which tasks do not fail, however long they wait', async () => {
    const { adaptive, second } = make({ maxWaitMs: Infinity, settleMs: 0, maxRate: 10_000 });
    const capacity = 700;
    const rates: number[] = [];
    for (let i = 0; i < 200; i++) {
      await second(Math.min(100, Math.round((capacity / adaptive.rate) * 100)), 100, 500);
      if (i >= 100) rates.push(adaptive.rate);
    }
    expect(Math.max(...rates)).toBeLessThan(capacity * 1.4);
    expect(Math.min(...rates)).toBeGreaterThan(capacity * 0.6);
  });

  it('setRate by hand keeps within the bounds and forgets what was observed', async () => {
    const { adaptive, limiter, second, changes, clock } = make({ minRate: 50, maxRate: 200 });
    await second(0, 10);
    adaptive.setRate(500);
    expect([limiter.rate, adaptive.statistics().outcomes]).toEqual([200, 0]);
    adaptive.setRate(1);
    expect([limiter.rate, changes.length]).toEqual([50, 0]);
    await clock.advance(1000);
    expect(() => {
      adaptive.setRate(0);
    }).toThrow('rate must be');
  });

  it('hands on what the limiter throws, and has changed nothing then', async () => {
    const { limiter, second, adaptive } = make();
    limiter[Symbol.dispose]();
    await expect(second(0, 100)).rejects.toThrow('disposed');
    expect(adaptive.statistics()).toMatchObject({ decreases: 0, lastChange: undefined });
  });

  it.each<[object, string]>([
    [{ limiter: undefined }, 'limiter must be a limiter or a scan'],
    [{ limiter: { rate: 5 } }, 'limiter must be'],
    [{ minRate: 0 }, 'minRate'],
    [{ minRate: 20, maxRate: 10 }, 'minRate must be at most maxRate (10), not 20'],
    [{ lowSuccessRate: 0.99 }, 'lowSuccessRate must be at most highSuccessRate'],
    [{ highSuccessRate: 1.1 }, 'highSuccessRate'],
    [{ decreaseFactor: 1 }, 'decreaseFactor'],
    [{ increaseFactor: 1 }, 'increaseFactor'],
    [{ maxWaitMs: -1 }, 'maxWaitMs'],
    [{ minimumOutcomes: 0 }, 'minimumOutcomes'],
    [{ intervalMs: 0 }, 'intervalMs'],
    [{ settleMs: -1 }, 'settleMs'],
    [{ speed: 1 }, '"speed"'],
  ])('refuses %j', (options, named) => {
    expect(() => make(options)).toThrow(named);
  });

  it.each([undefined, {}, { success: 1 }, { success: true, waitMs: -1 }, { ok: true }])(
    'refuses the outcome %j',
    (outcome) => {
      expect(() => {
        make().adaptive.observe(outcome as never);
      }).toThrow(/outcome/);
    },
  );
});
