import { describe, expect, it } from 'vitest';
import { PacegateError } from '../../../../lib/index.js';
import { ConnectionPool, type PoolOptions } from '../../../../lib/scan/index.js';
import { ManualClock } from '../../../../lib/testing/index.js';
import { answerAfter, collect, taskFor, Throttle } from './tasks.js';

function poolOn(clock: ManualClock, options: PoolOptions = {}): ConnectionPool {
  return new ConnectionPool({ clock, retries: 0, ...options });
}

describe('a task of a pool', () => {
  it('H4 becomes what its probe says, with the data it found', async () => {
    const pool = poolOn(new ManualClock());
    const result = await pool.submit({
      target: '2001:DB8::0:1',
      port: 80,
      name: 'banner',
      probe: () => ({ state: 'open', rttMs: 2.5, data: 'SSH-2.0' }),
    });
    expect(result).toEqual({
      address: '2001:db8::1',
      port: 80,
      protocol: 'tcp',
      state: 'open',
      reason: 'user-set',
      rttMs: 2.5,
      name: 'banner',
      data: 'SSH-2.0',
      attempts: 1,
      durationMs: 0,
      waitMs: 0,
    });
    const text: string | undefined = result.data; // typed as the probe's
    expect(text).toBe('SSH-2.0');
  });

  it('H6 whose probe takes too long is unknown, after as many further attempts as asked for', async () => {
    const clock = new ManualClock();
    const pool = poolOn(clock, { timeoutMs: 100, retries: 2 });
    const reasons: unknown[] = [];
    const pending = pool.submit({
      target: 'example.test',
      port: 1,
      probe: (_task, signal) =>
        new Promise<never>((_resolve, reject) => {
          signal.addEventListener('abort', () => {
            reasons.push(signal.reason);
            reject(signal.reason as Error);
          });
        }),
    });
    await clock.advance(299);
    expect(reasons).toHaveLength(2);
    await clock.advance(1);
    const result = await pending;
    expect(result).toMatchObject({
      address: 'example.test',
      state: 'unknown',
      reason: 'probe_timeout',
      attempts: 3,
      durationMs: 300,
    });
    expect(result).not.toHaveProperty('error');
    expect(reasons[0]).toMatchObject({ code: 'ERR_PACEGATE_TIMED_OUT' });
    expect(pool.statistics()).toMatchObject({ timedOut: 1, completed: 0, attempts: 3, overdue: 0 });
  });

  it('H6 whose probe throws is unknown, and keeps the error', async () => {
    const pool = poolOn(new ManualClock(), { retries: 1 });
    let calls = 0;
    const error = new Error('no TLS');
    const failing = () => {
      calls += 1;
      throw error;
    };
    const result = await pool.submit(taskFor(1, failing));
    expect(result).toMatchObject({ state: 'unknown', reason: 'error', error, attempts: 2 });
    expect(calls).toBe(2);
    const second = await pool.submit(
      taskFor(2, () => (calls < 3 ? failing() : { state: 'closed' })),
    );
    expect(second).toMatchObject({ state: 'closed', attempts: 2 });
    expect(second).not.toHaveProperty('error');
    expect(pool.statistics()).toMatchObject({ failed: 1, completed: 1, active: 0, queued: 0 });
  });

  it.each([
    undefined,
    {},
    { state: 'ajar' },
    { state: 'open', banner: 'x' },
    { state: 'open', reason: 'because' },
    { state: 'open', rttMs: '2' },
    { state: 'open', rttMs: NaN },
    { state: 'open', rttMs: -1 },
  ])('H6 whose probe answers %o is an error and no state', async (answer) => {
    const pool = poolOn(new ManualClock());
    const result = await pool.submit(taskFor(1, () => answer as never));
    expect(result).toMatchObject({ state: 'unknown', reason: 'error' });
    expect(result.error).toBeInstanceOf(PacegateError);
  });

  it('H6 whose answer cannot be read is an error like another', async () => {
    class Answer {
      readonly state = 'open';
      get data(): string {
        throw new Error('closed meanwhile');
      }
    }
    const pool = poolOn(new ManualClock());
    const result = await pool.submit(taskFor(1, () => new Answer()));
    expect(result).toMatchObject({ reason: 'error', error: { message: 'closed meanwhile' } });
    expect(pool.statistics()).toMatchObject({ failed: 1, active: 0 });
  });

  it('has its own time-out and retries where it names them', async () => {
    const clock = new ManualClock();
    const pool = poolOn(clock, { timeoutMs: 1000, retries: 5 });
    const probe = answerAfter(clock, 500);
    const pending = pool.submit({ target: '::1', port: 1, timeoutMs: 20, retries: 1, probe });
    await clock.advance(40);
    expect(await pending).toMatchObject({ reason: 'probe_timeout', attempts: 2 });
  });

  it('that does not heed its signal holds no worker, and is counted until it ends', async () => {
    const clock = new ManualClock();
    const pool = poolOn(clock, { maxWorkers: 1, timeoutMs: 10 });
    const deaf = pool.submit(
      taskFor(1, async () => {
        await clock.sleep(1000);
        return { state: 'open' };
      }),
    );
    const next = pool.submit(taskFor(2, () => ({ state: 'open' })));
    await clock.advance(10);
    expect(await deaf).toMatchObject({ reason: 'probe_timeout' });
    expect(await next).toMatchObject({ state: 'open' });
    await clock.advance(0);
    expect(pool.statistics().overdue).toBe(1);
    await clock.advance(1000);
    expect(pool.statistics()).toMatchObject({ overdue: 0, completed: 1, timedOut: 1 });
  });

  it.each([
    [{ target: '', port: 1 }, 'task.target'],
    [{ target: '10.0.0.256', port: 1 }, 'task.target'],
    [{ target: '10.0.0.0/24', port: 1 }, 'task.target'],
    [{ target: 'a', port: 70_000 }, 'task.port'],
    [{ target: 'a', port: '80' }, 'task.port'],
    [{ target: 'a', port: 1, timeoutMs: 0 }, 'task.timeoutMs'],
    [{ target: 'a', port: 1, retries: 0.5 }, 'task.retries'],
    [{ target: 'a', port: 1, name: 7 }, 'task.name'],
    [{ target: 'a', port: 1, probe: 'http' }, 'task.probe'],
    [{ target: 'a', port: 1, timeout: 5 }, 'timeout'],
    [null, 'task'],
  ])('%o is refused by name and is no task', async (task, name) => {
    const pool = poolOn(new ManualClock());
    const refusal = await pool.submit(task as never).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(PacegateError);
    expect((refusal as Error).message).toContain(name);
    expect(pool.statistics().submitted).toBe(0);
  });
});

describe('a pool', () => {
  it('H4 works on no more tasks than it has workers, in order of arrival', async () => {
    const clock = new ManualClock();
    const pool = poolOn(clock, { maxWorkers: 3 });
    const ended: number[] = [];
    for (let port = 1; port <= 7; port++) {
      void pool
        .submit(taskFor(port, answerAfter(clock, 10)))
        .then((result) => ended.push(result.port));
    }
    expect(pool.statistics()).toMatchObject({ submitted: 7, active: 3, queued: 4 });
    await clock.advance(10);
    expect(ended).toEqual([1, 2, 3]);
    await clock.advance(20);
    expect(ended).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(pool.statistics()).toMatchObject({ active: 0, queued: 0, completed: 7, peakActive: 3 });
  });

  it('H4 counts tasks, their times, and both by name', async () => {
    const clock = new ManualClock();
    const pool = poolOn(clock, { maxWorkers: 10, timeoutMs: 400 });
    for (const [index, name] of ['http', 'http', 'ssh'].entries()) {
      void pool.submit({ ...taskFor(1, answerAfter(clock, 100 * (index + 1))), name });
    }
    void pool.submit({ ...taskFor(1, answerAfter(clock, 900)), name: 'ssh' });
    await clock.advance(500);
    const { byName, durationMs, ...whole } = pool.statistics();
    expect(whole).toMatchObject({ completed: 3, timedOut: 1, tasksPerSecond: 4, elapsedMs: 500 });
    expect(durationMs).toMatchObject({ mean: 250, max: 400 });
    expect(durationMs.p50 / 200).toBeCloseTo(1, 1);
    expect(byName['http']).toMatchObject({ completed: 2, timedOut: 0 });
    expect(byName['http']?.durationMs.max).toBe(200);
    expect(byName['ssh']).toMatchObject({ completed: 1, timedOut: 1 });
  });

  it('H4 keeps the figures of 256 names, and counts the rest in the whole', async () => {
    const pool = poolOn(new ManualClock());
    const named = Array.from({ length: 300 }, (_, i) => ({
      ...taskFor(1, () => ({ state: 'open' })),
      name: `__proto__${i}`,
    }));
    expect((await collect(pool.submitBatch(named))).items).toHaveLength(300);
    const { byName, completed } = pool.statistics();
    expect(Object.keys(byName)).toHaveLength(256);
    expect(completed).toBe(300);
  });

  it('H10 has fewer workers while its throttle says so, at least one, and more at once when it changes', async () => {
    const clock = new ManualClock();
    const throttle = new Throttle();
    const pool = poolOn(clock, { maxWorkers: 10, throttle });
    throttle.turn(0.5);
    for (let port = 0; port < 40; port++) void pool.submit(taskFor(port, answerAfter(clock, 10)));
    expect(pool.statistics()).toMatchObject({ active: 5, workers: 5, maxWorkers: 10 });
    throttle.turn(0);
    await clock.advance(10);
    expect(pool.statistics()).toMatchObject({ active: 1, workers: 1 });
    throttle.turn(1);
    expect(pool.statistics()).toMatchObject({ active: 10, workers: 10 });
    await clock.advance(100);
    await pool.close();
    expect(throttle.listeners.size).toBe(0);
  });

  it('H10 lets attempts wait while its throttle says so, and tells it how tasks end', async () => {
    const clock = new ManualClock();
    const throttle = new Throttle();
    const pool = poolOn(clock, { throttle, maxWorkers: 1 });
    throttle.waitMs = 50;
    const first = pool.submit(taskFor(1, answerAfter(clock, 10)));
    await clock.advance(60);
    throttle.waitMs = 0;
    const second = pool.submit(taskFor(2, () => Promise.reject(new Error('no'))));
    await clock.advance(0);
    expect(await first).toMatchObject({ durationMs: 10, waitMs: 50 });
    expect(await second).toMatchObject({ reason: 'error', waitMs: 0 });
    expect(pool.statistics()).toMatchObject({ waitMs: { max: 50 }, durationMs: { max: 10 } });
    expect(throttle.outcomes).toEqual([
      { success: true, responseMs: 10, waitMs: 50 },
      { success: false, responseMs: 0, waitMs: 0 },
    ]);
  });

  it.each([
    [{ maxWorkers: 0 }, 'maxWorkers'],
    [{ maxWorkers: 1.5 }, 'maxWorkers'],
    [{ timeoutMs: 0 }, 'timeoutMs'],
    [{ retries: -1 }, 'retries'],
    [{ limiter: {} }, 'limiter'],
    [{ hostgroup: 64 }, 'hostgroup'],
    [{ throttle: { on: () => undefined } }, 'throttle'],
    [{ permitTimeoutMs: Number.NaN }, 'permitTimeoutMs'],
    [{ clock: 7 }, 'clock'],
    [{ workers: 5 }, 'workers'],
  ])('refuses %o', (options, name) => {
    expect(() => new ConnectionPool(options as never)).toThrow(PacegateError);
    expect(() => new ConnectionPool(options as never)).toThrow(name);
  });
});

describe('ending', () => {
  it('H6 a task by its signal, in the queue or under way, rejects with its reason', async () => {
    const clock = new ManualClock();
    const pool = poolOn(clock, { maxWorkers: 1 });
    const reason = new Error('enough');
    const controllers = [new AbortController(), new AbortController(), new AbortController()];
    controllers[2]?.abort(reason);
    const heard: unknown[] = [];
    const probe = async (_task: unknown, signal: AbortSignal) => {
      signal.addEventListener('abort', () => heard.push(signal.reason));
      await clock.sleep(1000, signal);
      return { state: 'open' as const };
    };
    const ends = controllers.map(({ signal }, port) =>
      pool.submit(taskFor(port, probe), { signal }).catch((error: unknown) => error),
    );
    await clock.advance(0);
    controllers[1]?.abort(reason);
    controllers[0]?.abort(reason);
    expect(await Promise.all(ends)).toEqual([reason, reason, reason]);
    expect(heard).toEqual([reason]);
    expect(pool.statistics()).toMatchObject({ submitted: 3, aborted: 3, active: 0, queued: 0 });
    expect(clock.sleeping).toBe(0);
  });

  it('H4 close() lets what is worked on finish and refuses the rest', async () => {
    const clock = new ManualClock();
    const pool = poolOn(clock, { maxWorkers: 2 });
    const ends = [1, 2, 3].map((port) => pool.submit(taskFor(port, answerAfter(clock, 50))));
    let isClosed = false;
    const closing = pool.close().then(() => (isClosed = true));
    await expect(ends[2]).rejects.toMatchObject({ code: 'ERR_PACEGATE_DISPOSED' });
    await clock.advance(49);
    expect(isClosed).toBe(false);
    await clock.advance(1);
    await closing;
    expect(await ends[0]).toMatchObject({ state: 'open' });
    expect(await ends[1]).toMatchObject({ state: 'open' });
    await expect(pool.submit(taskFor(4))).rejects.toMatchObject({ code: 'ERR_PACEGATE_DISPOSED' });
    expect(pool.statistics()).toMatchObject({ submitted: 4, completed: 2, refused: 2, aborted: 0 });
    await pool.close();
  });

  it('H4 close({ abort: true }) ends what is worked on, also after a close that waits', async () => {
    const clock = new ManualClock();
    const pool = poolOn(clock, { maxWorkers: 1 });
    const end = pool.submit(taskFor(1, answerAfter(clock, 50))).catch((error: unknown) => error);
    const waiting = pool.close();
    await pool.close({ abort: true });
    await waiting;
    expect(await end).toMatchObject({ code: 'ERR_PACEGATE_DISPOSED' });
    expect(pool.statistics()).toMatchObject({ submitted: 1, aborted: 1, active: 0 });
    expect(clock.sleeping).toBe(0);
  });

  it('close() has patience until its signal is aborted; leaving a block is a close', async () => {
    const clock = new ManualClock();
    const pool = poolOn(clock);
    const end = pool.submit(taskFor(1, answerAfter(clock, 50))).catch((error: unknown) => error);
    const controller = new AbortController();
    const closing = pool.close({ signal: controller.signal });
    await clock.advance(10);
    controller.abort();
    await closing;
    expect(await end).toMatchObject({ code: 'ERR_PACEGATE_DISPOSED' });

    const other = poolOn(clock);
    const last = other.submit(taskFor(1, answerAfter(clock, 5)));
    const left = other[Symbol.asyncDispose]();
    await clock.advance(5);
    await left;
    expect(await last).toMatchObject({ state: 'open' });
    await expect(other.close({ force: true } as never)).rejects.toThrow('force');
  });
});
