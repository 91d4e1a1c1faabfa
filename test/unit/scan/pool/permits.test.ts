import { describe, expect, it } from 'vitest';
import { HostgroupLimiter, TokenBucket } from '../../../../lib/index.js';
import { ConnectionPool, type PoolOptions, type TaskResult } from '../../../../lib/scan/index.js';
import { ManualClock } from '../../../../lib/testing/index.js';
import { answerAfter, collect, taskFor } from './tasks.js';

function poolOn(clock: ManualClock, options: PoolOptions): ConnectionPool {
  return new ConnectionPool({ clock, retries: 0, timeoutMs: 100, ...options });
}

const reasons = (results: readonly TaskResult[]) => results.map(({ reason }) => reason);

describe('the rate of a pool', () => {
  it('H5 a task that gets no permit in time is unknown, for that reason, and was never attempted', async () => {
    const clock = new ManualClock();
    const limiter = new TokenBucket({ rate: 1, burst: 1, clock });
    const pool = poolOn(clock, { limiter });
    let calls = 0;
    const probe = () => {
      calls += 1;
      return { state: 'open' as const };
    };
    const results = Promise.all([1, 2, 3].map((port) => pool.submit(taskFor(port, probe))));
    await clock.advance(99);
    expect(pool.statistics()).toMatchObject({ active: 2, waiting: 2, completed: 1 });
    await clock.advance(1);
    expect(reasons(await results)).toEqual([
      'user-set',
      'rate_limit_timeout',
      'rate_limit_timeout',
    ]);
    expect((await results)[1]).toMatchObject({
      state: 'unknown',
      attempts: 0,
      durationMs: 0,
      waitMs: 100,
    });
    expect(calls).toBe(1);
    expect(pool.statistics()).toMatchObject({ rateLimited: 2, completed: 1, waiting: 0 });
    // Nothing of the limiter's was spent on them.
    await clock.advance(900);
    expect(limiter.availableTokens()).toBe(1);
    expect(clock.sleeping).toBe(0);
  });

  it('H5 a limiter that is slow but serves loses no task, however long the line', async () => {
    const clock = new ManualClock();
    const limiter = new TokenBucket({ rate: 20, burst: 1, clock });
    const pool = poolOn(clock, { limiter, maxWorkers: 500 });
    const tasks = Array.from({ length: 500 }, (_, port) => taskFor(port, answerAfter(clock, 30)));
    const collecting = collect(pool.submitBatch(tasks));
    await clock.advance(26_000);
    const { items } = await collecting;
    expect(items.filter(({ state }) => state === 'open')).toHaveLength(500);
    expect(clock.sleeping).toBe(0);
  });

  it('every attempt takes a permit, repeated ones too', async () => {
    const clock = new ManualClock();
    const limiter = new TokenBucket({ rate: 100, burst: 10, clock });
    const pool = poolOn(clock, { limiter, retries: 4 });
    const failing = () => Promise.reject(new Error('no'));
    const result = await pool.submit(taskFor(1, failing));
    expect(result).toMatchObject({ reason: 'error', attempts: 5 });
    expect(limiter.availableTokens()).toBe(5);
  });

  it('permitTimeoutMs is another patience than the probe has; 0 takes what there is', async () => {
    const clock = new ManualClock();
    const limiter = new TokenBucket({ rate: 1, burst: 1, clock });
    const patient = poolOn(clock, { limiter, permitTimeoutMs: Infinity });
    const results = [1, 2, 3].map((port) =>
      patient.submit(taskFor(port, () => ({ state: 'open' }))),
    );
    await clock.advance(2000);
    expect(reasons(await Promise.all(results))).toEqual(['user-set', 'user-set', 'user-set']);

    await clock.advance(1000);
    const hasty = poolOn(clock, { limiter, permitTimeoutMs: 0 });
    const first = hasty.submit(taskFor(1, () => ({ state: 'open' })));
    const second = hasty.submit(taskFor(2, () => ({ state: 'open' })));
    await clock.advance(1);
    expect(reasons(await Promise.all([first, second]))).toEqual(['user-set', 'rate_limit_timeout']);
  });

  it('an aborted task gives its turn back, and those behind it move up', async () => {
    const clock = new ManualClock();
    const limiter = new TokenBucket({ rate: 10, burst: 1, initialTokens: 0, clock });
    const pool = poolOn(clock, { limiter, permitTimeoutMs: Infinity });
    const controller = new AbortController();
    const { signal } = controller;
    const first = pool.submit(taskFor(1), { signal }).catch((error: unknown) => error);
    const second = pool.submit(taskFor(2, () => ({ state: 'open' })));
    await clock.advance(50);
    controller.abort(new Error('enough'));
    await clock.advance(50);
    expect(await first).toMatchObject({ message: 'enough' });
    expect(await second).toMatchObject({ state: 'open', durationMs: 0, waitMs: 100 });
  });

  it('H6 a task that is aborted in any turn before its attempt costs no unit', async () => {
    const clock = new ManualClock();
    const limiter = new TokenBucket({ rate: 1, burst: 100, clock });
    const pool = poolOn(clock, { limiter });
    let attempts = 0;
    const probe = () => {
      attempts += 1;
      return { state: 'open' as const };
    };
    for (let turns = 0; turns < 30; turns++) {
      const controller = new AbortController();
      const { signal } = controller;
      const ending = pool.submit(taskFor(turns, probe), { signal }).catch(() => undefined);
      for (let turn = 0; turn < turns; turn++) await Promise.resolve();
      controller.abort();
      await ending;
    }
    await clock.advance(0);
    expect(attempts).toBeGreaterThan(0);
    expect(attempts).toBeLessThan(30);
    expect(limiter.availableTokens()).toBe(100 - attempts);
  });

  it('a limiter that was disposed of serves nobody, and is no reason to hang', async () => {
    const clock = new ManualClock();
    const limiter = new TokenBucket({ rate: 1, burst: 1, initialTokens: 0, clock });
    const pool = poolOn(clock, { limiter, permitTimeoutMs: Infinity });
    const waiting = pool.submit(taskFor(1));
    await clock.advance(1);
    limiter[Symbol.dispose]();
    expect(await waiting).toMatchObject({ reason: 'rate_limit_timeout' });
    const late = await pool.submit(taskFor(2));
    expect(late).toMatchObject({ state: 'unknown', reason: 'error' });
    expect(late.error).toMatchObject({ code: 'ERR_PACEGATE_DISPOSED' });
  });
});

describe('the hostgroup of a pool', () => {
  const taskOf = (clock: ManualClock, host: number, port: number, ms = 10) => ({
    target: `10.0.0.${host}`,
    port,
    probe: answerAfter(clock, ms),
  });

  it('H4 lets as many targets be worked on as it has permits; tasks of one target share theirs', async () => {
    const clock = new ManualClock();
    const hostgroup = new HostgroupLimiter({ max: 2, clock });
    const pool = poolOn(clock, { hostgroup });
    const hosts = [1, 1, 2, 3, 1, 3, 2, 3];
    const results = Promise.all(hosts.map((host, port) => pool.submit(taskOf(clock, host, port))));
    await clock.advance(0);
    expect(hostgroup.active).toBe(2);
    expect(pool.statistics()).toMatchObject({ active: 8, waiting: 3 }); // the third host's
    await clock.advance(10);
    expect(hostgroup.active).toBe(1);
    expect(pool.statistics()).toMatchObject({ completed: 5, waiting: 0 });
    await clock.advance(10);
    expect((await results).every(({ state }) => state === 'open')).toBe(true);
    expect(hostgroup.statistics()).toMatchObject({
      active: 0,
      granted: 3,
      released: 3,
      peakActive: 2,
    });
  });

  it('H4 has patience while targets of its own are worked on, and none with a group that others hold', async () => {
    const clock = new ManualClock();
    const hostgroup = new HostgroupLimiter({ max: 1, clock });
    const pool = poolOn(clock, { hostgroup, timeoutMs: 100, retries: 3 });
    const silent = pool.submit(taskOf(clock, 1, 1, 1000)); // four attempts of 100 ms
    const next = pool.submit(taskOf(clock, 2, 1));
    await clock.advance(420);
    expect(await silent).toMatchObject({ reason: 'probe_timeout', attempts: 4 });
    expect(await next).toMatchObject({ state: 'open' });

    const foreign = hostgroup.tryAcquireTarget('elsewhere');
    const starved = pool.submit(taskOf(clock, 3, 1));
    await clock.advance(100);
    expect(await starved).toMatchObject({ reason: 'rate_limit_timeout', attempts: 0 });
    foreign?.release();
    expect(hostgroup.active).toBe(0);
    expect(hostgroup.waiting).toBe(0);
  });

  it('an aborted task leaves its place to others of its target', async () => {
    const clock = new ManualClock();
    const hostgroup = new HostgroupLimiter({ max: 1, clock });
    const pool = poolOn(clock, { hostgroup });
    const foreign = hostgroup.tryAcquireTarget('elsewhere');
    const controller = new AbortController();
    const { signal } = controller;
    const first = pool.submit(taskOf(clock, 1, 1), { signal }).catch(() => 'aborted');
    const second = pool.submit(taskOf(clock, 1, 2));
    await clock.advance(0);
    // In one turn: the permit comes, and the task that asked for it goes.
    foreign?.release();
    controller.abort();
    await clock.advance(10);
    expect(await first).toBe('aborted');
    expect(await second).toMatchObject({ state: 'open' });
    expect(hostgroup.active).toBe(0);
  });

  it('a hostgroup that was disposed of is an error of the tasks that wait', async () => {
    const clock = new ManualClock();
    const hostgroup = new HostgroupLimiter({ max: 1, clock });
    const pool = poolOn(clock, { hostgroup });
    const held = pool.submit(taskOf(clock, 1, 1));
    const waiting = pool.submit(taskOf(clock, 2, 1));
    await clock.advance(1);
    hostgroup[Symbol.dispose]();
    expect(await waiting).toMatchObject({
      reason: 'error',
      error: { code: 'ERR_PACEGATE_DISPOSED' },
    });
    await clock.advance(10);
    expect(await held).toMatchObject({ state: 'open' });
  });
});
