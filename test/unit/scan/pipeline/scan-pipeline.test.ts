import { describe, expect, it } from 'vitest';
import { PacegateError, TokenBucket } from '../../../../lib/index.js';
import {
  ConnectionPool,
  type PipelineOptions,
  type PipelineState,
  ScanPipeline,
  type ScanTask,
  type ScanWarning,
  type TaskResult,
} from '../../../../lib/scan/index.js';
import { ManualClock } from '../../../../lib/testing/index.js';
import { collect } from '../pool/tasks.js';

/** Port 80 is open everywhere, the others are closed; each attempt lasts 10 ms. */
const probeOn = (clock: ManualClock) => async (task: ScanTask, signal: AbortSignal) => {
  await clock.sleep(10, signal);
  return { state: task.port === 80 ? ('open' as const) : ('closed' as const) };
};

function pipelineOn(clock: ManualClock, options: Partial<PipelineOptions> = {}): ScanPipeline {
  return new ScanPipeline({
    targets: '192.0.2.0/28',
    ports: '79-81',
    probe: probeOn(clock),
    ...('pool' in options ? {} : { clock, maxRate: 1000 }),
    ...options,
  });
}

const pairOf = ({ address, port }: TaskResult) => `${address} ${port}`;
const pairs = (results: readonly TaskResult[]) => results.map(pairOf);

/** Reads everything while the clock goes on. */
async function finish<T>(clock: ManualClock, items: AsyncIterable<T>, maxMs = 60_000) {
  const reading = collect(items);
  const end = { isOver: false };
  void reading.then(() => (end.isOver = true));
  for (let ms = 0; ms < maxMs && !end.isOver; ms += 50) await clock.advance(50);
  return reading;
}

describe('a pipeline', () => {
  it('H5 gives every pair of targets and ports one result, in the order of its seed', async () => {
    const clock = new ManualClock();
    const pipeline = pipelineOn(clock, { seed: 7, maxWorkers: 1 });
    const { items } = await finish(clock, pipeline);
    expect(new Set(pairs(items)).size).toBe(48);
    expect(items.filter(({ state }) => state === 'open')).toHaveLength(16);
    expect(pipeline.statistics()).toMatchObject({ total: 48, settled: 48, open: 16, closed: 32 });
    const again = await finish(clock, pipelineOn(clock, { seed: 7, maxWorkers: 1 }));
    expect(pairs(again.items)).toEqual(pairs(items));
    const other = await finish(clock, pipelineOn(clock, { seed: 8, maxWorkers: 1 }));
    expect(pairs(other.items)).not.toEqual(pairs(items));
    expect([...pairs(items)].sort()).not.toEqual(pairs(items));
    expect(clock.sleeping).toBe(0);
  });

  it('H5 keeps its rate: 100 a second unless it is told another one', async () => {
    const clock = new ManualClock();
    const times: number[] = [];
    const probe = () => {
      times.push(Number(clock.nowNs()) / 1e6);
      return { state: 'closed' as const };
    };
    await finish(clock, new ScanPipeline({ targets: '192.0.2.0/26', ports: '80', clock, probe }));
    expect(times).toHaveLength(64);
    expect(times.at(-1)).toBeGreaterThanOrEqual(620);
    expect(times.at(-1)).toBeLessThanOrEqual(640);
    times.length = 0;
    const slow = new ScanPipeline({
      targets: '192.0.2.0/30',
      ports: '80',
      clock,
      probe,
      maxRate: 0.5,
    });
    const { items } = await finish(clock, slow); // slower than a time-out: it is its own rate
    expect(items.map(({ reason }) => reason)).toEqual(Array(4).fill('user-set'));
  });

  it('H5 a pair that gets no permit from a limiter in time is a result', async () => {
    const clock = new ManualClock();
    const limiter = new TokenBucket({ rate: 0.001, burst: 5, clock });
    const pipeline = pipelineOn(clock, { limiter, maxRate: undefined as never, timeoutMs: 100 });
    const { items } = await finish(clock, pipeline);
    expect(items).toHaveLength(48);
    expect(items.filter(({ reason }) => reason === 'rate_limit_timeout')).toHaveLength(43);
    expect(pipeline.statistics()).toMatchObject({ settled: 48, unknown: 43 });
  });

  it('H5 goes on where it stood: nothing is lost, and only what was under way comes twice', async () => {
    const clock = new ManualClock();
    let state: PipelineState | undefined;
    const read: string[] = [];
    const begun: string[] = [];
    const counted = probeOn(clock);
    const probe = (task: ScanTask, signal: AbortSignal) => {
      begun.push(`${task.target} ${task.port}`);
      return counted(task, signal);
    };
    let runs = 0;
    for (let isComplete = false; !isComplete; runs++) {
      const pipeline = pipelineOn(clock, { probe, maxWorkers: 4, ...(state && { resume: state }) });
      const reading = (async () => {
        for await (const result of pipeline) {
          read.push(pairOf(result));
          if (read.length % 11 === 0) return false;
        }
        return true;
      })();
      await clock.advance(1000);
      isComplete = await reading;
      state = JSON.parse(JSON.stringify(pipeline.state())) as PipelineState;
      expect(pipeline.statistics().settled).toBe(read.length);
      expect(state.pending.length).toBeLessThanOrEqual(4 + 16);
    }
    expect(runs).toBe(5);
    expect(new Set(read).size).toBe(48);
    expect(read).toHaveLength(48);
    expect(begun.length).toBeLessThanOrEqual(48 + 4 * (4 + 16));
    expect(state).toMatchObject({ next: 48, pending: [] });
    const { items } = await finish(clock, pipelineOn(clock, { ...(state && { resume: state }) }));
    expect(items).toEqual([]);
  });

  it('H5 refuses a state of another plan, or none', () => {
    const clock = new ManualClock();
    const state = pipelineOn(clock, { seed: 3 }).state();
    const refused = (options: Partial<PipelineOptions>) => {
      expect(() => pipelineOn(clock, options)).toThrow(/^resume must be/);
    };
    refused({ resume: state, ports: '79-82' });
    refused({ resume: state, targets: '192.0.2.0/29' });
    refused({ resume: state, seed: 4 });
    refused({ resume: state, shard: { index: 0, count: 2 } });
    refused({ resume: { ...state, next: 49 } });
    refused({ resume: { ...state, pending: [0] } });
    refused({ resume: { ...state, next: 3, pending: [1, 1] } });
    refused({ resume: {} as never });
  });

  it('H5 shares its pairs with other shards', async () => {
    const clock = new ManualClock();
    const all: string[] = [];
    for (const index of [0, 1, 2]) {
      const options = { seed: 5, shard: { index, count: 3 } };
      all.push(...pairs((await finish(clock, pipelineOn(clock, options))).items));
    }
    expect(all).toHaveLength(48);
    expect(new Set(all).size).toBe(48);
  });

  it('gives the states that are wanted, and counts the others', async () => {
    const clock = new ManualClock();
    const pipeline = pipelineOn(clock, { states: ['open'] });
    const { items } = await finish(clock, pipeline);
    expect(items).toHaveLength(16);
    expect(pipeline.statistics()).toMatchObject({ settled: 48, open: 16, closed: 32 });
  });

  it('has no more in memory than workers and a few, however slow the reader', async () => {
    const clock = new ManualClock();
    const pipeline = pipelineOn(clock, { targets: '192.0.2.0/24', maxRate: 1e6, maxWorkers: 4 });
    const iterator = pipeline[Symbol.asyncIterator]();
    const first = iterator.next();
    await clock.advance(1000);
    await first;
    await clock.advance(1000);
    const { next, pending } = pipeline.state();
    expect(pending.length).toBeLessThanOrEqual(4 + 16);
    expect(next).toBeLessThanOrEqual(1 + 4 + 16);
    await iterator.return(undefined);
    expect(clock.sleeping).toBe(0);
  });
});

describe('stages of a pipeline', () => {
  it('H5 see open ports alone, one after the other, under the limits of the pool', async () => {
    const clock = new ManualClock();
    const limiter = new TokenBucket({ rate: 1000, burst: 1000, clock });
    const pool = new ConnectionPool({ clock, limiter, maxWorkers: 3 });
    let underWay = 0;
    const pipeline = pipelineOn(clock, { pool })
      .pipe(async function banner({ address, port }, signal) {
        expect(++underWay).toBeLessThanOrEqual(3);
        expect(port).toBe(80);
        await clock.sleep(20, signal);
        underWay -= 1;
        return `hello from ${address}`;
      })
      .pipe(({ data }) => ({ length: data?.length ?? 0 }), { name: 'length' });
    const { items } = await finish(clock, pipeline);
    const open = items.filter(({ state }) => state === 'open');
    expect(open).toHaveLength(16);
    for (const { data, address } of open) expect(data?.length).toBe(11 + address.length);
    expect(items.filter((result) => 'data' in result)).toHaveLength(16);
    const { byName, completed } = pool.statistics();
    expect(byName['banner']?.completed).toBe(16);
    expect(byName['length']?.completed).toBe(16);
    expect(completed).toBe(48 + 32);
    expect(1000 - limiter.availableTokens()).toBeLessThanOrEqual(80);
    // The pool is the caller's.
    expect(
      await pool.submit({ target: '::1', port: 1, probe: () => ({ state: 'open' }) }),
    ).toBeDefined();
    await pool.close();
  });

  it('H5 are held to time-out and retries of the pipeline, where they have none of their own', async () => {
    const clock = new ManualClock();
    const calls: number[] = [];
    const pipeline = pipelineOn(clock, {
      targets: '192.0.2.1',
      ports: '80',
      timeoutMs: 3000,
      retries: 1,
    }).pipe(async (_result, signal) => {
      calls.push(Number(clock.nowNs() / 1_000_000n));
      await clock.sleep(10_000, signal);
    });
    const { items } = await finish(clock, pipeline);
    expect(items).toMatchObject([{ state: 'open', error: { code: 'ERR_PACEGATE_TIMED_OUT' } }]);
    expect(calls).toHaveLength(2);
    expect(Number(calls[1]) - Number(calls[0])).toBe(3000);
  });

  it('H6 that fail leave the port open, with the error, and end the stages for it', async () => {
    const clock = new ManualClock();
    const seen: string[] = [];
    const pipeline = pipelineOn(clock, { targets: '192.0.2.1-3', ports: '80' })
      .pipe(
        async ({ address }, signal) => {
          if (address.endsWith('1')) throw new Error('no TLS');
          if (address.endsWith('2')) await clock.sleep(10_000, signal);
          return 'data';
        },
        { name: 'tls', timeoutMs: 100, retries: 0 },
      )
      .pipe(({ address }) => {
        seen.push(address);
      });
    const { items } = await finish(clock, pipeline);
    const of = (address: string) => items.find((result) => result.address === address);
    expect(items.every(({ state }) => state === 'open')).toBe(true);
    expect(of('192.0.2.1')).toMatchObject({ error: { message: 'no TLS' } });
    expect(of('192.0.2.2')).toMatchObject({ error: { code: 'ERR_PACEGATE_TIMED_OUT' } });
    expect((of('192.0.2.2')?.error as Error).message).toBe('tls gave no answer in time');
    expect(of('192.0.2.3')).not.toHaveProperty('error');
    expect(of('192.0.2.3')).not.toHaveProperty('data'); // the last stage found nothing
    expect(seen).toEqual(['192.0.2.3']);
    expect(pipeline.statistics()).toMatchObject({ open: 3, stageFailures: 2 });
  });

  it('are functions, added before it begins', async () => {
    const clock = new ManualClock();
    const pipeline = pipelineOn(clock);
    expect(() => pipeline.pipe('banner' as never)).toThrow('stage must be a function');
    expect(() => pipeline.pipe(() => 1, { timeoutMs: 0 })).toThrow('timeoutMs');
    expect(() => pipeline.pipe(() => 1, { name: 1 as never })).toThrow('name');
    const iterator = pipeline[Symbol.asyncIterator]();
    expect(() => pipeline.pipe(() => 1)).toThrow('once it has begun');
    expect(() => pipeline[Symbol.asyncIterator]()).toThrow('iterated over once');
    await iterator.return(undefined);
  });
});

describe('the end of a pipeline', () => {
  it('H6 by its signal: the loop throws its reason, and nothing goes on', async () => {
    const clock = new ManualClock();
    const controller = new AbortController();
    const pipeline = pipelineOn(clock, { signal: controller.signal, maxWorkers: 4, maxRate: 1e6 });
    const reading = collect(pipeline);
    await clock.advance(25);
    const reason = new Error('enough');
    controller.abort(reason);
    const { items, error } = await reading;
    expect(error).toBe(reason);
    expect(items).toHaveLength(8);
    expect(pipeline.state().pending).toHaveLength(4 + 16);
    expect(clock.sleeping).toBe(0);
  });

  it('H6 by the close of a pool that was given: what was under way is handed over first', async () => {
    const clock = new ManualClock();
    const pool = new ConnectionPool({ clock, maxWorkers: 4 });
    const reading = collect(pipelineOn(clock, { pool }));
    await clock.advance(15);
    const closing = pool.close();
    await clock.advance(10);
    await closing;
    const { items, error } = await reading;
    expect(items).toHaveLength(8);
    expect(error).toMatchObject({ code: 'ERR_PACEGATE_DISPOSED' });
  });

  it('is told of a name that cannot be resolved by its loop, and has no state before', async () => {
    const clock = new ManualClock();
    const pipeline = pipelineOn(clock, { targets: 'name.invalid' });
    expect(() => pipeline.state()).toThrow(PacegateError);
    const { error } = await collect(pipeline);
    expect(error).toMatchObject({ code: 'ERR_PACEGATE_UNKNOWN_HOST' });
  });
});

describe('options of a pipeline', () => {
  it.each([
    [{ targets: '224.0.0.1' }, 'targets must be'],
    [{ targets: '0.0.0.0/0' }, 'iAmAuthorised'],
    [{ ports: '70000' }, 'ports must be'],
    [{ maxRate: 0 }, 'maxRate must be'],
    [{ timeoutMs: 0 }, 'timeoutMs must be'],
    [{ maxWorkers: 0 }, 'maxWorkers must be'],
    [{ probe: 1 }, 'probe must be a function'],
    [{ pool: {} }, 'pool must be a ConnectionPool'],
    [{ pool: new ConnectionPool(), maxRate: 5 }, "maxRate is for the pipeline's own pool"],
    [{ pool: new ConnectionPool(), maxWorkers: 5 }, "maxWorkers is for the pipeline's own pool"],
    [{ limiter: new TokenBucket({ rate: 1 }), maxRate: 5 }, 'maxRate and limiter exclude'],
    [{ shard: { index: 0, count: 2 } }, 'shard needs a seed'],
    [{ technique: 'syn' }, 'technique'],
  ])('%o is refused before anything is done', (options, message) => {
    const make = () => new ScanPipeline({ targets: '192.0.2.1', ports: '80', ...options } as never);
    expect(make).toThrow(PacegateError);
    expect(make).toThrow(message);
  });

  it('warn of targets that are left out', async () => {
    const clock = new ManualClock();
    const pipeline = pipelineOn(clock, { targets: '192.0.2.1,255.255.255.254/31', ports: '80' });
    const warnings: ScanWarning[] = [];
    pipeline.on('warning', (warning) => warnings.push(warning));
    await finish(clock, pipeline);
    expect(warnings).toMatchObject([{ code: 'targets-left-out' }]);
  });

  it('take targets that come in time', async () => {
    const clock = new ManualClock();
    async function* targets(): AsyncGenerator<string, undefined> {
      yield await Promise.resolve('192.0.2.1');
      yield '192.0.2.2,192.0.2.1';
    }
    const pipeline = pipelineOn(clock, { targets: targets(), exclude: '192.0.2.2' });
    const { items } = await finish(clock, pipeline);
    expect([...pairs(items)].sort()).toEqual(['192.0.2.1 79', '192.0.2.1 80', '192.0.2.1 81']);
    expect(pipeline.state()).toMatchObject({ next: 3, pending: [] });
  });
});
