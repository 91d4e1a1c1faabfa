import { describe, expect, test } from 'vitest';
import { FixedWindow, HybridLimiter, PacegateError, SlidingWindow } from '../../../lib/index.js';
import { SteppedClock } from './stepped-clock.js';

const WRONG = 'ERR_PACEGATE_INVALID_ARGUMENT';
const RANGE = 'ERR_PACEGATE_OUT_OF_RANGE';

function expectRefusal(call: () => unknown, code: string, part: string): void {
  let thrown: unknown;
  try {
    call();
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(PacegateError);
  expect(thrown).toMatchObject({ code, message: expect.stringContaining(part) as string });
}

describe('H2 options of windows', () => {
  test.each([
    [undefined, WRONG, 'options'],
    [{}, WRONG, 'limit'],
    [{ limit: '5' }, WRONG, 'limit'],
    [{ limit: 0.5 }, RANGE, 'limit'],
    [{ limit: NaN }, RANGE, 'limit'],
    [{ limit: Infinity }, RANGE, 'limit'],
    [{ limit: 2 ** 53 }, RANGE, 'limit'],
    [{ limit: 5, windowMs: 0 }, RANGE, 'windowMs'],
    [{ limit: 5, windowMs: 1e10 }, RANGE, 'windowMs'],
    [{ limit: 5, windowMs: null }, WRONG, 'windowMs'],
    [{ limit: 5, clock: {} }, WRONG, 'clock'],
    [{ limit: 5, window: 5 }, WRONG, 'window'],
  ])('%o', (options, code, part) => {
    expectRefusal(() => new SlidingWindow(options as never), code, part);
    expectRefusal(() => new FixedWindow(options as never), code, part);
  });

  test.each([
    [{ limit: 5, precision: 0 }, RANGE, 'precision'],
    [{ limit: 5, precision: 1.5 }, RANGE, 'precision'],
    [{ limit: 5, precision: 65_537 }, RANGE, 'precision'],
    [{ limit: 5, precision: 'rough' }, WRONG, 'precision'],
    [{ limit: 2 ** 24 + 1, precision: 'exact' }, RANGE, 'limit'],
  ])('%o', (options, code, part) => {
    expectRefusal(() => new SlidingWindow(options as never), code, part);
  });
});

describe('H3 options of hybrids', () => {
  test.each([
    [undefined, WRONG, 'options'],
    [{}, WRONG, 'rate'],
    [{ rate: 0 }, RANGE, 'rate'],
    [{ rate: 1e12 }, RANGE, 'rate'],
    [{ rate: 5, burst: 0.5 }, RANGE, 'burst'],
    [{ rate: 5, burst: 'scaled' }, WRONG, 'burst'],
    [{ rate: 5, burst: 1e12 }, RANGE, 'burst'],
    [{ rate: 5, windowMs: 100 }, RANGE, 'rate'],
    [{ rate: 5, share: 5 }, WRONG, 'share'],
    [{ rate: 5, limit: 5 }, WRONG, 'limit'],
  ])('%o', (options, code, part) => {
    expectRefusal(() => new HybridLimiter(options as never), code, part);
  });
});

const kinds: [string, () => SlidingWindow | FixedWindow | HybridLimiter][] = [
  ['H2 sliding', () => new SlidingWindow({ limit: 5, clock: new SteppedClock() })],
  ['H2 fixed', () => new FixedWindow({ limit: 5, clock: new SteppedClock() })],
  ['H3 hybrid', () => new HybridLimiter({ rate: 5, burst: 5, clock: new SteppedClock() })],
];

describe.each(kinds)('%s', (name, make) => {
  test('a wrong cost is refused before anything happens', async () => {
    const limiter = make();
    for (const [cost, code] of [
      [-1, RANGE],
      [NaN, RANGE],
      [Infinity, RANGE],
      ['1', WRONG],
      [null, WRONG],
    ] as const) {
      const wrong = cost as number;
      expectRefusal(() => limiter.tryAcquire(wrong), code, 'cost');
      expectRefusal(() => limiter.check(wrong), code, 'cost');
      expectRefusal(() => limiter.peek(wrong), code, 'cost');
      expectRefusal(() => limiter.estimateWaitMs(wrong), code, 'cost');
      expectRefusal(
        () => {
          limiter.refund(wrong);
        },
        code,
        'units',
      );
      await expect(limiter.acquire(wrong)).rejects.toMatchObject({ code });
    }
    expect(limiter.peek().remaining).toBe(5);
    expect(limiter.statistics().totalRequests).toBe(0);
  });

  test('a rate it cannot have changes nothing', () => {
    const limiter = make();
    for (const rate of [0, -1, NaN, 0.5, 1e300]) {
      expectRefusal(
        () => {
          limiter.setRate(rate);
        },
        RANGE,
        'rate',
      );
    }
    expect(limiter).toMatchObject({ rate: 5, limit: 5 });
    expect(limiter.tryAcquire(5)).toBe(true);
  });

  test('after dispose everything is refused, by name', async () => {
    const limiter = make();
    limiter[Symbol.dispose]();
    const calls = [
      () => limiter.tryAcquire(),
      () => limiter.check(),
      () => limiter.peek(),
      () => limiter.estimateWaitMs(),
      () => {
        limiter.refund(1);
      },
      () => {
        limiter.setRate(5);
      },
      () => {
        limiter.reset();
      },
      () => limiter.statistics(),
      () => limiter.bytes,
    ];
    const className = limiter.constructor.name;
    for (const call of calls) expectRefusal(call, 'ERR_PACEGATE_DISPOSED', className);
    await expect(limiter.acquire()).rejects.toMatchObject({ code: 'ERR_PACEGATE_DISPOSED' });
    expect(name).toContain(className.slice(0, 5).toLowerCase());
  });

  test('statistics: what was asked, and what came of it', async () => {
    const limiter = make();
    limiter.tryAcquire(3);
    limiter.check(2);
    limiter.tryAcquire();
    limiter.check(6);
    expect(await limiter.acquire(1, { timeoutMs: 0 })).toBe(false);
    expect(await limiter.acquire(6)).toBe(false);
    expect(limiter.statistics()).toMatchObject({
      totalRequests: 6,
      allowedRequests: 2,
      blockedRequests: 3,
      timedOutRequests: 1,
      actualRate: 3.125, // 5 units in the time of eight
    });
  });
});
