import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { ConnectionPool, type PoolOptions, type ScanTask } from '../../../../lib/scan/index.js';
import { ManualClock } from '../../../../lib/testing/index.js';
import { answerAfter, collect, taskFor } from './tasks.js';

const READ_AHEAD = 16;

function poolOn(clock: ManualClock, options: PoolOptions = {}): ConnectionPool {
  return new ConnectionPool({ clock, retries: 0, maxWorkers: 4, ...options });
}

/** Tasks on demand: how many were asked for, and whether it was let go. */
class Source implements Iterable<ScanTask> {
  pulled = 0;
  isLetGo = false;
  constructor(
    readonly count: number,
    readonly makeTask: (port: number) => ScanTask,
  ) {}

  *[Symbol.iterator](): Generator<ScanTask, undefined> {
    try {
      while (this.pulled < this.count) yield this.makeTask(this.pulled++);
    } finally {
      this.isLetGo = true;
    }
  }

  async *later(): AsyncGenerator<ScanTask, undefined> {
    for (const task of this) yield await Promise.resolve(task);
  }
}

describe('a batch', () => {
  it.each(['sync', 'async'])(
    'H4 gives every result once, as it comes (%s source)',
    async (kind) => {
      const clock = new ManualClock();
      const pool = poolOn(clock);
      const source = new Source(100, (port) =>
        taskFor(port, answerAfter(clock, port === 0 ? 35 : 10)),
      );
      const collecting = collect(pool.submitBatch(kind === 'sync' ? source : source.later()));
      await clock.advance(1000);
      const ports = (await collecting).items.map(({ port }) => port);
      expect(ports.indexOf(0)).toBe(9); // the slow one, after three rounds of the others
      expect([...ports].sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i));
      expect(source.isLetGo).toBe(true);
    },
  );

  it('H4 pulls nothing before it is read, and no more than workers and a small read-ahead', async () => {
    const clock = new ManualClock();
    const pool = poolOn(clock);
    const source = new Source(1_000_000, (port) => taskFor(port, answerAfter(clock, 1)));
    const batch = pool.submitBatch(source);
    await clock.advance(10);
    expect(source.pulled).toBe(0);
    const first = batch.next();
    expect(source.pulled).toBe(4 + READ_AHEAD);
    await clock.advance(1000);
    await first;
    expect(source.pulled).toBeLessThanOrEqual(1 + 4 + READ_AHEAD); // one was read
    for (let read = 2; read < 50; read++) {
      await batch.next();
      await clock.advance(10);
      expect(source.pulled).toBeLessThanOrEqual(read + 4 + READ_AHEAD);
    }
    await batch.return?.();
  });

  it('H4 stops for a consumer who breaks off: nothing goes on, and the source is let go', async () => {
    const clock = new ManualClock();
    const pool = poolOn(clock);
    const source = new Source(1000, (port) => taskFor(port, answerAfter(clock, port + 1)));
    const { signal } = new AbortController();
    const batch = pool.submitBatch(source, { signal });
    let read = 0;
    const reading = (async () => {
      for await (const result of batch) {
        expect(result.state).toBe('open');
        if (++read === 3) break;
      }
    })();
    await clock.advance(100);
    await reading;
    expect(read).toBe(3);
    expect(await batch.next()).toEqual({ value: undefined, done: true });
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
    expect(source.isLetGo).toBe(true);
    expect(clock.sleeping).toBe(0);
    const { submitted, completed, aborted, active, queued } = pool.statistics();
    expect([active, queued]).toEqual([0, 0]);
    expect(completed + aborted).toBe(submitted);
    expect(await pool.submit(taskFor(1, () => ({ state: 'open' })))).toMatchObject({
      state: 'open',
    });
  });

  it('H6 hands over what was under way before it throws what the source threw', async () => {
    const clock = new ManualClock();
    const pool = poolOn(clock);
    const fault = new Error('list is broken');
    const source = new Source(10, (port) => {
      if (port === 3) throw fault;
      return taskFor(port, answerAfter(clock, 10));
    });
    const collecting = collect(pool.submitBatch(source));
    await clock.advance(100);
    const { items, error } = await collecting;
    expect(items).toHaveLength(3);
    expect(error).toBe(fault);
  });

  it('H6 ends at a wrong task, whose error names it', async () => {
    const clock = new ManualClock();
    const pool = poolOn(clock);
    const source = new Source(10, (port) =>
      taskFor(port === 2 ? -1 : port, answerAfter(clock, 10)),
    );
    const collecting = collect(pool.submitBatch(source));
    await clock.advance(100);
    const { items, error } = await collecting;
    expect(items.map(({ port }) => port)).not.toContain(-1);
    expect(error).toMatchObject({ code: 'ERR_PACEGATE_OUT_OF_RANGE' });
    expect(source.isLetGo).toBe(true);
  });

  it('H6 ends by its signal, with its reason', async () => {
    const clock = new ManualClock();
    const pool = poolOn(clock);
    const controller = new AbortController();
    const source = new Source(1000, (port) => taskFor(port, answerAfter(clock, 10)));
    const collecting = collect(pool.submitBatch(source, { signal: controller.signal }));
    await clock.advance(25);
    const reason = new Error('enough');
    controller.abort(reason);
    const { items, error } = await collecting;
    expect(items).toHaveLength(8);
    expect(error).toBe(reason);
    expect(source.isLetGo).toBe(true);
    expect(clock.sleeping).toBe(0);
    const early = await collect(pool.submitBatch(source, { signal: controller.signal }));
    expect(early).toEqual({ items: [], error: reason });
  });

  it('H6 of probes that answer at once lets other turns of the event loop come, and so its signal', async () => {
    const pool = poolOn(new ManualClock(), { maxWorkers: 1000 });
    const controller = new AbortController();
    const reason = new Error('enough');
    setImmediate(() => {
      controller.abort(reason);
    });
    const source = new Source(Infinity, (port) =>
      taskFor(port % 65_536, () => ({ state: 'open' })),
    );
    const { error } = await collect(pool.submitBatch(source, { signal: controller.signal }));
    expect(error).toBe(reason);
    expect(pool.statistics().attempts).toBeLessThan(1000);
  });

  it('H6 tells of a pool that was closed, after the results of what was under way', async () => {
    const clock = new ManualClock();
    const pool = poolOn(clock);
    const source = new Source(1000, (port) => taskFor(port, answerAfter(clock, 10)));
    const collecting = collect(pool.submitBatch(source));
    await clock.advance(15);
    const closing = pool.close();
    await clock.advance(10);
    await closing;
    const { items, error } = await collecting;
    expect(items).toHaveLength(8);
    expect(error).toMatchObject({ code: 'ERR_PACEGATE_DISPOSED' });
    const { submitted, completed, refused } = pool.statistics();
    expect(completed + refused).toBe(submitted);
  });

  it('waits for a source that has nothing yet, and takes what is neither', async () => {
    const clock = new ManualClock();
    const pool = poolOn(clock);
    async function* slow(): AsyncGenerator<ScanTask, undefined> {
      for (let port = 0; port < 3; port++) {
        await clock.sleep(100);
        yield taskFor(port, () => ({ state: 'closed' }));
      }
    }
    const batch = pool.submitBatch(slow());
    const reads = [batch.next(), batch.next(), batch.next(), batch.next()];
    await clock.advance(400);
    const ports = (await Promise.all(reads)).map(({ value }) => value?.port);
    expect(ports).toEqual([0, 1, 2, undefined]);
    expect(() => pool.submitBatch(7 as never)).toThrow('tasks must be');
    expect(() => pool.submitBatch([], { timeoutMs: 1 } as never)).toThrow('timeoutMs');
    expect(await collect(pool.submitBatch([]))).toEqual({ items: [] });
  });
});
