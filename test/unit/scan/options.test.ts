import { describe, expect, it } from 'vitest';
import { TokenBucket } from '../../../lib/index.js';
import { checkScanOptions, type ScanOptions } from '../../../lib/scan/options.js';
import { ManualClock } from '../../../lib/testing/index.js';

const check = (options: object) =>
  checkScanOptions({ targets: '127.0.0.1', ports: '80', ...options });
const onOtherClock = new TokenBucket({ rate: 5, clock: new ManualClock() });

describe('the options of a scan', () => {
  it('have safe defaults', () => {
    const settings = check({});
    expect(settings).toMatchObject({
      technique: 'auto',
      maxRate: 100,
      retries: 2,
      timeoutMs: 1000,
      backend: 'auto',
      precision: 'balanced',
      catchUpMs: 10,
      interfaceName: '',
      iAmAuthorised: false,
      states: ['open', 'closed', 'filtered', 'unknown'],
      exclude: [],
    });
    expect([settings.minRate, settings.shard]).toEqual([undefined, undefined]);
    expect([settings.seed, settings.resume, settings.signal]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('take targets as text, lists of texts, and lists within them', () => {
    const { targets } = check({ targets: ['10.0.0.1, 10.0.0.2', 'example.com\n::1'] });
    expect(targets?.map(({ text }) => text)).toEqual([
      '10.0.0.1',
      '10.0.0.2',
      'example.com',
      '::1',
    ]);
  });

  it('pass over what is undefined, as destructured options are', () => {
    expect(check({ maxRate: undefined, shard: undefined, nonsense: undefined }).maxRate).toBe(100);
  });

  it.each<[object, string, string]>([
    [{ maxRate: 0 }, 'OUT_OF_RANGE', 'maxRate'],
    [{ maxRate: -1 }, 'OUT_OF_RANGE', 'maxRate'],
    [{ maxRate: Number.NaN }, 'OUT_OF_RANGE', 'maxRate'],
    [{ maxRate: Infinity }, 'OUT_OF_RANGE', 'maxRate'],
    [{ maxRate: '100' }, 'INVALID_ARGUMENT', 'maxRate'],
    [{ maxRate: null }, 'INVALID_ARGUMENT', 'maxRate'],
    [{ maxRateCap: 5000 }, 'INVALID_ARGUMENT', "needs maxRate 'auto'"],
    [{ maxRate: 'auto', maxHostgroup: 5 }, 'NOT_SUPPORTED', 'hostgroup'],
    [{ maxRate: 'auto', maxRateCap: 0 }, 'OUT_OF_RANGE', 'maxRateCap'],
    [{ maxRate: 'fast' as 'auto' }, 'INVALID_ARGUMENT', "a number or 'auto'"],
    [{ retries: -1 }, 'OUT_OF_RANGE', 'retries'],
    [{ retries: 1.5 }, 'OUT_OF_RANGE', 'retries'],
    [{ retries: 256 }, 'OUT_OF_RANGE', 'retries'],
    [{ maxWorkers: 0 }, 'OUT_OF_RANGE', 'maxWorkers'],
    [{ maxWorkers: 1.5 }, 'OUT_OF_RANGE', 'maxWorkers'],
    [{ maxWorkers: '9' }, 'INVALID_ARGUMENT', 'maxWorkers'],
    [{ timeoutMs: 0 }, 'OUT_OF_RANGE', 'timeoutMs'],
    [{ timeoutMs: 600_001 }, 'OUT_OF_RANGE', 'timeoutMs'],
    [{ seed: -1 }, 'OUT_OF_RANGE', 'seed'],
    [{ seed: 2 ** 53 }, 'OUT_OF_RANGE', 'seed'],
    [{ seed: '5' }, 'INVALID_ARGUMENT', 'seed'],
    [{ technique: 'udp' }, 'INVALID_ARGUMENT', 'technique'],
    [{ technique: null }, 'INVALID_ARGUMENT', 'technique'],
    [{ backend: 'dpdk' }, 'INVALID_ARGUMENT', 'backend'],
    [{ interface: '' }, 'INVALID_ARGUMENT', 'interface'],
    [{ interface: 3 }, 'INVALID_ARGUMENT', 'interface'],
    [{ states: [] }, 'INVALID_ARGUMENT', 'states'],
    [{ states: ['open', 'ajar'] }, 'INVALID_ARGUMENT', 'ajar'],
    [{ signal: {} }, 'INVALID_ARGUMENT', 'signal'],
    [{ iAmAuthorised: 'yes' }, 'INVALID_ARGUMENT', 'iAmAuthorised'],
    [{ resume: {} }, 'INVALID_ARGUMENT', 'resume'],
    [
      { resume: { version: 2, technique: 'syn', seed: 1, position: 0, planHash: '' } },
      'INVALID_ARGUMENT',
      'resume',
    ],
    [
      { resume: { version: 1, technique: 'syn', seed: 1, position: -1, planHash: '' } },
      'INVALID_ARGUMENT',
      'resume',
    ],
    [{ targets: '' }, 'INVALID_ARGUMENT', 'targets'],
    [{ targets: [] }, 'INVALID_ARGUMENT', 'targets'],
    [{ targets: [7] }, 'INVALID_ARGUMENT', 'targets'],
    [{ targets: undefined }, 'INVALID_ARGUMENT', 'targets'],
    [{ targets: '10.0.0.0/33' }, 'OUT_OF_RANGE', '10.0.0.0/33'],
    [{ exclude: '10.0.0.0/33' }, 'OUT_OF_RANGE', 'exclude'],
    [{ ports: '70000' }, 'OUT_OF_RANGE', '70000'],
    [{ ports: undefined }, 'INVALID_ARGUMENT', 'ports'],
    [{ minRate: 0 }, 'OUT_OF_RANGE', 'minRate'],
    [{ minRate: '10' }, 'INVALID_ARGUMENT', 'minRate'],
    [{ minRate: 101 }, 'INVALID_ARGUMENT', 'at most maxRate (100), not 101'],
    [{ precision: 'exact' }, 'INVALID_ARGUMENT', 'balanced, eco, spin'],
    [{ precision: null }, 'INVALID_ARGUMENT', 'precision'],
    [{ catchUpMs: -1 }, 'OUT_OF_RANGE', 'catchUpMs'],
    [{ catchUpMs: 1001 }, 'OUT_OF_RANGE', 'catchUpMs'],
    [{ catchUpMs: '5' }, 'INVALID_ARGUMENT', 'catchUpMs'],
    [{ adaptiveRate: 1 }, 'INVALID_ARGUMENT', 'adaptiveRate'],
    [{ adaptiveRate: true, technique: 'connect' }, 'NOT_SUPPORTED', 'adaptiveRate'],
    [{ backoffLimitMs: 0 }, 'OUT_OF_RANGE', 'backoffLimitMs'],
    [{ maxTargetRate: 0 }, 'OUT_OF_RANGE', 'maxTargetRate'],
    [{ maxPrefixRate: 0 }, 'OUT_OF_RANGE', 'maxPrefixRate'],
    [{ maxPrefixRate: {} }, 'INVALID_ARGUMENT', 'maxPrefixRate.rate'],
    [{ maxPrefixRate: { rate: 1, prefixV4: 33 } }, 'OUT_OF_RANGE', 'maxPrefixRate.prefixV4'],
    [{ maxPrefixRate: { rate: 1, prefix: 8 } }, 'INVALID_ARGUMENT', 'prefix'],
    [{ limiter: {} }, 'INVALID_ARGUMENT', 'limiter must be a TokenBucket'],
    [{ limiter: onOtherClock }, 'INVALID_ARGUMENT', "the system's clock"],
    [{ limiter: new TokenBucket({ rate: 5 }), maxRate: 'auto' }, 'NOT_SUPPORTED', 'a limiter'],
    [{ maxHostgroup: 0 }, 'OUT_OF_RANGE', 'maxHostgroup'],
    [{ maxHostgroup: 65_537 }, 'OUT_OF_RANGE', 'maxHostgroup'],
    [{ maxHostgroup: 2, minHostgroup: 3 }, 'INVALID_ARGUMENT', 'minHostgroup'],
    [{ hostgroupMode: 'moving' }, 'INVALID_ARGUMENT', 'hostgroupMode'],
    [{ adaptiveTimeout: 1 }, 'INVALID_ARGUMENT', 'adaptiveTimeout'],
    [{ hostTimeoutMs: 0 }, 'OUT_OF_RANGE', 'hostTimeoutMs'],
    [{ tarpit: 'burn' }, 'INVALID_ARGUMENT', 'tarpit'],
    [{ tarpit: { ports: 5 } }, 'INVALID_ARGUMENT', 'ports'],
    [{ tarpit: { openPorts: 64 } }, 'INVALID_ARGUMENT', 'tarpit.openPorts'],
    [{ tarpit: { probedPorts: 0 } }, 'OUT_OF_RANGE', 'tarpit.probedPorts'],
    [{ shard: { index: 1, count: 2 } }, 'INVALID_ARGUMENT', 'seed'],
    [{ seed: 1, shard: { index: 2, count: 2 } }, 'OUT_OF_RANGE', 'shard.index'],
    [{ seed: 1, shard: { index: -1, count: 2 } }, 'OUT_OF_RANGE', 'shard.index'],
    [{ seed: 1, shard: { index: 0, count: 0 } }, 'OUT_OF_RANGE', 'shard.count'],
    [{ seed: 1, shard: { index: 0, count: 2 ** 32 } }, 'OUT_OF_RANGE', 'shard.count'],
    [{ seed: 1, shard: { index: 0, count: 2, of: 3 } }, 'INVALID_ARGUMENT', 'of'],
    [{ seed: 1, shard: '1/2' }, 'INVALID_ARGUMENT', 'shard'],
    [{ rate: 10 }, 'INVALID_ARGUMENT', 'rate'],
  ])('refuse %j with %s', (options, code, named) => {
    const attempt = () => check(options);
    expect(attempt).toThrow(expect.objectContaining({ code: `ERR_PACEGATE_${code}` }));
    expect(attempt).toThrow(named);
  });

  it('take their rate from a limiter, unless they name one', () => {
    using limiter = new TokenBucket({ rate: 750 });
    expect(check({ limiter })).toMatchObject({ maxRate: 750, limiter });
    expect(check({ limiter, maxRate: 20 }).maxRate).toBe(20);
    using slow = new TokenBucket({ rate: 1e-5, burst: 1 });
    expect(check({ limiter: slow }).maxRate).toBe(0.001);
    const gone = new TokenBucket({ rate: 5 });
    gone[Symbol.dispose]();
    expect(() => check({ limiter: gone })).toThrow('TokenBucket');
  });

  it.each([undefined, null, 'x', []])('must be an object, not %j', (options) => {
    expect(() => checkScanOptions(options as unknown as ScanOptions)).toThrow(
      expect.objectContaining({ code: 'ERR_PACEGATE_INVALID_ARGUMENT' }),
    );
  });
});
