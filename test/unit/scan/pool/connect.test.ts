import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import {
  tcpConnector,
  type ConnectOutcome,
  type ConnectProbe,
} from '../../../../lib/scan/engines/connect-probe.js';
import { ConnectionPool } from '../../../../lib/scan/index.js';
import { judgeThrown } from '../../../../lib/scan/pool/attempts/attempt.js';
import { checkPoolOptions, type PoolOptions } from '../../../../lib/scan/pool/pool-options.js';
import { checkTask } from '../../../../lib/scan/pool/scan-task.js';
import { TaskScheduler } from '../../../../lib/scan/pool/task-scheduler.js';
import { WorkerLimit } from '../../../../lib/scan/pool/worker-limit.js';
import { ManualClock } from '../../../../lib/testing/index.js';

const CLOSED: ConnectOutcome = {
  kind: 'answer',
  state: 'closed',
  reason: 'conn-refused',
  rttMs: 1,
};

/** A pool in a world of its own, where connections are what `connect` says. */
class World {
  readonly clock = new ManualClock();
  readonly scheduler: TaskScheduler;
  readonly probes: ConnectProbe[] = [];
  underWay = 0;

  constructor(
    readonly connect: (probe: ConnectProbe, world: World) => ConnectOutcome,
    readonly options: PoolOptions = {},
    names: Readonly<Record<string, readonly string[]>> = {},
  ) {
    const settings = checkPoolOptions({ clock: this.clock, timeoutMs: 100, ...options });
    this.scheduler = new TaskScheduler(settings, {
      connector: (probe) => this.#attempt(probe),
      lookup: (name) => {
        const found = names[name];
        return found ? Promise.resolve(found) : Promise.reject(new Error('ENOTFOUND'));
      },
    });
  }

  submit(target: string, port = 80) {
    const defaults = { timeoutMs: 100, retries: this.options.retries ?? 0 };
    return this.scheduler.submit(checkTask({ target, port }, defaults), undefined);
  }

  async #attempt(probe: ConnectProbe): Promise<ConnectOutcome> {
    this.probes.push(probe);
    this.underWay += 1;
    const outcome = this.connect(probe, this);
    const lastsMs = outcome.kind === 'timeout' ? probe.timeoutMs : outcome.kind === 'busy' ? 0 : 1;
    await this.clock.sleep(lastsMs, probe.signal).catch(() => undefined);
    this.underWay -= 1;
    return outcome;
  }
}

describe('a task without a probe', () => {
  it('H4 connects, and is what came of that', async () => {
    const world = new World(({ port }) => (port === 80 ? CLOSED : { kind: 'timeout' }));
    const closed = world.submit('192.0.2.1', 80);
    const silent = world.submit('fe80::1%eth0', 81);
    await world.clock.advance(100);
    expect(await closed).toMatchObject({ state: 'closed', reason: 'conn-refused', rttMs: 1 });
    expect(await silent).toMatchObject({
      address: 'fe80::1%eth0',
      state: 'filtered',
      reason: 'no-response',
    });
    expect(world.probes[1]).toMatchObject({ family: 6, address: 'fe80::1%eth0', timeoutMs: 100 });
    expect(world.scheduler.statistics()).toMatchObject({ completed: 1, timedOut: 1 });
  });

  it('H4 asks a resolver for a name, and is an error where there is no address', async () => {
    const world = new World(() => CLOSED, {}, { 'both.test': ['2001:db8::1', '192.0.2.7'] });
    const [found, unknown] = [world.submit('both.test'), world.submit('nowhere.test')];
    await world.clock.advance(1);
    expect(await found).toMatchObject({ address: 'both.test', state: 'closed' });
    expect(world.probes).toMatchObject([{ family: 4, address: '192.0.2.7' }]);
    expect(await unknown).toMatchObject({ state: 'unknown', reason: 'error' });
    expect((await unknown).error).toMatchObject({ code: 'ERR_PACEGATE_UNKNOWN_HOST' });
  });

  it.each(['EMFILE', 'EADDRNOTAVAIL'])(
    'H6 loses nothing where this host runs short (%s): fewer at once, and the attempt again',
    async (code) => {
      const world = new World(
        (_probe, { underWay }) => (underWay > 10 ? { kind: 'busy', code } : CLOSED),
        { maxWorkers: 200 },
      );
      const results = Promise.all(
        Array.from({ length: 2000 }, (_, port) => world.submit('192.0.2.1', port)),
      );
      for (let ms = 0; ms < 30_000 && world.scheduler.statistics().completed < 2000; ms += 50) {
        await world.clock.advance(50);
      }
      expect((await results).every(({ state }) => state === 'closed')).toBe(true);
      const { completed, attempts, busyRetries, active } = world.scheduler.statistics();
      expect([completed, attempts, active]).toEqual([2000, 2000, 0]);
      expect(busyRetries).toBeGreaterThan(100);
    },
  );

  it('H6 is not tried for ever on a host that never has a descriptor', async () => {
    const world = new World(() => ({ kind: 'busy', code: 'EMFILE' }));
    const results = Promise.all([1, 2, 3].map((port) => world.submit('192.0.2.1', port)));
    await world.clock.advance(20_000);
    for (const result of await results) {
      expect(result).toMatchObject({ state: 'unknown', reason: 'send-failed', attempts: 0 });
    }
    expect(world.scheduler.statistics()).toMatchObject({ failed: 3, attempts: 0 });
  });

  it('a close waits for tasks that wait for descriptors, and ends them where it is told to', async () => {
    let isShort = true;
    const world = new World(() => (isShort ? { kind: 'busy', code: 'EMFILE' } : CLOSED));
    const first = world.submit('192.0.2.1', 1);
    await world.clock.advance(75);
    const closing = world.scheduler.close();
    isShort = false;
    await world.clock.advance(100);
    await closing;
    expect(await first).toMatchObject({ state: 'closed' });

    const other = new World(() => ({ kind: 'busy', code: 'EMFILE' }));
    const ends = Array.from({ length: 30 }, (_, port) =>
      other.submit('192.0.2.1', port).catch((error: unknown) => error),
    );
    await other.clock.advance(75); // one tries again, the others wait for it
    expect(other.scheduler.statistics()).toMatchObject({ active: 1, queued: 29 });
    const { length } = other.probes;
    const ended = other.scheduler.close();
    other.scheduler.abortAll();
    await ended;
    for (const end of await Promise.all(ends)) {
      expect(end).toMatchObject({ code: 'ERR_PACEGATE_DISPOSED' });
    }
    expect(other.probes).toHaveLength(length);
    expect(other.scheduler.statistics()).toMatchObject({ aborted: 30, active: 0, queued: 0 });
    expect(other.clock.sleeping).toBe(0);
  });
});

describe('an answer that has come', () => {
  /** As a program does that has something else to do. */
  function keepTheEventLoopBusy(ms: number): void {
    const end = performance.now() + ms;
    while (performance.now() < end);
  }

  it('H6 counts, though the program found no time to read it before the time-out', async () => {
    const server = createServer((socket) => socket.on('error', () => undefined));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    await using pool = new ConnectionPool({ timeoutMs: 20, retries: 0 });
    const address = '127.0.0.1';
    const probe = { family: 4, address, port, timeoutMs: 20, localAddress: undefined } as const;
    const results = Promise.all([pool.submit({ target: address, port }), tcpConnector(probe)]);
    for (let turn = 0; turn < 20; turn++) await Promise.resolve(); // both have begun to connect
    keepTheEventLoopBusy(40);
    for (const result of await results) {
      expect(result).toMatchObject({ state: 'open', reason: 'syn-ack' });
    }
    server.close();
  });
});

describe('what is short', () => {
  const failure = (code: string, cause?: unknown) =>
    Object.assign(new Error('failed', { cause }), { code });

  it('H6 is found in what a probe throws, and behind it', () => {
    expect(judgeThrown(failure('EMFILE')).kind).toBe('busy');
    expect(judgeThrown(new TypeError('fetch failed', { cause: failure('ENFILE') })).kind).toBe(
      'busy',
    );
    expect(judgeThrown(failure('ECONNRESET')).kind).toBe('error');
    expect(judgeThrown('EMFILE').kind).toBe('error');
    const endless = new Error('a');
    endless.cause = endless;
    expect(judgeThrown(endless)).toEqual({ kind: 'error', error: endless });
  });

  it('H6 is known before: there are never more workers than descriptors', () => {
    const workers = (max: number, descriptors?: number) =>
      new WorkerLimit(max, undefined, () => undefined, descriptors).now;
    expect(workers(5000, 1024)).toBe(960);
    expect(workers(100, 1024)).toBe(100);
    expect(workers(100, 20)).toBe(1);
    expect(workers(100, Infinity)).toBe(100);
  });

  it('H6 is waited for: 5 s in which nothing at all could be made, or 100 refusals of one task', () => {
    const limit = new WorkerLimit(10, undefined, () => undefined);
    const refused = (refusals: number, atMs: number) => {
      limit.began();
      return limit.refused(refusals, BigInt(atMs) * 1_000_000n);
    };
    expect(refused(1, 0)).toBe(true);
    expect(refused(2, 4999)).toBe(true);
    expect(refused(3, 5000)).toBe(false);
    limit.began();
    limit.made();
    expect(refused(4, 6000)).toBe(true);
    expect(refused(99, 6001)).toBe(true);
    expect(refused(100, 6002)).toBe(false);
  });
});
