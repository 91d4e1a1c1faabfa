import { afterEach, describe, expect, it, vi } from 'vitest';
import { TokenBucket } from '../../../../lib/index.js';
import {
  AdaptiveRate,
  ResourceThrottle,
  SystemReadings,
  type Degradation,
  type ResourceName,
  type ResourceThrottleOptions,
  type ThrottleChange,
} from '../../../../lib/scan/index.js';
import { ManualClock } from '../../../../lib/testing/index.js';

const CALM = { cpuPercent: 10, memoryPercent: 10, eventLoopLagMs: 1, descriptorPercent: 1 };

const made: ResourceThrottle[] = [];
afterEach(() => {
  for (const throttle of made.splice(0)) throttle[Symbol.dispose]();
});

function make(options: ResourceThrottleOptions = {}) {
  const clock = new ManualClock();
  const readings: Partial<Record<ResourceName, number>> = { ...CALM };
  const throttle = new ResourceThrottle({
    clock,
    readings: { read: () => ({ ...readings }) },
    ...options,
  });
  made.push(throttle);
  const changes: ThrottleChange[] = [];
  throttle.on('change', (change) => changes.push(change));
  const measures = (): number[] => [throttle.workerShare, throttle.waitMs, throttle.rateShare];
  const seconds = (count: number): Promise<void> => clock.advance(count * 1000);
  return { clock, readings, throttle, changes, measures, seconds };
}

describe('ResourceThrottle', () => {
  it('H10 gives way by fewer workers, then longer waits, then a lower rate', async () => {
    const limiter = new TokenBucket({ rate: 400, clock: new ManualClock() });
    const { readings, changes, measures, seconds } = make({ limiter });
    await seconds(5);
    expect([measures(), changes.length, limiter.rate]).toEqual([[1, 0, 1], 0, 400]);
    readings.cpuPercent = 93.25;
    const steps: number[][] = [];
    for (let i = 0; i < 10; i++) {
      await seconds(1);
      steps.push([...measures(), limiter.rate]);
    }
    expect(steps).toEqual([
      [0.75, 0, 1, 400],
      [0.5, 0, 1, 400],
      [0.25, 0, 1, 400],
      [0.25, 10, 1, 400],
      [0.25, 50, 1, 400],
      [0.25, 200, 1, 400],
      [0.25, 200, 0.75, 300],
      [0.25, 200, 0.5, 200],
      [0.25, 200, 0.25, 100],
      [0.25, 200, 0.25, 100],
    ]);
    expect(changes.map(({ measure }) => measure)).toEqual(
      ['workers', 'wait', 'rate'].flatMap((measure) => [measure, measure, measure]),
    );
    expect(changes[0]).toMatchObject({
      level: 1,
      direction: 'throttled',
      reason: 'processors 93.3 % > 80 %',
    });
  });

  it('H10 recovers step by step, in the opposite order, when everything has been clear for a while', async () => {
    const limiter = new TokenBucket({ rate: 400, clock: new ManualClock() });
    const { readings, throttle, changes, measures, seconds } = make({ limiter });
    readings.memoryPercent = 90;
    await seconds(9);
    readings.memoryPercent = 20;
    changes.length = 0;
    await seconds(2);
    expect(changes).toHaveLength(0);
    await seconds(1);
    expect([measures(), limiter.rate]).toEqual([[0.25, 200, 0.5], 200]);
    await seconds(2);
    expect(changes).toHaveLength(1);
    await seconds(1 + 3 * 7);
    expect([measures(), limiter.rate]).toEqual([[1, 0, 1], 400]);
    expect(changes.map(({ measure }) => measure)).toEqual(
      ['rate', 'wait', 'workers'].flatMap((measure) => [measure, measure, measure]),
    );
    expect(changes.at(-1)).toMatchObject({
      level: 0,
      direction: 'recovered',
      reason: 'everything is clear again',
    });
    expect(throttle.statistics()).toMatchObject({
      level: 0,
      levels: 9,
      timesThrottled: 9,
      timesRecovered: 9,
      looks: 36,
    });
  });

  it('H10 holds between the threshold and 0.9 of it, and begins to count anew', async () => {
    const { readings, changes, seconds } = make();
    readings.cpuPercent = 81;
    await seconds(1);
    readings.cpuPercent = 80;
    await seconds(10);
    expect(changes).toHaveLength(1);
    readings.cpuPercent = 72;
    await seconds(2);
    readings.cpuPercent = 73;
    await seconds(1);
    readings.cpuPercent = 72;
    await seconds(2);
    expect(changes).toHaveLength(1);
    await seconds(1);
    expect(changes).toHaveLength(2);
  });

  it('H10 recovers though a reading that was never too high is always near its threshold', async () => {
    const { readings, throttle, seconds } = make();
    Object.assign(readings, { cpuPercent: 95, memoryPercent: 84 });
    await seconds(3);
    readings.cpuPercent = 73; // was too high: above 0.9 of 80 is not clear
    await seconds(10);
    expect(throttle.statistics().level).toBe(3);
    readings.cpuPercent = 72;
    await seconds(9);
    expect(throttle.statistics().level).toBe(0);
    readings.memoryPercent = 86;
    await seconds(1);
    Object.assign(readings, { cpuPercent: 79, memoryPercent: 76 }); // what was too high then is forgotten
    await seconds(3);
    expect(throttle.statistics().level).toBe(0);
  });

  it.each<[ResourceName, number, string]>([
    ['cpuPercent', 81, 'processors 81 % > 80 %'],
    ['memoryPercent', 86, 'memory 86 % > 85 %'],
    ['eventLoopLagMs', 101, 'event-loop lag 101 ms > 100 ms'],
    ['descriptorPercent', 81, 'descriptors 81 % > 80 %'],
  ])('H10 watches %s', async (name, value, reason) => {
    const { readings, changes, seconds } = make();
    readings[name] = value - 1;
    await seconds(1);
    expect(changes).toHaveLength(0);
    readings[name] = value;
    await seconds(1);
    expect(changes[0]?.reason).toBe(reason);
  });

  it('H10 watches failures of the last ten seconds, when there are enough outcomes', async () => {
    const { throttle, changes, seconds } = make();
    const outcomes = (failed: number, total: number): void => {
      for (let i = 0; i < total; i++) throttle.observe({ success: i >= failed });
    };
    outcomes(19, 19);
    await seconds(1);
    expect(changes).toHaveLength(0);
    outcomes(0, 171);
    await seconds(1);
    expect(throttle.statistics().errorPercent).toBe(10);
    expect(changes).toHaveLength(0);
    outcomes(1, 1);
    await seconds(1);
    expect(changes[0]?.reason).toBe('failures 10.5 % > 10 %');
    expect(throttle.statistics().errorPercent).toBeUndefined();
    await seconds(1);
    expect(changes).toHaveLength(1);
  });

  it('H10 names everything that is too high', async () => {
    const { readings, throttle, changes, seconds } = make();
    Object.assign(readings, { cpuPercent: 99, memoryPercent: 99 });
    await seconds(1);
    expect(changes[0]?.reason).toBe('processors 99 % > 80 %, memory 99 % > 85 %');
    expect(throttle.statistics().pressures.map(({ name }) => name)).toEqual([
      'cpuPercent',
      'memoryPercent',
    ]);
  });

  it('H10 thresholds, steps and times can be set; Infinity watches nothing', async () => {
    const { readings, changes, measures, clock } = make({
      thresholds: { cpuPercent: 50, memoryPercent: Infinity },
      workerShares: [0.1],
      waitsMs: [],
      rateShares: [],
      intervalMs: 250,
      recoverLooks: 1,
      clearShare: 1,
    });
    readings.memoryPercent = 100;
    await clock.advance(250);
    expect(changes).toHaveLength(0);
    readings.cpuPercent = 51;
    await clock.advance(750);
    expect([measures(), changes.length]).toEqual([[0.1, 0, 1], 1]);
    readings.cpuPercent = 50;
    await clock.advance(250);
    expect(measures()).toEqual([1, 0, 1]);
  });

  it('H10 wait() takes as long as the step says, and can be aborted', async () => {
    const { readings, throttle, clock, seconds } = make({ workerShares: [] });
    await throttle.wait();
    readings.cpuPercent = 99;
    await seconds(2);
    const begin = clock.nowNs();
    const waited = throttle.wait().then(() => clock.nowNs() - begin);
    await clock.advance(50);
    expect(await waited).toBe(50_000_000n);
    const reason = new Error('enough');
    const controller = new AbortController();
    const aborted = throttle.wait(controller.signal);
    controller.abort(reason);
    await expect(aborted).rejects.toBe(reason);
    await expect(throttle.wait(AbortSignal.abort(reason))).rejects.toBe(reason);
  });

  it('H10 lowers the rate that is in force, also when somebody else has changed it meanwhile', async () => {
    const clock = new ManualClock();
    const limiter = new TokenBucket({ rate: 300, clock });
    const { readings, seconds } = make({ limiter, workerShares: [], waitsMs: [] });
    readings.cpuPercent = 99;
    await seconds(2);
    expect(limiter.rate).toBe(150);
    limiter.setRate(100); // half of a new 200
    readings.cpuPercent = 1;
    await seconds(6);
    expect(limiter.rate).toBe(200);
  });

  it('H10 works through an AdaptiveRate, which keeps its bounds', async () => {
    const clock = new ManualClock();
    const limiter = new TokenBucket({ rate: 100, clock });
    const adaptive = new AdaptiveRate({ limiter, clock, minRate: 60 });
    const { readings, seconds } = make({ limiter: adaptive, workerShares: [], waitsMs: [] });
    readings.cpuPercent = 99;
    await seconds(3);
    expect(limiter.rate).toBe(60);
    readings.cpuPercent = 1;
    await seconds(9);
    expect(limiter.rate).toBe(100);
  });

  it('gives everything back at its end, tells of it, and looks no more', async () => {
    const limiter = new TokenBucket({ rate: 400, clock: new ManualClock() });
    const { readings, throttle, changes, measures, clock, seconds } = make({ limiter });
    readings.cpuPercent = 99;
    await seconds(9);
    throttle[Symbol.dispose]();
    throttle[Symbol.dispose]();
    expect([measures(), limiter.rate]).toEqual([[1, 0, 1], 400]);
    expect(changes.at(-1)).toMatchObject({ level: 0, reason: 'the throttle has ended' });
    await seconds(5);
    expect([changes.length, clock.sleeping]).toEqual([18, 0]);
    expect(() => {
      throttle.look();
    }).toThrow('disposed');
    throttle.observe({ success: true }); // of a task that was under way
    await throttle.wait();
  });
});

describe('the readings of a ResourceThrottle', () => {
  it('are disposed of with it where they are its own, and left alone where they were given', () => {
    const disposed = vi.spyOn(SystemReadings.prototype, Symbol.dispose);
    try {
      using readings = new SystemReadings();
      new ResourceThrottle({ readings, clock: new ManualClock() })[Symbol.dispose]();
      expect(disposed).not.toHaveBeenCalled();
      const throttle = new ResourceThrottle({ clock: new ManualClock() });
      throttle.look();
      expect(throttle.statistics().readings?.memoryPercent).toBeDefined();
      throttle[Symbol.dispose]();
      expect(disposed).toHaveBeenCalledTimes(1);
    } finally {
      disposed.mockRestore();
    }
  });
});

describe('ResourceThrottle without readings', () => {
  it('H13 reports what cannot be read, once, and goes on with the rest', async () => {
    const { readings, throttle, changes, seconds } = make();
    const told: Degradation[] = [];
    throttle.on('degraded', (degradation) => told.push(degradation));
    delete readings.memoryPercent;
    readings.eventLoopLagMs = Number.NaN;
    readings.cpuPercent = 99;
    await seconds(3);
    expect(told).toEqual([
      { name: 'memoryPercent', remark: 'not read' },
      { name: 'eventLoopLagMs', remark: 'no number was read, but NaN' },
    ]);
    expect(throttle.statistics().degraded).toEqual(told);
    expect(changes).toHaveLength(3);
  });

  it('H13 a source that throws is one without readings', async () => {
    const { throttle, changes, seconds } = make({
      readings: {
        read: () => {
          throw new Error('no\n/proc');
        },
      },
    });
    await seconds(2);
    expect(changes).toHaveLength(0);
    expect(throttle.statistics().degraded).toHaveLength(4);
    expect(throttle.statistics().readings?.cpuPercent).toEqual({ remark: 'no /proc' });
  });

  it('H13 a rate that cannot be changed is reported, and is no reason to end', async () => {
    const limiter = new TokenBucket({ rate: 400, clock: new ManualClock() });
    const { readings, throttle, measures, seconds } = make({ limiter });
    limiter[Symbol.dispose]();
    readings.cpuPercent = 99;
    await seconds(9);
    expect(measures()).toEqual([0.25, 200, 0.25]);
    expect(throttle.statistics().degraded).toEqual([
      { name: 'rate', remark: expect.stringContaining('disposed') as string },
    ]);
  });

  it.each<[object, string]>([
    [{ thresholds: { cpu: 5 } }, '"cpu"'],
    [{ thresholds: { cpuPercent: 0 } }, 'thresholds.cpuPercent'],
    [{ thresholds: 5 }, 'thresholds'],
    [{ workerShares: [1] }, 'workerShares[0]'],
    [
      { workerShares: [0.5, 0.5] },
      'workerShares must be each below the one before, not [0.5, 0.5]',
    ],
    [{ waitsMs: [50, 10] }, 'waitsMs must be each above'],
    [{ rateShares: 'half' }, 'rateShares'],
    [{ limiter: {} }, 'limiter'],
    [{ readings: {} }, 'readings'],
    [{ intervalMs: 0 }, 'intervalMs'],
    [{ recoverLooks: 0 }, 'recoverLooks'],
    [{ clearShare: 0 }, 'clearShare'],
    [{ clock: {} }, 'clock'],
  ])('refuses %j', (options, named) => {
    expect(() => make(options)).toThrow(named);
  });
});
