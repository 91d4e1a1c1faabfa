import { afterEach, describe, expect, it } from 'vitest';
import {
  outcomeOf,
  PerformanceMonitor,
  type PerformanceFigures,
  type ResourceName,
} from '../../../../lib/scan/index.js';
import { SlotRing } from '../../../../lib/scan/control/monitor/slot-ring.js';
import { ManualClock } from '../../../../lib/testing/index.js';

const made: PerformanceMonitor[] = [];
afterEach(() => {
  for (const monitor of made.splice(0)) monitor[Symbol.dispose]();
});

function make(startNs = 0n) {
  const clock = new ManualClock(startNs);
  const readings: Partial<Record<ResourceName, number>> = { cpuPercent: 10 };
  const monitor = new PerformanceMonitor({ clock, readings: { read: () => ({ ...readings }) } });
  made.push(monitor);
  const observe = (count: number, responseMs = 5, success = true): void => {
    for (let i = 0; i < count; i++) monitor.observe({ success, responseMs });
  };
  return { clock, readings, monitor, observe };
}

describe('PerformanceMonitor', () => {
  it('H12 tells requests, errors, response times and waits of the last minute', async () => {
    const { clock, monitor, observe } = make(123_456_789n);
    await clock.advance(500);
    observe(90);
    observe(10, 80, false);
    monitor.observe({ success: true, waitMs: 40 });
    await clock.advance(1500);
    const figures = monitor.statistics();
    expect(figures).toMatchObject({
      startMs: 0,
      durationMs: 2000,
      requests: 101,
      requestsPerSecond: 50.5,
      failures: 10,
      errorRate: 10 / 101,
    });
    const { responseMs, waitMs } = figures;
    expect(responseMs.mean).toBeCloseTo(12.5);
    expect([responseMs.p50 / 5, responseMs.p99 / 80]).toEqual([
      expect.closeTo(1, 1),
      expect.closeTo(1, 1),
    ]);
    expect([responseMs.max, waitMs.max, waitMs.mean]).toEqual([80, 40, 40]);
  });

  it('H12 keeps the last minute by the second and the last hour by the minute', async () => {
    const { clock, monitor, observe } = make();
    for (let minute = 0; minute < 65; minute++) {
      observe(minute + 1);
      await clock.advance(60_000);
    }
    observe(1);
    const minutes = monitor.history('minute');
    expect(minutes.map(({ requests }) => requests)).toEqual([
      ...Array.from({ length: 59 }, (_, i) => i + 7),
      1,
    ]);
    expect(minutes[0]).toMatchObject({ startMs: 6 * 60_000, durationMs: 60_000 });
    const seconds = monitor.history();
    expect(seconds.map(({ requests }) => requests)).toEqual([...Array<number>(59).fill(0), 1]);
    expect(monitor.statistics(3_600_000).requests).toBe(1 + ((7 + 65) * 59) / 2);
    expect(monitor.statistics(120_000).requests).toBe(66);
    expect(monitor.statistics(60_000)).toMatchObject({ requests: 1, durationMs: 59_000 });
  });

  it('H12 has no more than it is old', async () => {
    const { clock, monitor, observe } = make();
    observe(3);
    expect(monitor.history()).toHaveLength(1);
    expect(monitor.statistics()).toMatchObject({ requests: 3, requestsPerSecond: 0 });
    await clock.advance(2500);
    expect(monitor.history().map(({ requests, durationMs }) => [requests, durationMs])).toEqual([
      [3, 1000],
      [0, 1000],
      [0, 500],
    ]);
    expect(monitor.history('minute')).toHaveLength(1);
  });

  it('H12 reads the resources of each second, and tells when it is over', async () => {
    const { clock, monitor, readings, observe } = make();
    const samples: PerformanceFigures[] = [];
    monitor.on('sample', (figures) => samples.push(figures));
    observe(7);
    await clock.advance(1000);
    readings.cpuPercent = 50;
    readings.memoryPercent = 40;
    await clock.advance(1500);
    expect(samples.map(({ startMs, requests }) => [startMs, requests])).toEqual([
      [0, 7],
      [1000, 0],
    ]);
    expect(samples.map(({ resources }) => resources.cpuPercent)).toEqual([
      { mean: 10, max: 10 },
      { mean: 50, max: 50 },
    ]);
    expect(monitor.statistics().resources).toEqual({
      cpuPercent: { mean: 30, max: 50 },
      memoryPercent: { mean: 40, max: 40 },
    });
    expect(monitor.readings?.memoryPercent).toEqual({ value: 40 });
  });

  it('H13 says what cannot be read, and does without', async () => {
    const { clock, monitor, readings } = make();
    delete readings.cpuPercent;
    expect([monitor.readings, monitor.degraded]).toEqual([undefined, []]);
    await clock.advance(1000);
    expect(monitor.degraded.map(({ name }) => name)).toEqual([
      'cpuPercent',
      'memoryPercent',
      'eventLoopLagMs',
      'descriptorPercent',
    ]);
    expect(monitor.statistics().resources).toEqual({});
  });

  it('reads no more at its end; what it has seen can be read on', async () => {
    const { clock, monitor, observe } = make();
    observe(5);
    monitor[Symbol.dispose]();
    monitor[Symbol.dispose]();
    await clock.advance(1000);
    expect([clock.sleeping, monitor.statistics().requests]).toEqual([0, 5]);
  });

  it('refuses wrong stretches, steps and outcomes', () => {
    const { monitor } = make();
    expect(() => monitor.statistics(999)).toThrow('overMs');
    expect(() => monitor.statistics(3_600_001)).toThrow('overMs');
    expect(() => monitor.history('hour' as never)).toThrow("'second' or 'minute'");
    expect(() => {
      monitor.observe({ success: true, responseMs: Number.NaN });
    }).toThrow('outcome.responseMs');
    expect(() => new PerformanceMonitor({ interval: 5 } as never)).toThrow('"interval"');
  });
});

describe('a ring of slots', () => {
  it('H12 keeps what it has room for, whatever happens in between', () => {
    const ring = new SlotRing(10, 3);
    const numbers = (elapsedMs: number): (number | undefined)[] =>
      ring.between(0, 12, elapsedMs).map((slot) => slot?.requests);
    for (const elapsedMs of [0, 5, 15, 29]) ring.at(elapsedMs).requests += 1;
    expect(numbers(29).slice(0, 4)).toEqual([2, 1, 1, undefined]);
    ring.at(30).requests += 1;
    expect(numbers(30).slice(0, 4)).toEqual([undefined, 1, 1, 1]);
    ring.at(12).requests += 1; // late, and kept
    ring.at(0).requests += 1; // too late: the oldest there is
    expect(numbers(30).slice(0, 4)).toEqual([undefined, 3, 1, 1]);
    expect(numbers(1000).every((requests) => requests === undefined)).toBe(true);
  });
});

describe('the outcome of a result', () => {
  it('H12 is a success unless the state is unknown, and took what the answer or the task took', () => {
    expect(outcomeOf({ state: 'closed', rttMs: 2, durationMs: 9 })).toMatchObject({
      success: true,
      responseMs: 2,
    });
    expect(outcomeOf({ state: 'filtered', durationMs: 9 })).toMatchObject({ responseMs: 9 });
    expect(outcomeOf({ state: 'unknown' })).toMatchObject({ success: false });
  });
});
