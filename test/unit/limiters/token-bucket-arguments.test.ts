import { describe, expect, test } from 'vitest';
import { isPacegateError, PacegateError, TokenBucket } from '../../../lib/index.js';
import { ManualClock } from '../../../lib/testing/index.js';

const WRONG = 'ERR_PACEGATE_INVALID_ARGUMENT';
const RANGE = 'ERR_PACEGATE_OUT_OF_RANGE';

/** A bucket as a caller without types sees it. */
type Untyped = Record<
  'tryAcquire' | 'check' | 'peek' | 'estimateWaitMs' | 'refund' | 'tryAcquireUpTo' | 'setRate',
  (value: unknown) => unknown
> & { acquire(cost: unknown, options?: unknown): Promise<unknown> };

function make(options?: unknown): TokenBucket {
  return Reflect.construct(TokenBucket, [options]) as TokenBucket;
}

function untyped(bucket: TokenBucket): Untyped {
  return bucket as unknown as Untyped;
}

function errorOf(run: () => unknown): Error {
  try {
    run();
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error('nothing was thrown');
}

/** Thrown by us, with this code, in one line that holds every one of `parts`. */
function expectRefusal(run: () => unknown, code: string, ...parts: string[]): void {
  const error = errorOf(run);
  expect(isPacegateError(error)).toBe(true);
  expect(error).toBeInstanceOf(PacegateError);
  expect(error).toMatchObject({ code });
  if (code === WRONG) expect(error).toBeInstanceOf(TypeError);
  if (code === RANGE) expect(error).toBeInstanceOf(RangeError);
  expect(error.message).not.toContain('\n');
  for (const part of parts) expect(error.message).toContain(part);
}

describe('options', () => {
  test.each([undefined, null, 5, 'fast', [], () => 5])('%s are no options', (options) => {
    expectRefusal(() => make(options), WRONG, 'options');
  });

  test.each([
    [0, RANGE],
    [-1, RANGE],
    [NaN, RANGE],
    [Infinity, RANGE],
    [256e9 + 1e6, RANGE],
    [Number.MIN_VALUE, RANGE],
    ['100', WRONG],
    [100n, WRONG],
    [null, WRONG],
    [undefined, WRONG],
    [{}, WRONG],
  ])('rate %s', (rate, code) => {
    expectRefusal(() => make({ rate }), code, 'rate');
  });

  test.each([
    [0, RANGE],
    [0.99, RANGE],
    [-5, RANGE],
    [NaN, RANGE],
    [Infinity, RANGE],
    ['5', WRONG],
    ['scale', WRONG],
    [null, WRONG],
  ])('burst %s', (burst, code) => {
    expectRefusal(() => make({ rate: 10, burst }), code, 'burst', String(burst));
  });

  test.each([
    [-1, RANGE],
    [5.5, RANGE],
    [NaN, RANGE],
    ['1', WRONG],
    [null, WRONG],
  ])('initialTokens %s of a burst of 5', (initialTokens, code) => {
    expectRefusal(() => make({ rate: 10, burst: 5, initialTokens }), code, 'initialTokens');
  });

  test('a bucket that needs more than 52 days to fill', () => {
    expectRefusal(() => make({ rate: 1e-7, burst: 1 }), RANGE, 'rate', 'burst', '52 days');
    expect(make({ rate: 1 / (50 * 86_400), burst: 1 }).tryAcquire()).toBe(true);
  });

  test.each([null, {}, { nowNs: () => 0n }, 5, 'system'])('clock %o', (clock) => {
    expectRefusal(() => make({ rate: 1, clock }), WRONG, 'clock');
  });

  test('a clock that gives no bigint', () => {
    const clock = { nowNs: () => 5, sleep: () => Promise.resolve() };
    expectRefusal(() => make({ rate: 1, clock }), WRONG, 'clock.nowNs()', '5');
  });

  test.each([
    ['yes', WRONG, 'lease'],
    [5, WRONG, 'lease'],
    [null, WRONG, 'lease'],
    [{ maxTokens: 0 }, RANGE, 'lease.maxTokens'],
    [{ maxTokens: 1.5 }, RANGE, 'lease.maxTokens'],
    [{ maxTokens: 2 ** 20 + 1 }, RANGE, 'lease.maxTokens'],
    [{ maxTokens: '9' }, WRONG, 'lease.maxTokens'],
    [{ tokens: 5 }, WRONG, 'maxTokens'],
  ])('lease %o', (lease, code, part) => {
    expectRefusal(() => make({ rate: 1, lease }), code, part);
  });

  test.each([
    ['all', WRONG, 'share'],
    [{ buffer: new ArrayBuffer(1_000) }, WRONG, 'share.buffer'],
    [{ file: '' }, WRONG, 'share.file'],
    [{ file: 'x', buffer: new SharedArrayBuffer(1_000) }, WRONG, 'share'],
    [{ path: 'x' }, WRONG, 'buffer'],
    [{ buffer: new SharedArrayBuffer(10) }, 'ERR_PACEGATE_SHARED_STATE', '10 bytes'],
  ])('share %o', (share, code, part) => {
    expectRefusal(() => make({ rate: 1, share }), code, part);
  });

  test('options that ask for nothing are as good as absent', () => {
    expect(make({ rate: 1, share: 'none', lease: false }).tryAcquire()).toBe(true);
    expect(make({ rate: 1, share: undefined, nonsense: undefined }).tryAcquire()).toBe(true);
  });

  test('an option that does not exist is named, with those that do', () => {
    expectRefusal(
      () => make({ rate: 1, capacity: 5 }),
      WRONG,
      '"capacity"',
      'burst',
      'initialTokens',
    );
  });
});

describe('costs', () => {
  const calls = ['tryAcquire', 'check', 'peek', 'estimateWaitMs'] as const;

  test.each([
    [-1, RANGE],
    [-Number.MIN_VALUE, RANGE],
    [NaN, RANGE],
    [Infinity, RANGE],
    ['1', WRONG],
    [1n, WRONG],
    [null, WRONG],
    [{}, WRONG],
  ])('cost %s is refused before anything is spent', async (cost, code) => {
    const bucket = new TokenBucket({ rate: 1, burst: 5, clock: new ManualClock() });
    for (const call of calls) {
      expectRefusal(() => untyped(bucket)[call](cost), code, 'cost');
    }
    expectRefusal(() => untyped(bucket).refund(cost), code, 'tokens');
    await expect(untyped(bucket).acquire(cost)).rejects.toMatchObject({ code });
    expect(bucket.availableTokens()).toBe(5);
    expect(bucket.statistics().totalRequests).toBe(0);
  });

  test.each([
    [1.5, RANGE],
    [-1, RANGE],
    [NaN, RANGE],
    [Infinity, RANGE],
    [2 ** 53, RANGE],
    ['2', WRONG],
    [undefined, WRONG],
  ])('tryAcquireUpTo(%s)', (max, code) => {
    const bucket = new TokenBucket({ rate: 1, burst: 5 });
    expectRefusal(() => untyped(bucket).tryAcquireUpTo(max), code, 'max');
  });

  test.each([
    [0, RANGE],
    [-1, RANGE],
    [NaN, RANGE],
    ['1', WRONG],
  ])('setRate(%s) changes nothing', (rate, code) => {
    const bucket = new TokenBucket({ rate: 3, burst: 5 });
    expectRefusal(() => untyped(bucket).setRate(rate), code, 'rate');
    expect(bucket.rate).toBe(3);
  });
});

describe('options of acquire', () => {
  test.each([
    [{ timeoutMs: -1 }, RANGE, 'timeoutMs'],
    [{ timeoutMs: NaN }, RANGE, 'timeoutMs'],
    [{ timeoutMs: '5' }, WRONG, 'timeoutMs'],
    [{ timeoutMs: null }, WRONG, 'timeoutMs'],
    [{ signal: {} }, WRONG, 'signal'],
    [{ signal: null }, WRONG, 'signal'],
    [{ timeout: 5 }, WRONG, 'timeoutMs'],
    [{ priority: 'high' }, WRONG, 'priority'],
    [{ priority: NaN }, RANGE, 'priority'],
    [500, WRONG, 'options'],
    [null, WRONG, 'options'],
  ])('%o', async (options, code, part) => {
    const bucket = new TokenBucket({ rate: 1, burst: 5, clock: new ManualClock() });
    await expect(untyped(bucket).acquire(1, options)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(part) as string,
    });
    expect(bucket.availableTokens()).toBe(5);
  });
});
