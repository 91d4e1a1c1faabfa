import { describe, expect, it } from 'vitest';
import { TokenBucket } from '../../../../lib/index.js';
import {
  comprehensiveStatistics,
  ConnectionPool,
  outcomeOf,
  PerformanceMonitor,
  ResourceThrottle,
  ScanPipeline,
  type PoolFigures,
  type StatisticsSources,
} from '../../../../lib/scan/index.js';
import { scanStatistics, type ScanStatistics } from '../../../../lib/scan/statistics.js';
import { ManualClock } from '../../../../lib/testing/index.js';

const POOL: PoolFigures = {
  queued: 100,
  active: 10,
  waiting: 0,
  completed: 90,
  failed: 5,
  timedOut: 0,
  rateLimited: 5,
  workers: 10,
  tasksPerSecond: 50,
  durationMs: { mean: 100, p50: 90, p90: 150, p99: 400, max: 500 },
};
const poolOf = (changes: Partial<PoolFigures> = {}): NonNullable<StatisticsSources['pool']> => ({
  statistics: () => ({ ...POOL, ...changes }),
});

const limiterOf = (
  rate: number,
  actualRate: number,
  averageWaitMs = 0,
): NonNullable<StatisticsSources['limiter']> => ({
  rate,
  statistics: () => ({
    totalRequests: 110,
    allowedRequests: 100,
    blockedRequests: 7,
    timedOutRequests: 3,
    successRate: 100 / 110,
    actualRate,
    averageWaitMs,
    waitMs: { p50: 1, p90: 2, p99: 3, max: 4 },
  }),
});

const scanOf = (changes: Partial<ScanStatistics>): { statistics: ScanStatistics } => ({
  statistics: {
    ...scanStatistics({
      counters: undefined,
      backend: 'packet',
      targetRate: 1000,
      elapsedMs: 2000,
      settledBefore: 0,
    }),
    phase: 'sending',
    ...changes,
  },
});

const marks = (sources: StatisticsSources): Record<string, string> =>
  Object.fromEntries(
    comprehensiveStatistics(sources).health.map(({ name, status }) => [name, status]),
  );

const bottleneck = (sources: StatisticsSources) =>
  comprehensiveStatistics(sources).performance.bottleneck;

describe('comprehensive statistics', () => {
  it('H11 hold rate limiting, pool and performance', () => {
    const figures = comprehensiveStatistics({
      limiter: limiterOf(100, 70, 20),
      pool: poolOf(),
      timeoutMs: 1000,
    });
    expect(figures.rateLimiting).toEqual({
      limit: 100,
      requestsPerSecond: 70,
      usedPercent: 70,
      totalRequests: 110,
      allowedRequests: 100,
      blockedRequests: 7,
      timedOutRequests: 3,
      successRate: 100 / 110,
      averageWaitMs: 20,
      waitMs: { p50: 1, p90: 2, p99: 3, max: 4 },
    });
    expect(figures.connectionPool).toEqual(POOL);
    expect(figures.performance).toEqual({
      effectiveThroughput: 45,
      throughputPercent: 45,
      errorPercent: 10,
      responseMs: { count: 100, mean: 100, p50: 90, p90: 150, p99: 400, max: 500 },
      waitMs: undefined,
      workersPercent: 100,
      utilisationPercent: undefined,
      resources: {},
      bottleneck: { name: 'workers', reason: 'all 10 workers are busy, 100 tasks wait' },
    });
    expect(figures.degraded).toEqual([]);
  });

  it('H11 mark what is as it should be', () => {
    const sources = { limiter: limiterOf(100, 95, 99), timeoutMs: 1000 };
    const healthy = poolOf({ tasksPerSecond: 86, failed: 1, rateLimited: 0 });
    expect(marks({ ...sources, pool: healthy })).toEqual({
      throughput: 'met',
      'response-time': 'met',
      'error-rate': 'met',
      utilisation: 'unknown',
      'wait-time': 'met',
    });
    const ill = poolOf({ durationMs: { ...POOL.durationMs, mean: 2000 } });
    expect(marks({ limiter: limiterOf(100, 50, 100), pool: ill, timeoutMs: 1000 })).toMatchObject({
      throughput: 'below',
      'response-time': 'above',
      'error-rate': 'above',
      'wait-time': 'above',
    });
    const flatOut = poolOf({ tasksPerSecond: 99, failed: 0, rateLimited: 0 });
    expect(marks({ ...sources, pool: flatOut })['throughput']).toBe('above');
  });

  it('H11 say the targets of the marks, and what nobody measures', () => {
    const { health } = comprehensiveStatistics({ limiter: limiterOf(100, 50) });
    expect(health.map(({ target, unit }) => `${target} ${unit}`)).toEqual([
      '80 to 90 %',
      'below twice the time-out ms',
      'below 5 %',
      'below 80 %',
      'below 100 ms',
    ]);
    expect(health.map(({ status }) => status)).toEqual([
      ...Array<string>(4).fill('unknown'),
      'met',
    ]);
  });

  it.each<[string, string, StatisticsSources]>([
    ['rate-limit', '95 % of the limit', { limiter: limiterOf(100, 95), pool: poolOf() }],
    ['workers', 'all 10 workers', { limiter: limiterOf(100, 50), pool: poolOf() }],
    ['workers', '0 tasks wait', { pool: poolOf({ queued: 0 }) }],
    ['permits', '6 of 10 workers wait', { pool: poolOf({ waiting: 6 }) }],
    ['demand', '7 of 10 workers have nothing', { pool: poolOf({ queued: 0, active: 3 }) }],
    ['rate-limit', '90 % of', { scan: scanOf({ currentPacketsPerSecond: 900 }) }],
    ['sender', '899 of 1000', { scan: scanOf({ currentPacketsPerSecond: 899 }) }],
    ['targets', '5 probes wait', { scan: scanOf({ parked: 5 }) }],
    ['demand', 'draining', { scan: scanOf({ phase: 'draining' }) }],
    ['unknown', 'no pool', { limiter: limiterOf(100, 5) }],
  ])('H11 name the bottleneck: %s, %s', (name, reason, sources) => {
    expect(bottleneck(sources)).toEqual({
      name,
      reason: expect.stringContaining(reason) as string,
    });
  });

  it('H11 a scan has a rate and results as well', () => {
    const changes = { currentPacketsPerSecond: 500, sent: 990, sendFailures: 10 };
    const { rateLimiting, performance } = comprehensiveStatistics({
      scan: scanOf({ ...changes, settled: 400, unknown: 40 }),
    });
    expect(rateLimiting).toMatchObject({ limit: 1000, usedPercent: 50, successRate: 0.99 });
    expect(performance).toMatchObject({
      effectiveThroughput: 180,
      throughputPercent: 18,
      errorPercent: 10,
    });
  });

  it('H11 with a monitor: throughput, times and resources of the stretch asked for', async () => {
    const clock = new ManualClock();
    const readings = { read: () => ({ cpuPercent: 85, memoryPercent: 50 }) };
    using monitor = new PerformanceMonitor({ clock, readings });
    for (let i = 0; i < 100; i++) {
      monitor.observe({ success: i > 0, responseMs: 10, waitMs: 150 });
      await clock.advance(10);
    }
    const sources = { limiter: limiterOf(110, 100), monitor, timeoutMs: 1000, overMs: 10_000 };
    const { performance, degraded } = comprehensiveStatistics(sources);
    expect(performance).toMatchObject({
      effectiveThroughput: 99,
      throughputPercent: 90,
      errorPercent: 1,
      utilisationPercent: 85,
      resources: { cpuPercent: 85, memoryPercent: 50 },
      bottleneck: { name: 'cpu', reason: 'cpuPercent 85 is above 80' },
    });
    expect(degraded.map(({ name }) => name)).toEqual(['eventLoopLagMs', 'descriptorPercent']);
    expect(marks(sources)).toEqual({
      throughput: 'met',
      'response-time': 'met',
      'error-rate': 'met',
      utilisation: 'above',
      'wait-time': 'above',
    });
  });

  it('H11 with a throttle: what it gives way to is the bottleneck, also while it recovers', async () => {
    const clock = new ManualClock();
    const now = { descriptorPercent: 95, cpuPercent: 5 };
    using throttle = new ResourceThrottle({ clock, readings: { read: () => ({ ...now }) } });
    const sources = { throttle, limiter: limiterOf(100, 99) };
    await clock.advance(2000);
    expect(bottleneck(sources)).toEqual({
      name: 'descriptors',
      reason: 'descriptorPercent 95 is above 80; throttled by 2 of 9 steps',
    });
    now.descriptorPercent = 10;
    await clock.advance(3000);
    expect(bottleneck(sources)).toEqual({
      name: 'descriptors',
      reason: 'descriptorPercent 95 was above 80; throttled by 1 of 9 steps',
    });
    await clock.advance(3000);
    expect(bottleneck(sources).name).toBe('rate-limit');
    expect(comprehensiveStatistics(sources).performance.resources).toEqual(now);
  });

  it('H11 waits are those of the limiter where outcomes do not tell of them', () => {
    const clock = new ManualClock();
    using monitor = new PerformanceMonitor({ clock, readings: { read: () => ({}) } });
    monitor.observe({ success: true });
    const { performance, health } = comprehensiveStatistics({
      limiter: limiterOf(100, 50, 250),
      monitor,
      pool: poolOf(),
    });
    expect([performance.waitMs, performance.responseMs?.mean]).toEqual([undefined, 100]);
    expect(health.at(-1)).toMatchObject({ name: 'wait-time', value: 250, status: 'above' });
  });

  it('H11 waits are those of the tasks of the pool, of which only the first asks the limiter', () => {
    const waitMs = { mean: 700, p50: 650, p90: 1300, p99: 1400, max: 1500 };
    const { performance, health } = comprehensiveStatistics({
      limiter: limiterOf(100, 50, 5),
      pool: poolOf({ waitMs }),
    });
    expect(performance.waitMs).toEqual({ count: 100, ...waitMs });
    expect(health.at(-1)).toMatchObject({ name: 'wait-time', value: 700, status: 'above' });
    expect(comprehensiveStatistics({ pool: poolOf() }).performance.waitMs).toBeUndefined();
  });

  it.each<[object, string]>([
    [{}, 'at least one of limiter, pool, pipeline, monitor, throttle, scan'],
    [{ limiter: { rate: 5 } }, 'limiter must be'],
    [{ pool: null }, 'pool must be'],
    [{ scanner: 1 }, '"scanner"'],
    [{ limiter: limiterOf(1, 1), timeoutMs: 0 }, 'timeoutMs'],
  ])('refuse %j', (sources, named) => {
    expect(() => comprehensiveStatistics(sources)).toThrow(named);
  });
});

describe('a pool under control', () => {
  const task = (clock: ManualClock, port: number, ms: number, error?: Error) => ({
    target: '192.0.2.1',
    port,
    probe: async () => {
      await clock.sleep(ms);
      if (error !== undefined) throw error;
      return { state: 'open' as const };
    },
  });

  it('H11 its figures fit: limiter, pool, monitor and throttle in one look', async () => {
    const clock = new ManualClock();
    const limiter = new TokenBucket({ rate: 50, burst: 10, clock });
    const readings = { read: () => ({ cpuPercent: 20 }) };
    using throttle = new ResourceThrottle({ clock, readings });
    using monitor = new PerformanceMonitor({ clock, readings });
    const pool = new ConnectionPool({ clock, limiter, throttle, maxWorkers: 20, retries: 0 });
    const tasks = Array.from({ length: 200 }, (_, port) => task(clock, port, 100));
    const reading = (async () => {
      for await (const result of pool.submitBatch(tasks)) monitor.observe(outcomeOf(result));
    })();
    await clock.advance(3000);
    const { performance, rateLimiting, connectionPool } = comprehensiveStatistics({
      limiter,
      pool,
      throttle,
      monitor,
    });
    expect(rateLimiting?.usedPercent).toBeGreaterThan(90);
    expect(connectionPool).toMatchObject({ active: 20, workers: 20, failed: 0 });
    expect(performance.effectiveThroughput).toBeGreaterThan(45);
    expect(performance).toMatchObject({ errorPercent: 0, bottleneck: { name: 'rate-limit' } });
    await clock.advance(3000);
    await reading;
    await pool.close();
  });

  it('H11 that is a pipeline, too', async () => {
    const clock = new ManualClock();
    const probe = () => ({ state: 'open' as const });
    const limiter = new TokenBucket({ rate: 1000, burst: 100, clock });
    const pipeline = new ScanPipeline({
      targets: '192.0.2.1',
      ports: '1-20',
      probe,
      limiter,
      clock,
    });
    expect(comprehensiveStatistics({ pipeline }).connectionPool).toBeUndefined();
    let results = 0;
    for await (const { state } of pipeline) results += state === 'open' ? 1 : 0;
    const { connectionPool, performance } = comprehensiveStatistics({ pipeline });
    expect([results, connectionPool?.completed]).toEqual([20, 20]);
    expect(performance).toMatchObject({ errorPercent: 0, bottleneck: { name: 'demand' } });
  });

  it('H10 gives way to failures by workers, waits and rate, and comes back', async () => {
    const clock = new ManualClock();
    const limiter = new TokenBucket({ rate: 1000, burst: 100, clock });
    using throttle = new ResourceThrottle({
      clock,
      limiter,
      readings: { read: () => ({}) },
      workerShares: [0.5],
      waitsMs: [100],
      rateShares: [0.5],
    });
    const pool = new ConnectionPool({ clock, limiter, throttle, maxWorkers: 10, retries: 0 });
    let fault: Error | undefined = new Error('refused by the host');
    let isOver = false;
    function* tasks() {
      for (let port = 0; !isOver; port = (port + 1) % 60_000) yield task(clock, port, 50, fault);
    }
    const results = pool.submitBatch(tasks());
    const reading = (async () => {
      for await (const result of results) expect(result.state).not.toBe('closed');
    })();
    await clock.advance(1000);
    expect(pool.statistics()).toMatchObject({ workers: 5 });
    await clock.advance(2000);
    expect(throttle.statistics()).toMatchObject({ level: 3, waitMs: 100 });
    expect(limiter.rate).toBe(500);
    const before = pool.statistics();
    await clock.advance(1000);
    const each = 5 * Math.floor(1000 / 150);
    const done = pool.statistics().attempts - before.attempts;
    expect(Math.abs(done - each)).toBeLessThanOrEqual(5);
    fault = undefined;
    await clock.advance(20_000);
    expect(throttle.statistics()).toMatchObject({ level: 0, workerShare: 1, waitMs: 0 });
    expect([limiter.rate, pool.statistics().workers]).toEqual([1000, 10]);
    isOver = true;
    await clock.advance(1000);
    await reading;
    await pool.close();
  });

  it('H10 a throttle that has ended is no hindrance', async () => {
    const clock = new ManualClock();
    const throttle = new ResourceThrottle({
      clock,
      readings: { read: () => ({ cpuPercent: 99 }) },
    });
    const pool = new ConnectionPool({ clock, throttle, maxWorkers: 8 });
    await clock.advance(5000);
    expect(pool.statistics().workers).toBe(2);
    throttle[Symbol.dispose]();
    expect(pool.statistics().workers).toBe(8);
    const result = pool.submit(task(clock, 80, 10));
    await clock.advance(10);
    expect(await result).toMatchObject({ state: 'open' });
    await pool.close();
  });
});
