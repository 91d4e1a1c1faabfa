import { afterEach, describe, expect, it, vi } from 'vitest';
import { TokenBucket } from '../../../lib/index.js';
import { checkScanOptions, type ScanOptions } from '../../../lib/scan/options.js';
import type { ScanDependencies } from '../../../lib/scan/prepare.js';
import { Scan } from '../../../lib/scan/scan-run.js';
import type { ScanResult } from '../../../lib/scan/result.js';
import { SCAN_SLOT } from '../../../lib/scan/scan-slots.js';
import { ManualClock } from '../../../lib/testing/manual-clock.js';
import { encodeBackoff, FakeNative } from './fake-native.js';

const TARGET = 0x0a000001;

function begin(options: Partial<ScanOptions> = {}, overrides: Partial<ScanDependencies> = {}) {
  const native = new FakeNative();
  const scan = new Scan(
    checkScanOptions({ targets: '10.0.0.1', ports: '1-100', seed: 5, ...options }),
    {
      native: native.surface(),
      lookup: () => Promise.reject(Object.assign(new Error('none'), { code: 'ENOTFOUND' })),
      localBroadcasts: () => [],
      connector: () => Promise.resolve({ kind: 'answer', state: 'closed', reason: 'conn-refused' }),
      clock: new ManualClock(1n),
      pollMs: 1,
      ...overrides,
    },
  );
  return { native, scan };
}

async function collect(scan: Scan): Promise<ScanResult[]> {
  const results: ScanResult[] = [];
  for await (const result of scan) results.push(result);
  return results;
}

const find = (native: FakeNative, count: number, from = 0) => {
  for (let i = 0; i < count; i++)
    native.find({ host: TARGET, port: (from + i) % 65_536, state: 1, reason: 1 });
};

describe('a scan', () => {
  it('P11 starts at once, hands the plan over, and delivers every result', async () => {
    const { native, scan } = begin({
      maxRate: 5000,
      retries: 1,
      timeoutMs: 300,
      backend: 'packet',
      states: ['open', 'filtered'],
    });
    expect(native.calls).toEqual(['create', 'start']);
    expect(native.plan).toMatchObject({
      rate: 5000,
      retries: 1,
      timeoutMs: 300,
      seed: 5n,
      interfaceName: '',
      backend: 'packet',
      reportMask: 0b0101,
      startPosition: 0,
    });
    expect(native.plan?.cookieKey).toHaveLength(16);
    expect(native.limiter).toEqual([]);
    expect(native.plan?.sourcePort).toBeGreaterThanOrEqual(61_000);
    native.find({ host: TARGET, port: 80, state: 0, reason: 0, ttl: 64, rttUs: 500 });
    const results = collect(scan);
    find(native, 99);
    native.end(4, 100);
    expect(await results).toHaveLength(100);
    const summary = await scan.done;
    expect(summary).toMatchObject({
      complete: true,
      technique: 'syn',
      addresses: 1,
      ports: 100,
      seed: 5,
    });
    expect(summary.statistics).toMatchObject({
      open: 1,
      closed: 99,
      percent: 100,
      backend: 'packet',
    });
    expect(native.calls).toEqual(['create', 'start', 'destroy']);
  });

  it('P11 hands its limiter over as others join it, with what it was made with and all it owes', async () => {
    using limiter = new TokenBucket({ rate: 300, burst: 20 });
    limiter.tryAcquire(15);
    limiter.setRate(250);
    const { native, scan } = begin({ limiter });
    expect(native.plan?.rate).toBe(250);
    const { buffer } = limiter.share as { buffer: SharedArrayBuffer };
    expect(native.limiter).toEqual([new Uint8Array(buffer), 300, 20]);
    native.end(4);
    await scan.done;
  });

  it('uses another cookie key every time, also for the same seed', () => {
    const [first, second] = [begin(), begin()];
    expect(first.native.plan?.cookieKey).not.toEqual(second.native.plan?.cookieKey);
    for (const { native } of [first, second]) native.end(4);
  });

  it('does not stand still when only done is awaited', async () => {
    const { native, scan } = begin();
    const warnings: string[] = [];
    scan.on('warning', ({ code }) => warnings.push(code));
    find(native, 200_000);
    native.end(4, 100);
    const summary = await scan.done;
    expect(native.records).toHaveLength(0);
    expect(summary.warnings.map(({ code }) => code)).toEqual(['results-unread']);
    expect(warnings).toEqual(['results-unread']);
    expect(() => scan[Symbol.asyncIterator]()).toThrow('200000 results were given up');
  });

  it('keeps a small number of results for a reader that comes after done', async () => {
    const { native, scan } = begin();
    find(native, 100);
    native.end(4, 100);
    await scan.done;
    expect(await collect(scan)).toHaveLength(100);
  });

  it('leaves results in the native ring while its reader lags, and loses none', async () => {
    const { native, scan } = begin();
    const reader = scan[Symbol.asyncIterator]();
    find(native, 50_000);
    await reader.next();
    await vi.waitFor(() => {
      expect(native.records.length).toBeLessThan(50_000);
    });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(native.records.length).toBeGreaterThan(40_000);
    native.end(4, 100);
    let count = 1;
    while ((await reader.next()).done !== true) count++;
    expect(count).toBe(50_000);
  });

  it('stops when its reader leaves the loop', async () => {
    const { native, scan } = begin();
    find(native, 10);
    setTimeout(() => {
      native.end(5, 3);
    }, 5);
    for await (const result of scan) {
      expect(result.port).toBe(0);
      break;
    }
    expect(native.calls).toContain('stop');
    expect((await scan.done).complete).toBe(false);
  });

  it('passes on pause, resume and stop, and says where it stopped', async () => {
    const { native, scan } = begin();
    scan.pause();
    scan.resume();
    const stopped = scan.stop();
    native.end(5, 42);
    await stopped;
    expect(native.calls).toEqual(['create', 'start', 'pause', 'resume', 'stop', 'destroy']);
    expect(scan.state()).toMatchObject({ version: 1, technique: 'syn', seed: 5, position: 42 });
    expect(await scan.done).toMatchObject({ complete: false, state: { position: 42 } });
  });

  it('passes nothing on to an engine that is gone', async () => {
    const { native, scan } = begin();
    native.end(4);
    await collect(scan);
    await scan.done;
    const before = native.calls.length;
    scan.pause();
    scan.resume();
    scan.setRate(7);
    await scan.stop();
    expect(native.calls.slice(before)).toEqual([]);
  });

  it('P3 takes a new rate at any time, and refuses one that is none', async () => {
    const { native, scan } = begin({ maxRate: 1000, minRate: 50 });
    expect(scan.rate).toBe(1000);
    scan.setRate(200);
    expect(scan.rate).toBe(200);
    expect(native.calls).toEqual(['create', 'start', 'set_rate']);
    expect(scan.statistics.targetPacketsPerSecond).toBe(200);
    for (const [rate, code] of [
      [49, 'OUT_OF_RANGE'],
      [1e9, 'OUT_OF_RANGE'],
      [Number.NaN, 'OUT_OF_RANGE'],
      ['5', 'INVALID_ARGUMENT'],
    ] as const) {
      expect(() => {
        scan.setRate(rate as number);
      }).toThrow(expect.objectContaining({ code: `ERR_PACEGATE_${code}` }));
    }
    native.end(4);
    await scan.done;
    scan.setRate(300);
    expect(native.calls.filter((call) => call === 'set_rate')).toHaveLength(1);
  });

  it('P3 warns once when the rate stays below minRate, but not of a pause', async () => {
    const clock = new ManualClock(1n);
    const { native, scan } = begin({ maxRate: 1000, minRate: 900 }, { clock });
    native.set(SCAN_SLOT.phase, 2);
    const letPass = async () => {
      await clock.advance(600);
      await new Promise((resolve) => setTimeout(resolve, 10)); // a few looks
    };
    scan.pause();
    for (let i = 0; i < 3; i++) await letPass();
    scan.resume();
    for (let i = 0; i < 5; i++) await letPass();
    native.end(4);
    const { warnings } = await scan.done;
    expect(warnings).toEqual([
      { code: 'below-min-rate', message: expect.stringContaining('below minRate 900') as string },
    ]);
  });

  it('P3 a rate set before the targets are known is the one it starts with', async () => {
    const { native, scan } = begin(
      { targets: 'one.example' },
      { lookup: () => Promise.resolve(['10.0.0.1']) },
    );
    scan.setRate(7);
    await vi.waitFor(() => {
      expect(native.calls).toEqual(['create', 'set_rate', 'start']);
    });
    native.end(4);
    await scan.done;
  });

  it('stops by its signal, and sends nothing when that has gone off before', async () => {
    const controller = new AbortController();
    const { native, scan } = begin({ signal: controller.signal });
    controller.abort();
    expect(native.calls).toContain('stop');
    native.end(5, 1);
    expect((await scan.done).complete).toBe(false);

    const late = begin({ signal: AbortSignal.abort() });
    expect(await late.scan.done).toMatchObject({ complete: false, statistics: { sent: 0 } });
    expect(late.native.calls).toEqual([]);
    expect(await collect(late.scan)).toEqual([]);
  });

  it('tells its progress, the last time at the end', async () => {
    const { native, scan } = begin();
    const percents: number[] = [];
    scan.on('progress', ({ percent }) => percents.push(percent));
    find(native, 100);
    native.end(4, 100);
    await scan.done;
    expect(percents.at(-1)).toBe(100);
  });

  it('warns once when answers were lost on their way from the kernel', async () => {
    const { native, scan } = begin();
    const warnings: unknown[] = [];
    scan.on('warning', (warning) => warnings.push(warning));
    native.set(SCAN_SLOT.receiveDropped, 7);
    await vi.waitFor(() => {
      expect(warnings).toHaveLength(1);
    });
    native.set(SCAN_SLOT.receiveDropped, 9);
    native.end(4, 100);
    const summary = await scan.done;
    expect(summary.statistics.kernelDropped).toBe(9);
    expect(summary.warnings).toEqual(warnings);
    expect(warnings).toEqual([
      {
        code: 'capture-drops',
        message: expect.stringMatching(
          /\(7 so far\).*lower maxRate, or with more retries/,
        ) as string,
      },
    ]);
  });

  it('P5 tells of back-offs, and loses no result to them', async () => {
    const { native, scan } = begin();
    const heard: unknown[] = [];
    scan.on('backoff', (backoff) => heard.push(backoff));
    const results = collect(scan);
    for (let level = 1; level <= 4; level++) {
      native.records.push(
        encodeBackoff({ host: TARGET, bits: 32, level, remainingMs: 1000 << level }),
      );
      find(native, 2500);
    }
    native.records.push(encodeBackoff('all'));
    native.end(4, 100);
    expect(await results).toHaveLength(10_000);
    expect(heard).toEqual([
      { target: '10.0.0.1', level: 1, remainingMs: 2000 },
      { target: '10.0.0.1', level: 2, remainingMs: 4000 },
      { target: '10.0.0.1', level: 3, remainingMs: 8000 },
      { target: '10.0.0.1', level: 4, remainingMs: 16_000 },
      { all: true },
    ]);
  });

  it('P5 refuses caps where the connect technique is all there is', async () => {
    const native = new FakeNative();
    native.whyNotRaw = 'no privilege';
    const { done } = begin({ maxTargetRate: 5 }, { native: native.surface() }).scan;
    await expect(done).rejects.toThrow("maxTargetRate needs the technique 'syn'");
  });

  it('loses nothing to a listener that throws: the error is the program’s', async () => {
    const uncaught: unknown[] = [];
    const keep = (error: unknown): void => void uncaught.push(error);
    process.on('uncaughtException', keep);
    try {
      const { native, scan } = begin();
      const told: string[] = [];
      for (const event of ['progress', 'warning', 'backoff'] as const) {
        scan.on(event, () => {
          if (!told.includes(event)) throw new Error(event);
        });
        scan.on(event, () => told.push(event));
      }
      const results = collect(scan);
      native.records.push(encodeBackoff('all'));
      find(native, 100);
      native.set(SCAN_SLOT.receiveDropped, 7);
      await vi.waitFor(() => {
        expect(uncaught).toHaveLength(3);
      });
      find(native, 100);
      native.end(4, 100);
      expect(await results).toHaveLength(200);
      await expect(scan.done).resolves.toMatchObject({ complete: true });
      expect(new Set(told)).toEqual(new Set(['progress', 'warning', 'backoff']));
      expect(uncaught.map((error) => (error as Error).message).sort()).toEqual([
        'backoff',
        'progress',
        'warning',
      ]);
    } finally {
      process.off('uncaughtException', keep);
    }
  });

  it('refuses listeners for events there are not', () => {
    const { native, scan } = begin();
    const on = (event: string) => () => scan.on(event as 'progress', () => undefined);
    expect(on('end')).toThrow(expect.objectContaining({ code: 'ERR_PACEGATE_INVALID_ARGUMENT' }));
    native.end(4);
  });
});

describe('what makes a scan impossible', () => {
  const rejections: unknown[] = [];
  const listen = (reason: unknown) => rejections.push(reason);
  afterEach(() => {
    process.off('unhandledRejection', listen);
    rejections.length = 0;
  });

  it.each<[Partial<ScanOptions>, string]>([
    [{ targets: '10.0.0.0/33' }, 'OUT_OF_RANGE'],
    [{ targets: '224.0.0.1' }, 'INVALID_ARGUMENT'],
    [{ targets: '8.0.0.0/8' }, 'NOT_PERMITTED'],
    [{ targets: ['8.0.0.0/8', 'some.name'] }, 'NOT_PERMITTED'],
    [{ targets: ['8.0.0.0/8', 'some.name'], exclude: '8.1.0.0/16' }, 'NOT_PERMITTED'],
    [{ targets: ['224.0.0.1', 'some.name'] }, 'INVALID_ARGUMENT'],
    [{ targets: '10.0.0.1', exclude: '10.0.0.0/24' }, 'INVALID_ARGUMENT'],
    [{ targets: 'fd00::/64', ports: '-' }, 'OUT_OF_RANGE'],
    [{ ports: '70000' }, 'OUT_OF_RANGE'],
    [{ maxRate: 0 }, 'OUT_OF_RANGE'],
  ])('is thrown at once for %j, before any name is looked up', (options, code) => {
    const lookup = vi.fn(() => Promise.resolve(['10.0.0.1']));
    const native = new FakeNative();
    expect(() => begin(options, { lookup, native: native.surface() })).toThrow(
      expect.objectContaining({ code: `ERR_PACEGATE_${code}` }),
    );
    expect(lookup).not.toHaveBeenCalled();
    expect(native.calls).toEqual([]);
  });

  it('rejects done: an unknown host, nothing sent', async () => {
    const { native, scan } = begin({ targets: ['10.0.0.1', 'nowhere.invalid'] });
    await expect(scan.done).rejects.toMatchObject({ code: 'ERR_PACEGATE_UNKNOWN_HOST' });
    expect(native.calls).toEqual([]);
    expect(() => scan.state()).toThrow('no state');
    expect(scan.statistics).toMatchObject({ phase: 'preparing', sent: 0, backend: '' });
  });

  it("P10 rejects done: technique 'syn' where nothing can send packets, saying how to get it", async () => {
    const native = new FakeNative();
    native.whyNotRaw = 'install Npcap from https://npcap.com';
    native.rawFault = 'not_supported';
    const { scan } = begin({ technique: 'syn' }, { native: native.surface() });
    await expect(scan.done).rejects.toMatchObject({ code: 'ERR_PACEGATE_NOT_SUPPORTED' });
    await expect(scan.done).rejects.toThrow('https://npcap.com');
  });

  it("rejects done: technique 'syn' without the privilege, saying what is missing", async () => {
    const native = new FakeNative();
    native.whyNotRaw = 'CAP_NET_RAW is missing';
    const { scan } = begin({ technique: 'syn' }, { native: native.surface() });
    await expect(scan.done).rejects.toMatchObject({ code: 'ERR_PACEGATE_NOT_PERMITTED' });
    await expect(scan.done).rejects.toThrow('CAP_NET_RAW is missing');
    expect(native.calls).toEqual([]);
  });

  it.each([
    ['no_such_interface', 'NO_SUCH_INTERFACE'],
    ['interface_down', 'INTERFACE_DOWN'],
    ['no_route', 'NO_ROUTE'],
    ['not_permitted', 'NOT_PERMITTED'],
    ['not_supported', 'NOT_SUPPORTED'],
  ])('rejects done: the native fault %s', async (fault, code) => {
    const native = new FakeNative();
    native.refusal = Object.assign(new Error('refused'), { fault, systemError: 19 });
    const { scan } = begin({}, { native: native.surface() });
    await expect(scan.done).rejects.toMatchObject({
      code: `ERR_PACEGATE_${code}`,
      systemError: 19,
    });
  });

  it('ends a running scan: the reader gets what is known, then the error; nothing is left unhandled', async () => {
    process.on('unhandledRejection', listen);
    const { native, scan } = begin();
    find(native, 3);
    native.set(SCAN_SLOT.faultErrno, 100);
    native.end(6, 3);
    const seen: ScanResult[] = [];
    await expect(
      (async () => {
        for await (const result of scan) seen.push(result);
      })(),
    ).rejects.toMatchObject({ code: 'ERR_PACEGATE_INTERFACE_DOWN', systemError: 100 });
    expect(seen).toHaveLength(3);
    expect(native.calls.at(-1)).toBe('destroy');
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(rejections).toEqual([]);
  });
});

describe('the technique', () => {
  it('H7 a connect scan has at most maxWorkers connections under way', async () => {
    const clock = new ManualClock(1n);
    const underWay = { now: 0, most: 0 };
    const connector: ScanDependencies['connector'] = async () => {
      underWay.most = Math.max(underWay.most, ++underWay.now);
      await clock.sleep(50);
      underWay.now -= 1;
      return { kind: 'answer', state: 'closed', reason: 'conn-refused' };
    };
    const options = { technique: 'connect', maxRate: 1000, maxWorkers: 3 } as const;
    const { scan } = begin(options, { clock, connector });
    const isOver = scan.done.then(() => true);
    while (!(await Promise.race([isOver, clock.advance(50)])));
    expect(scan.statistics).toMatchObject({ closed: 100 });
    expect(underWay).toEqual({ now: 0, most: 3 });
  });

  it('H13 falls back to connect where raw sockets are not permitted, and says why', async () => {
    const native = new FakeNative();
    native.whyNotRaw = 'CAP_NET_RAW is missing';
    const clock = new ManualClock(1n);
    const { scan } = begin({ maxRate: 1000 }, { native: native.surface(), clock });
    const warnings: string[] = [];
    scan.on('warning', ({ code, message }) => warnings.push(`${code}: ${message}`));
    const results = collect(scan);
    for (let i = 0; i < 20; i++) await clock.advance(10);
    expect(await results).toHaveLength(100);
    expect(await scan.done).toMatchObject({ technique: 'connect', complete: true });
    expect(warnings).toEqual([
      expect.stringMatching(/^technique-fallback: .*CAP_NET_RAW is missing/),
    ]);
    expect(native.calls).toEqual([]);
  });

  it.each([
    ['nope', [], 'NO_SUCH_INTERFACE'],
    ['eth1', ['10.0.0.9'], 'INTERFACE_DOWN'],
    ['eth0', ['::5'], 'NO_ROUTE'],
  ])('connect refuses interface %s', async (name, addresses, code) => {
    const native = new FakeNative();
    const common = { index: 1, link: 'ethernet' as const, mtu: 1500, mac: '' };
    native.interfaces = [
      { ...common, name: 'eth0', up: true, addresses },
      { ...common, name: 'eth1', up: false, addresses },
    ];
    const { scan } = begin({ technique: 'connect', interface: name }, { native: native.surface() });
    await expect(scan.done).rejects.toMatchObject({ code: `ERR_PACEGATE_${code}` });
  });
});

describe('targets that need waiting for', () => {
  it('P11 come from an async iterable, each probed once', async () => {
    async function* source() {
      yield '10.0.0.1, 10.0.0.2';
      await Promise.resolve();
      yield '10.0.0.2';
      yield 'two.example # its second machine';
    }
    const { native, scan } = begin(
      { targets: source() },
      { lookup: (name) => Promise.resolve(name === 'two.example' ? ['10.0.0.3'] : []) },
    );
    await vi.waitFor(() => {
      expect(native.calls).toContain('start');
    });
    expect(Buffer.from(native.plan?.ranges ?? []).toString('hex')).toBe(
      `04${'0a000001'.padEnd(32, '0')}${'0a000003'.padEnd(32, '0')}`,
    );
    native.end(4, 300);
    await scan.done;
  });

  it('reject done when the source fails, holds nothing, or holds nonsense', async () => {
    const from = (...texts: unknown[]) =>
      (async function* () {
        await Promise.resolve();
        for (const text of texts) {
          if (text instanceof Error) throw text;
          yield text as string;
        }
      })();
    await expect(begin({ targets: from() }).scan.done).rejects.toThrow('targets');
    await expect(begin({ targets: from('10.0.0.1', 5) }).scan.done).rejects.toThrow('targets');
    await expect(begin({ targets: from('10.0.0.1', new Error('disk')) }).scan.done).rejects.toThrow(
      'disk',
    );
    const stoppedEarly = begin({ targets: from('10.0.0.1') });
    await stoppedEarly.scan.stop();
    expect(stoppedEarly.native.calls).toEqual([]);
  });

  it('a name is left when every address beside it is excluded', async () => {
    const { native, scan } = begin(
      { targets: ['10.0.0.1', 'one.example'], exclude: '10.0.0.1' },
      { lookup: () => Promise.resolve(['10.0.0.7']) },
    );
    await vi.waitFor(() => {
      expect(native.calls).toContain('start');
    });
    native.end(4, 100);
    expect((await scan.done).addresses).toBe(1);
  });

  it('a name that is excluded is resolved too', async () => {
    const { native, scan } = begin(
      { targets: '10.0.0.0/31', exclude: ['one.example'] },
      { lookup: () => Promise.resolve(['10.0.0.1']) },
    );
    await vi.waitFor(() => {
      expect(native.calls).toContain('start');
    });
    native.end(4, 100);
    expect((await scan.done).addresses).toBe(1);
  });
});

describe('resuming', () => {
  async function interrupted() {
    const { native, scan } = begin();
    native.end(5, 42);
    await scan.done;
    return scan.state();
  }

  it('P11 goes on at the position, in the same order, as plain JSON', async () => {
    const state = JSON.parse(JSON.stringify(await interrupted())) as Awaited<
      ReturnType<typeof interrupted>
    >;
    const { native, scan } = begin({ seed: undefined as never, resume: state });
    expect(native.plan).toMatchObject({ startPosition: 42, seed: 5n });
    find(native, 58);
    native.end(4, 100);
    expect(await scan.done).toMatchObject({
      complete: true,
      statistics: { settled: 100, percent: 100 },
    });
  });

  it('P11 a shard is a part of the order, also when it goes on', async () => {
    const shard = { index: 1, count: 3 };
    const { native, scan } = begin({ shard });
    expect(native.plan).toMatchObject({ startPosition: 33, endPosition: 66 });
    expect(scan.statistics).toMatchObject({ total: 33, settled: 0 });
    native.end(5, 40);
    const summary = await scan.done;
    expect(summary).toMatchObject({ complete: false, state: { position: 40 } });
    const next = begin({ shard, resume: summary.state });
    expect(next.native.plan).toMatchObject({ startPosition: 40, endPosition: 66 });
    find(next.native, 26);
    next.native.end(4, 66);
    expect(await next.scan.done).toMatchObject({
      complete: true,
      statistics: { settled: 33, percent: 100 },
    });
    for (const other of [
      {},
      { shard: { index: 0, count: 3 } },
      { shard: { index: 1, count: 4 } },
    ]) {
      await expect(begin({ ...other, resume: summary.state }).scan.done).rejects.toThrow('shard');
    }
  });

  it('a shard of fewer pairs than shards may be empty', async () => {
    const { native, scan } = begin({ ports: '1-2', shard: { index: 0, count: 5 } });
    expect(await scan.done).toMatchObject({ complete: true });
    expect(native.calls).toEqual([]);
  });

  it.each<[string, Partial<ScanOptions>]>([
    ['targets', { targets: '10.0.0.2' }],
    ['ports', { ports: '1-101' }],
    ['excludes', { targets: '10.0.0.1-2' }],
    ['seed', { seed: 6 }],
    ['technique', { technique: 'connect' }],
  ])('is refused when the %s differ', async (_what, options) => {
    const resume = await interrupted();
    const { native, scan } = begin({ ...options, resume });
    await expect(scan.done).rejects.toMatchObject({ code: 'ERR_PACEGATE_INVALID_ARGUMENT' });
    await expect(scan.done).rejects.toThrow('resume');
    expect(native.calls).toEqual([]);
  });

  it('is refused beyond the end, and a finished scan sends nothing again', async () => {
    const state = await interrupted();
    await expect(begin({ resume: { ...state, position: 101 } }).scan.done).rejects.toThrow(
      'resume',
    );
    const { native, scan } = begin({ resume: { ...state, position: 100 } });
    expect((await scan.done).complete).toBe(true);
    expect(native.calls).toEqual([]);
  });

  it('does not depend on how the targets are written', async () => {
    const first = begin({ targets: '10.0.0.0/30' });
    first.native.end(5, 7);
    await first.scan.done;
    const second = begin({
      targets: ['10.0.0.2-3', '10.0.0.1', '10.0.0.0'],
      resume: first.scan.state(),
    });
    expect(second.native.plan?.startPosition).toBe(7);
    second.native.end(4);
  });
});
