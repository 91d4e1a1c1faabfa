import fc from 'fast-check';
import { expect, test } from 'vitest';
import { HostgroupLimiter, TokenBucket } from '../../../../lib/index.js';
import { ConnectionPool, type ScanTask, type TaskResult } from '../../../../lib/scan/index.js';
import { ManualClock } from '../../../../lib/testing/index.js';
import { Throttle } from './tasks.js';

/** What a probe does: answers, throws or is silent, soon or late, and heeds its signal or does not. */
const conduct = fc.record({
  kind: fc.constantFrom('answer', 'throw', 'busy', 'silent'),
  ms: fc.integer({ min: 0, max: 60 }),
  isDeaf: fc.boolean(),
});

const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ step: fc.constant('submit' as const), conduct, host: fc.nat(3) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      step: fc.constant('batch' as const),
      conducts: fc.array(conduct, { maxLength: 40 }),
      isAsync: fc.boolean(),
      read: fc.nat(50),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      step: fc.constant('wait' as const),
      ms: fc.integer({ min: 0, max: 80 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ step: fc.constant('abort' as const), which: fc.nat() }) },
  {
    weight: 1,
    arbitrary: fc.record({
      step: fc.constant('throttle' as const),
      share: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ step: fc.constant('close' as const), abort: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ step: fc.constant('rate' as const), rate: fc.nat(40) }) },
);

const setting = fc.record({
  maxWorkers: fc.integer({ min: 1, max: 6 }),
  retries: fc.integer({ min: 0, max: 2 }),
  rate: fc.option(fc.integer({ min: 5, max: 500 }), { nil: undefined }),
  hosts: fc.option(fc.integer({ min: 1, max: 2 }), { nil: undefined }),
});

type Conduct = typeof conduct extends fc.Arbitrary<infer T> ? T : never;

/** A pool, what was handed in, and what came back. */
class Trial {
  readonly clock = new ManualClock();
  readonly throttle = new Throttle();
  readonly pool: ConnectionPool;
  readonly limiter: TokenBucket | undefined;
  readonly hostgroup: HostgroupLimiter | undefined;
  readonly controllers: AbortController[] = [];
  readonly endings: Promise<void>[] = [];
  /** How often each task ended. */
  readonly ends = new Map<number, number>();
  #isWithoutLimits = false;
  handedIn = 0;
  results = 0;
  rejected = 0;
  running = 0;
  mostRunning = 0;
  /** Results that were there, for a consumer who had gone. */
  unread = 0;

  constructor({
    maxWorkers,
    retries,
    rate,
    hosts,
  }: typeof setting extends fc.Arbitrary<infer T> ? T : never) {
    const { clock, throttle } = this;
    this.limiter = rate === undefined ? undefined : new TokenBucket({ rate, burst: 2, clock });
    this.hostgroup = hosts === undefined ? undefined : new HostgroupLimiter({ max: hosts, clock });
    const { limiter, hostgroup } = this;
    this.pool = new ConnectionPool({
      clock,
      throttle,
      limiter,
      hostgroup,
      maxWorkers,
      retries,
      timeoutMs: 40,
    });
  }

  task(how: Conduct, host: number): ScanTask {
    const port = this.handedIn++;
    return { target: `10.0.0.${host}`, port, probe: (_task, signal) => this.#probe(how, signal) };
  }

  async #probe({ kind, ms, isDeaf }: Conduct, signal: AbortSignal) {
    this.running += 1;
    this.mostRunning = Math.max(this.mostRunning, this.running);
    signal.addEventListener('abort', () => (this.running -= 1));
    const lastsMs = kind === 'silent' ? 1000 : ms;
    await this.clock.sleep(lastsMs, isDeaf ? undefined : signal);
    if (!signal.aborted) this.running -= 1;
    if (kind === 'throw') throw new Error('failed');
    if (kind === 'busy' && Math.floor(ms) % 3 > 0)
      throw Object.assign(new Error('short'), { code: 'EMFILE' });
    return { state: 'open' as const };
  }

  /** At 0 the limiter ends, and with it the hostgroup. */
  changeRate(rate: number): void {
    if (rate > 0 && !this.#isWithoutLimits) {
      this.limiter?.setRate(Math.max(rate, 5));
    } else {
      this.#isWithoutLimits = true;
      this.limiter?.[Symbol.dispose]();
      this.hostgroup?.[Symbol.dispose]();
    }
  }

  ended(port: number): void {
    this.ends.set(port, (this.ends.get(port) ?? 0) + 1);
  }

  submit(how: Conduct, host: number): void {
    const controller = new AbortController();
    this.controllers.push(controller);
    const task = this.task(how, host);
    const pending = this.pool.submit(task, { signal: controller.signal });
    this.endings.push(
      pending.then(
        ({ port }) => {
          this.results += 1;
          this.ended(port);
        },
        () => {
          this.rejected += 1;
          this.ended(task.port);
        },
      ),
    );
  }

  batch(conducts: readonly Conduct[], isAsync: boolean, read: number): void {
    const controller = new AbortController();
    this.controllers.push(controller);
    const tasks = this.#tasks(conducts);
    const source = isAsync ? this.#later(tasks) : tasks;
    this.endings.push(
      this.#consume(this.pool.submitBatch(source, { signal: controller.signal }), read),
    );
  }

  *#tasks(conducts: readonly Conduct[]): Generator<ScanTask, undefined> {
    for (const [index, how] of conducts.entries()) yield this.task(how, index % 4);
  }

  async *#later(tasks: Iterable<ScanTask>): AsyncGenerator<ScanTask, undefined> {
    for (const task of tasks) {
      await this.clock.sleep(1);
      yield task;
    }
  }

  async #consume(batch: AsyncIterable<TaskResult>, read: number): Promise<void> {
    let left = read;
    try {
      for await (const { port } of batch) {
        this.results += 1;
        this.ended(port);
        if (--left <= 0) break;
      }
    } catch {
      // aborted or closed: its tasks are in the statistics
    }
  }
}

test('H6 every task ends exactly once, whatever times out, throws, is aborted or closed', async () => {
  await fc.assert(
    fc.asyncProperty(setting, fc.array(step, { maxLength: 40 }), async (options, steps) => {
      const trial = new Trial(options);
      const { clock, pool } = trial;
      for (const one of steps) {
        if (one.step === 'submit') trial.submit(one.conduct, one.host);
        else if (one.step === 'batch') trial.batch(one.conducts, one.isAsync, one.read);
        else if (one.step === 'wait') await clock.advance(one.ms);
        else if (one.step === 'throttle') trial.throttle.turn(one.share);
        else if (one.step === 'close') void pool.close({ abort: one.abort });
        else if (one.step === 'rate') trial.changeRate(one.rate);
        else trial.controllers[one.which % trial.controllers.length]?.abort();
        const { queued, active, submitted, ...counts } = pool.statistics();
        const { completed, failed, timedOut, rateLimited, aborted, refused } = counts;
        const over = completed + failed + timedOut + rateLimited + aborted + refused;
        expect(over + queued + active).toBe(submitted);
        expect(active).toBeLessThanOrEqual(options.maxWorkers);
        expect(trial.mostRunning).toBeLessThanOrEqual(options.maxWorkers);
      }
      const isOver = { value: false };
      void Promise.all(trial.endings).then(() => (isOver.value = true));
      for (let ms = 0; ms < 60_000 && !isOver.value; ms += 500) await clock.advance(500);
      expect(isOver.value).toBe(true);
      const closing = pool.close();
      await clock.advance(1000); // the deaf end
      await closing;
      const { queued, active, waiting, overdue, submitted, ...counts } = pool.statistics();
      expect({ queued, active, waiting, overdue }).toEqual({
        queued: 0,
        active: 0,
        waiting: 0,
        overdue: 0,
      });
      expect(submitted).toBeLessThanOrEqual(trial.handedIn);
      const { completed, failed, timedOut, rateLimited, aborted, refused } = counts;
      const results = completed + failed + timedOut + rateLimited;
      expect(results + aborted + refused).toBe(submitted);
      expect(trial.results).toBeLessThanOrEqual(results);
      expect([...trial.ends.values()].every((ends) => ends === 1)).toBe(true);
      expect(trial.hostgroup?.active ?? 0).toBe(0);
      expect(trial.hostgroup?.waiting ?? 0).toBe(0);
      expect(clock.sleeping).toBe(0);
    }),
    { numRuns: 150 },
  );
});
