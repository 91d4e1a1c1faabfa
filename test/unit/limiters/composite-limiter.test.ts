import { describe, expect, test } from 'vitest';
import {
  CompositeLimiter,
  type CompositeMember,
  type Decision,
  DisposedError,
  FixedWindow,
  HybridLimiter,
  keyedLimit,
  SlidingWindow,
  TokenBucket,
} from '../../../lib/index.js';
import { ManualClock } from '../../../lib/testing/index.js';

function make(): {
  clock: ManualClock;
  user: TokenBucket;
  all: TokenBucket;
  limiter: CompositeLimiter;
} {
  const clock = new ManualClock();
  const user = new TokenBucket({ rate: 1, burst: 2, clock });
  const all = new TokenBucket({ rate: 10, burst: 5, clock });
  return { clock, user, all, limiter: new CompositeLimiter({ limits: { user, all }, clock }) };
}

/** A limit whose promises are not kept: somebody else is always faster. */
class Lost implements CompositeMember {
  readonly rate = 5;
  constructor(public kept = 0) {}
  peek(): Decision {
    return { allowed: true, limit: 9, remaining: 9, retryAfterMs: 0, resetMs: 0 };
  }
  tryAcquire(): boolean {
    return this.kept-- > 0;
  }
  refund(): void {
    this.kept++;
  }
}

describe('several limits at once', () => {
  test('H3 all are charged, or none; the one that refuses is named', () => {
    const { limiter, user, all } = make();
    expect(limiter.tryAcquire(2)).toBe(true);
    expect([user.availableTokens(), all.availableTokens()]).toEqual([0, 3]);
    expect(limiter.tryAcquire()).toBe(false);
    expect(limiter.check()).toEqual({
      allowed: false,
      limit: 2,
      remaining: 0,
      retryAfterMs: 1_000,
      resetMs: 2_000,
      refusedBy: 'user',
    });
    expect([user.availableTokens(), all.availableTokens()]).toEqual([0, 3]);
    all.tryAcquire(3);
    expect(limiter.peek().refusedBy).toBe('user');
    user.refund(2);
    expect(limiter.peek()).toMatchObject({ allowed: false, refusedBy: 'all', retryAfterMs: 100 });
    expect(limiter.statistics()).toMatchObject({
      allowedRequests: 1,
      blockedRequests: 2,
      limits: { user: { refused: 2, lostRaces: 0 }, all: { refused: 0, lostRaces: 0 } },
    });
  });

  test('H3 a decision that allows says what is left', () => {
    const { limiter } = make();
    expect(limiter.check()).toEqual({
      allowed: true,
      limit: 2,
      remaining: 1,
      retryAfterMs: 0,
      resetMs: 1_000,
    });
  });

  test('H3 each limit may have its own price', () => {
    const { limiter, user, all } = make();
    expect(limiter.tryAcquire({ all: 4 })).toBe(true);
    expect([user.availableTokens(), all.availableTokens()]).toEqual([1, 1]);
    expect(limiter.check({ all: 6 })).toMatchObject({ retryAfterMs: Infinity, refusedBy: 'all' });
    limiter.refund({ all: 3 });
    expect([user.availableTokens(), all.availableTokens()]).toEqual([1, 4]);
    limiter.refund(10);
    expect([user.availableTokens(), all.availableTokens()]).toEqual([2, 5]);
    expect(limiter.tryAcquire({ user: 0, all: 5 })).toBe(true);
    expect(user.availableTokens()).toBe(2);
  });

  test('H3 what was taken goes back when a race is lost, and that is counted', () => {
    const { user } = make();
    const lost = new Lost();
    const limiter = new CompositeLimiter({ limits: { user, lost } });
    expect(limiter.check(2)).toMatchObject({ allowed: false, refusedBy: 'lost' });
    expect(limiter.check(2).retryAfterMs).toBeGreaterThan(0);
    expect(user.availableTokens()).toBe(2);
    expect(limiter.statistics().limits['lost']).toEqual({ refused: 2, lostRaces: 6 });
    lost.kept = 1;
    expect(limiter.tryAcquire(2)).toBe(true);
    expect(user.availableTokens()).toBe(0);
  });

  test('H3 what was taken goes back when a limit throws', () => {
    const { user, all, limiter } = make();
    const last = new TokenBucket({ rate: 1 });
    const faulty: CompositeMember = {
      rate: 1,
      peek: (cost) => last.peek(cost),
      tryAcquire: () => {
        throw new Error('gone');
      },
      refund: () => undefined,
    };
    const three = new CompositeLimiter({ limits: { user, all, faulty } });
    expect(() => three.tryAcquire()).toThrow('gone');
    expect([user.availableTokens(), all.availableTokens()]).toEqual([2, 5]);
    all[Symbol.dispose]();
    expect(() => limiter.tryAcquire()).toThrow(DisposedError);
    expect(user.availableTokens()).toBe(2);
  });

  test('H3 windows and hybrids are limits like buckets', async () => {
    const clock = new ManualClock();
    const limits = {
      bucket: new TokenBucket({ rate: 10, burst: 5, clock }),
      sliding: new SlidingWindow({ limit: 3, windowMs: 1_000, clock }),
      fixed: new FixedWindow({ limit: 4, windowMs: 2_000, clock }),
      hybrid: new HybridLimiter({ rate: 10, burst: 10, windowMs: 1_000, clock }),
      lost: new Lost(3),
    };
    const limiter = new CompositeLimiter({ limits, clock });
    for (let i = 0; i < 3; i++) expect(limiter.tryAcquire()).toBe(true);
    expect(limiter.check()).toMatchObject({ refusedBy: 'sliding', retryAfterMs: 1_000 });
    expect(limits.bucket.availableTokens()).toBe(2);
    await clock.advance(1_000);
    expect(limiter.check().refusedBy).toBe('lost');
    limits.lost.kept = Infinity;
    const [fourth, fifth] = [limiter.acquire(), limiter.acquire()];
    await expect(fourth).resolves.toBe(true);
    expect(limiter.peek()).toMatchObject({ allowed: false, refusedBy: 'fixed' });
    await clock.advance(1_000);
    await expect(fifth).resolves.toBe(true);
  });

  test('H3 composites nest, and one key of many is a limit too', () => {
    const { limiter, user, clock } = make();
    const tokens = new Map([['ann', 1]]);
    const keyed = {
      rate: 1,
      peek: (key: string | number, cost = 1): Decision => {
        const remaining = tokens.get(String(key)) ?? 0;
        const allowed = remaining >= cost;
        return { allowed, limit: 1, remaining, retryAfterMs: allowed ? 0 : 1_000, resetMs: 0 };
      },
      tryAcquire: (key: string | number, cost = 1): boolean => {
        const left = (tokens.get(String(key)) ?? 0) - cost;
        if (left >= 0) tokens.set(String(key), left);
        return left >= 0;
      },
      reward: (key: string | number, units: number): void => {
        tokens.set(String(key), (tokens.get(String(key)) ?? 0) + units);
      },
    };
    const limits = { both: limiter, ann: keyedLimit(keyed, 'ann') };
    const outer = new CompositeLimiter({ limits, clock });
    expect(outer.rate).toBe(1);
    expect(outer.tryAcquire()).toBe(true);
    expect(outer.check()).toMatchObject({ allowed: false, refusedBy: 'ann' });
    outer.refund(1);
    expect([user.availableTokens(), tokens.get('ann')]).toEqual([2, 1]);
  });
});

describe('waiting for several limits', () => {
  test('H3 is served when all allow it, and holds nothing before', async () => {
    const { clock, limiter, user, all } = make();
    limiter.tryAcquire(2);
    let served: boolean | undefined;
    void limiter.acquire(2).then((value) => (served = value));
    await clock.advance(1_999);
    expect(served).toBeUndefined();
    expect([user.availableTokens(), all.availableTokens()]).toEqual([1.999, 5]);
    expect(all.tryAcquire(3)).toBe(true);
    await clock.advance(1);
    expect(served).toBe(true);
    expect(user.availableTokens()).toBe(0);
    expect(clock.sleeping).toBe(0);
    expect(limiter.statistics().waitMs.max).toBe(2_000);
  });

  test('H3 first come, first served, higher priorities first; nobody overtakes', async () => {
    const { clock, limiter } = make();
    limiter.tryAcquire(2);
    const served: string[] = [];
    const join = (name: string, cost: number, priority?: number): void => {
      void limiter.acquire(cost, { priority }).then(() => served.push(name));
    };
    join('a', 2);
    join('b', 1);
    join('c', 1, 5);
    join('d', 1, -1);
    expect(limiter.tryAcquire({ user: 0, all: 1 })).toBe(false);
    expect(limiter.check({ user: 0, all: 1 })).toMatchObject({
      allowed: false,
      refusedBy: 'user',
      retryAfterMs: 4_000,
    });
    await clock.advance(1_000);
    expect(served).toEqual(['c']);
    await clock.advance(1_999);
    expect(served).toEqual(['c']);
    await clock.advance(1);
    expect(served).toEqual(['c', 'a']);
    await clock.advance(2_000);
    expect(served).toEqual(['c', 'a', 'b', 'd']);
  });

  test('H3 is refused at once where it would take too long, or for ever', async () => {
    const { clock, limiter } = make();
    limiter.tryAcquire(2);
    await expect(limiter.acquire(1, { timeoutMs: 999 })).resolves.toBe(false);
    await expect(limiter.acquire(1, { timeoutMs: 0 })).resolves.toBe(false);
    await expect(limiter.acquire(3)).resolves.toBe(false);
    await expect(limiter.acquire({ all: 6, user: 0 })).resolves.toBe(false);
    const waiting = limiter.acquire(1, { timeoutMs: 1_000 });
    await clock.advance(1_000);
    await expect(waiting).resolves.toBe(true);
    expect(limiter.statistics()).toMatchObject({
      timedOutRequests: 2,
      blockedRequests: 2,
      limits: { user: { refused: 3 }, all: { refused: 1 } },
    });
  });

  test('H3 ends with its time when others were faster, and the next moves up', async () => {
    const { clock, limiter, user } = make();
    limiter.tryAcquire(2);
    const late = limiter.acquire(2, { timeoutMs: 2_500 });
    const next = limiter.acquire(1);
    await clock.advance(1_500);
    user.tryAcquire(1);
    await clock.advance(1_000);
    await expect(late).resolves.toBe(false);
    await expect(next).resolves.toBe(true);
    expect(limiter.statistics()).toMatchObject({ timedOutRequests: 1, allowedRequests: 2 });
  });

  test('H3 ends with its signal, and the next moves up', async () => {
    const { clock, limiter } = make();
    limiter.tryAcquire(2);
    const controller = new AbortController();
    const first = limiter.acquire(2, { signal: controller.signal });
    const second = limiter.acquire(1);
    await clock.advance(1_000);
    const reason = new Error('enough');
    controller.abort(reason);
    await expect(first).rejects.toBe(reason);
    await expect(second).resolves.toBe(true);
    await expect(limiter.acquire(1, { signal: controller.signal })).rejects.toBe(reason);
    await clock.advance(0);
    expect(clock.sleeping).toBe(0);
  });

  test('H3 a refund serves who waits', async () => {
    const { limiter } = make();
    limiter.tryAcquire(2);
    const waiting = limiter.acquire();
    limiter.refund(1);
    await expect(waiting).resolves.toBe(true);
  });

  test('H3 sees what was done to a limit by itself, within twice the time waited', async () => {
    const clock = new ManualClock();
    const slow = new TokenBucket({ rate: 1 / 3600, burst: 1, initialTokens: 0, clock });
    const limiter = new CompositeLimiter({ limits: { slow }, clock });
    let served = false;
    void limiter.acquire().then((value) => (served = value));
    await clock.advance(10_000);
    slow.setRate(1_000);
    await clock.advance(10_000);
    expect(served).toBe(true);
  });

  test('H3 waits for 50 days', async () => {
    const clock = new ManualClock();
    const slow = new TokenBucket({ rate: 1 / 4_320_000, burst: 1, initialTokens: 0, clock });
    const many = new TokenBucket({ rate: 1, burst: 10, clock });
    const limiter = new CompositeLimiter({ limits: { many, slow }, clock });
    const waitMs = limiter.estimateWaitMs();
    expect(waitMs).toBeCloseTo(4_320_000_000, 3);
    const waiting = limiter.acquire();
    await clock.advance(waitMs);
    await expect(waiting).resolves.toBe(true);
  });

  test('H3 estimates are what is waited: exact when nobody waits, else of those ahead', async () => {
    const { clock, limiter } = make();
    expect(limiter.estimateWaitMs(2)).toBe(0);
    limiter.tryAcquire(2);
    expect(limiter.estimateWaitMs(2)).toBe(2_000);
    expect(limiter.estimateWaitMs(3)).toBe(Infinity);
    const first = limiter.acquire(2);
    expect(limiter.estimateWaitMs(1)).toBe(3_000);
    const second = limiter.acquire(1);
    await clock.advance(2_000);
    await first;
    expect(limiter.estimateWaitMs(1)).toBe(2_000);
    await clock.advance(1_000);
    await second;
  });

  test('H3 everybody learns when a limit is disposed of under them', async () => {
    const { clock, limiter, user } = make();
    limiter.tryAcquire(2);
    const [a, b] = [limiter.acquire(), limiter.acquire()];
    const failures = Promise.allSettled([a, b]);
    user[Symbol.dispose]();
    await clock.advance(1_000);
    for (const { status } of await failures) expect(status).toBe('rejected');
    await expect(a).rejects.toThrow(DisposedError);
    expect(clock.sleeping).toBe(0);
  });
});

describe('the life of a composite', () => {
  test('H3 dispose refuses who waits, and leaves the limits alone', async () => {
    const { clock, limiter, user } = make();
    limiter.tryAcquire(2);
    const waiting = limiter.acquire();
    limiter[Symbol.dispose]();
    limiter[Symbol.dispose]();
    await expect(waiting).resolves.toBe(false);
    await clock.advance(0);
    expect(clock.sleeping).toBe(0);
    expect(user.availableTokens()).toBe(0);
    for (const use of [
      () => limiter.tryAcquire(),
      () => limiter.check(),
      () => limiter.peek(),
      () => limiter.estimateWaitMs(),
      () => {
        limiter.refund(1);
      },
      () => limiter.statistics(),
      () => {
        limiter.reset();
      },
    ]) {
      expect(use).toThrow(DisposedError);
    }
    await expect(limiter.acquire()).rejects.toThrow(DisposedError);
  });

  test('H3 reset and dispose reach limits that are its own', async () => {
    const { clock, user, all } = make();
    const limiter = new CompositeLimiter({ limits: { user, all }, clock, ownsLimits: true });
    limiter.tryAcquire(2);
    const waiting = limiter.acquire(2);
    limiter.reset();
    await expect(waiting).resolves.toBe(true);
    expect(all.availableTokens()).toBe(3);
    expect(limiter.statistics()).toMatchObject({ allowedRequests: 1, blockedRequests: 0 });
    limiter[Symbol.dispose]();
    expect(() => user.availableTokens()).toThrow(DisposedError);
  });

  test('H3 has the rate of the slowest, and none to set', () => {
    const { limiter } = make();
    expect(limiter.rate).toBe(1);
    expect(() => limiter.setRate()).toThrow(
      expect.objectContaining({ code: 'ERR_PACEGATE_NOT_SUPPORTED' }) as Error,
    );
  });

  test.each([
    [undefined, 'options'],
    [{}, 'limits'],
    [{ limits: {} }, 'limits'],
    [{ limits: [] }, 'limits'],
    [{ limits: { a: {} } }, 'limits.a'],
    [{ limits: { a: null } }, 'limits.a'],
    [{ limits: { a: new Lost() }, clock: 1 }, 'clock'],
    [{ limits: { a: new Lost() }, ownsLimits: 1 }, 'ownsLimits'],
    [{ limit: {} }, 'limit'],
  ])('H3 options %# are refused', (options, part) => {
    const refused = expect.objectContaining({
      code: 'ERR_PACEGATE_INVALID_ARGUMENT',
      message: expect.stringContaining(part) as string,
    }) as Error;
    expect(() => Reflect.construct(CompositeLimiter, [options]) as unknown).toThrow(refused);
  });

  test.each([
    [-1, 'cost'],
    [NaN, 'cost'],
    ['1', 'cost'],
    [null, 'cost'],
    [{ nobody: 1 }, 'nobody'],
    [{ user: -1 }, 'cost.user'],
    [{ user: undefined }, 'cost.user'],
  ])('H3 the cost %o is refused, and nothing is charged', async (cost, part) => {
    const { limiter, user, all } = make();
    const wrong = cost as number;
    for (const use of [
      () => limiter.tryAcquire(wrong),
      () => limiter.check(wrong),
      () => limiter.peek(wrong),
      () => limiter.estimateWaitMs(wrong),
    ]) {
      expect(use).toThrow(part);
    }
    expect(() => {
      limiter.refund(wrong);
    }).toThrow(part.replace('cost', 'units'));
    await expect(limiter.acquire(wrong)).rejects.toThrow(part);
    await expect(limiter.acquire(1, { priority: NaN })).rejects.toThrow('priority');
    expect([user.availableTokens(), all.availableTokens()]).toEqual([2, 5]);
  });
});
