import { describe, expect, test } from 'vitest';
import { DisposedError, HostgroupLimiter, type TargetPermit } from '../../../lib/index.js';
import { ManualClock } from '../../../lib/testing/index.js';

const TIMED_OUT = { code: 'ERR_PACEGATE_TIMED_OUT' };

/** Takes a permit that must be there. */
function take(limiter: HostgroupLimiter, target?: string): TargetPermit {
  const permit = limiter.tryAcquireTarget(target);
  if (permit === undefined) throw new Error('no permit');
  return permit;
}

/** Joins the line and writes down when it is served. */
function join(
  limiter: HostgroupLimiter,
  served: string[],
  target: string,
  options?: { priority?: number; timeoutMs?: number; signal?: AbortSignal },
): void {
  limiter.acquireTarget(target, options).then(
    () => served.push(target),
    (reason: unknown) => served.push(`${target}: ${(reason as { code: string }).code}`),
  );
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('permits', () => {
  test('P6 64 targets at once by default, and at least 1', () => {
    const limiter = new HostgroupLimiter();
    const permits = Array.from({ length: 64 }, (_, i) => take(limiter, `10.0.0.${i}`));
    expect(limiter.tryAcquireTarget('10.0.0.64')).toBeUndefined();
    expect([limiter.max, limiter.min, limiter.active, limiter.waiting]).toEqual([64, 1, 64, 0]);
    permits[5]?.release();
    expect(take(limiter, '10.0.0.64').target).toBe('10.0.0.64');
    expect(limiter.statistics()).toMatchObject({
      granted: 65,
      released: 1,
      refused: 1,
      peakActive: 64,
    });
  });

  test('P6 a permit is released exactly once, however often and by whatever means', async () => {
    const limiter = new HostgroupLimiter({ max: 2 });
    const permit = take(limiter);
    expect('target' in permit).toBe(false);
    const other = take(limiter);
    permit.release();
    permit.release();
    permit[Symbol.dispose]();
    expect(limiter.active).toBe(1);
    {
      using third = await limiter.acquireTarget('c');
      expect(third.target).toBe('c');
      expect(limiter.active).toBe(2);
      third.release();
      expect(limiter.active).toBe(1);
    }
    expect(limiter.active).toBe(1);
    other[Symbol.dispose]();
    expect(limiter.active).toBe(0);
    expect(limiter.statistics()).toMatchObject({ granted: 3, released: 3, dropped: 0 });
  });

  test('P6 a block that throws releases its permit', async () => {
    const limiter = new HostgroupLimiter({ max: 1 });
    const work = async (): Promise<void> => {
      using permit = await limiter.acquireTarget('a');
      throw new Error(`on ${permit.target ?? ''}`);
    };
    await expect(work()).rejects.toThrow('on a');
    expect(limiter.active).toBe(0);
  });

  test('P6 the same target twice takes two places', async () => {
    const limiter = new HostgroupLimiter({ max: 2 });
    take(limiter, 'a');
    take(limiter, 'a');
    expect(limiter.active).toBe(2);
    await expect(limiter.acquireTarget('a', { timeoutMs: 0 })).rejects.toMatchObject(TIMED_OUT);
  });
});

describe('waiting', () => {
  test('P6 first come, first served; higher priorities first', async () => {
    const limiter = new HostgroupLimiter({ max: 1, clock: new ManualClock() });
    const served: string[] = [];
    const permit = take(limiter);
    join(limiter, served, 'a');
    join(limiter, served, 'b', { priority: 1 });
    join(limiter, served, 'c');
    join(limiter, served, 'd', { priority: -0.5 });
    join(limiter, served, 'e', { priority: 1 });
    expect(limiter.waiting).toBe(5);
    await turn();
    permit.release();
    limiter.setMax(5);
    await turn();
    expect(served).toEqual(['b', 'e', 'a', 'c', 'd']);
    expect([limiter.active, limiter.waiting]).toEqual([5, 0]);
  });

  test('P6 nobody overtakes who waits, not even by tryAcquireTarget', async () => {
    const limiter = new HostgroupLimiter({ max: 1 });
    const permit = take(limiter);
    const waiting = limiter.acquireTarget('a');
    permit.release();
    expect(limiter.tryAcquireTarget('b')).toBeUndefined();
    expect((await waiting).target).toBe('a');
  });

  test('P6 a wait ends with its time, and the place goes to the next', async () => {
    const clock = new ManualClock();
    const limiter = new HostgroupLimiter({ max: 1, clock });
    const served: string[] = [];
    const permit = take(limiter);
    join(limiter, served, 'a', { timeoutMs: 100 });
    join(limiter, served, 'b', { timeoutMs: 2 ** 33 });
    await clock.advance(99);
    expect(served).toEqual([]);
    await clock.advance(1);
    expect(served).toEqual(['a: ERR_PACEGATE_TIMED_OUT']);
    await clock.advance(2 ** 32);
    permit.release();
    await turn();
    expect(served).toEqual(['a: ERR_PACEGATE_TIMED_OUT', 'b']);
    expect(clock.sleeping).toBe(0);
    await expect(limiter.acquireTarget('c', { timeoutMs: 0 })).rejects.toThrow(
      'no permit for "c" within 0 ms',
    );
    expect(limiter.statistics()).toMatchObject({ timedOut: 2, granted: 2 });
  });

  test('P6 a wait ends with its signal', async () => {
    const limiter = new HostgroupLimiter({ max: 1 });
    const permit = take(limiter);
    const controller = new AbortController();
    const reason = new Error('enough');
    const waiting = limiter.acquireTarget('a', { signal: controller.signal, timeoutMs: 60_000 });
    const next = limiter.acquireTarget('b');
    controller.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    await expect(limiter.acquireTarget('c', { signal: controller.signal })).rejects.toBe(reason);
    permit.release();
    const held = await next;
    controller.abort();
    expect(limiter.active).toBe(1);
    held.release();
    expect(limiter.statistics()).toMatchObject({ aborted: 1, granted: 2 });
  });

  test('P6 an abort after the permit was given changes nothing', async () => {
    const limiter = new HostgroupLimiter({ max: 1 });
    const controller = new AbortController();
    const permit = take(limiter);
    const waiting = limiter.acquireTarget('a', { signal: controller.signal });
    permit.release();
    controller.abort();
    expect((await waiting).target).toBe('a');
    expect([limiter.active, limiter.statistics().aborted]).toEqual([1, 0]);
  });

  test('P6 waits are measured on the clock given', async () => {
    const clock = new ManualClock();
    const limiter = new HostgroupLimiter({ max: 1, clock });
    const first = await limiter.acquireTarget();
    const waiting = limiter.acquireTarget();
    await clock.advance(3_000);
    first.release();
    await waiting;
    const { averageWaitMs, waitMs } = limiter.statistics();
    expect([averageWaitMs, waitMs.p50, waitMs.max]).toEqual([1_500, 0, 3_000]);
  });
});

describe('setMax', () => {
  test('P6 up: those who wait are served; down: permits stay valid, and none are given until enough are back', async () => {
    const limiter = new HostgroupLimiter({ max: 1 });
    const served: string[] = [];
    const permits = [take(limiter)];
    for (const target of ['a', 'b', 'c']) join(limiter, served, target);
    limiter.setMax(3);
    await turn();
    expect(served).toEqual(['a', 'b']);
    limiter.setMax(1);
    expect([limiter.active, limiter.max]).toEqual([3, 1]);
    permits[0]?.release();
    await turn();
    expect([limiter.active, limiter.waiting]).toEqual([2, 1]);
    expect(limiter.tryAcquireTarget()).toBeUndefined();
  });
});

describe('belowMinimum', () => {
  test('P6 is told once when fewer than min are left, and again after min were active', async () => {
    const limiter = new HostgroupLimiter({ max: 4, min: 2 });
    const told: number[][] = [];
    limiter.on('belowMinimum', (active, min) => told.push([active, min]));
    const [a, b, c] = [take(limiter), take(limiter), take(limiter)];
    a.release();
    expect(told).toEqual([]);
    b.release();
    expect(told).toEqual([[1, 2]]);
    c.release();
    expect(told).toEqual([[1, 2]]);
    const [d, e] = [take(limiter), await limiter.acquireTarget()];
    d.release();
    expect(told).toEqual([
      [1, 2],
      [1, 2],
    ]);
    e.release();
  });

  test('P6 is not told while the first targets are taken, nor while somebody takes the place', async () => {
    const limiter = new HostgroupLimiter({ max: 2, min: 2 });
    const told: number[] = [];
    limiter.on('belowMinimum', (active) => told.push(active));
    const a = take(limiter);
    take(limiter);
    const waiting = limiter.acquireTarget();
    a.release();
    expect(told).toEqual([]);
    (await waiting).release();
    expect(told).toEqual([1]);
  });

  test('P6 is told where min was never reached, once a target is finished', () => {
    const limiter = new HostgroupLimiter({ max: 8, min: 8 });
    const told: number[] = [];
    limiter.on('belowMinimum', (active) => told.push(active));
    const permits = [take(limiter), take(limiter), take(limiter)];
    for (const permit of permits) permit.release();
    expect(told).toEqual([2]);
  });

  test('P6 a listener may take the place', () => {
    const limiter = new HostgroupLimiter({ max: 1 });
    let again: TargetPermit | undefined;
    limiter.on('belowMinimum', () => (again = limiter.tryAcquireTarget('more')));
    take(limiter).release();
    expect(again?.target).toBe('more');
    expect(limiter.active).toBe(1);
  });
});

describe('HostgroupLimiter refuses', () => {
  test.each([
    [{ max: 0 }, 'max'],
    [{ max: 1.5 }, 'max'],
    [{ max: Infinity }, 'max'],
    [{ max: '4' }, 'max'],
    [{ min: -1 }, 'min'],
    [{ max: 4, min: 5 }, 'min must be at most max (4)'],
    [{ clock: {} }, 'clock'],
    [{ maximum: 1 }, 'maximum'],
    [7, 'options'],
  ])('P6 options %o', (options, part) => {
    const refused = expect.objectContaining({
      code: expect.stringMatching(/OUT_OF_RANGE|INVALID_ARGUMENT/) as string,
      message: expect.stringContaining(part) as string,
    }) as Error;
    expect(() => Reflect.construct(HostgroupLimiter, [options]) as unknown).toThrow(refused);
  });

  test('P6 wrong arguments, and changes nothing', async () => {
    const limiter = new HostgroupLimiter({ max: 2, min: 2 });
    const wrong = { code: 'ERR_PACEGATE_INVALID_ARGUMENT' };
    await expect(limiter.acquireTarget(5 as never)).rejects.toMatchObject(wrong);
    await expect(limiter.acquireTarget('a', { timeout: 5 } as never)).rejects.toMatchObject(wrong);
    await expect(limiter.acquireTarget('a', { priority: NaN })).rejects.toThrow('options.priority');
    await expect(limiter.acquireTarget('a', { timeoutMs: -1 })).rejects.toThrow('timeoutMs');
    expect(() => limiter.tryAcquireTarget(null as never)).toThrow(/target/);
    for (const max of [0, 1, 2.5, NaN]) {
      expect(() => {
        limiter.setMax(max);
      }).toThrow(/max/);
    }
    expect(() => limiter.on('below' as never, () => 1)).toThrow(/belowMinimum/);
    expect([limiter.max, limiter.active, limiter.waiting]).toEqual([2, 0, 0]);
  });

  test('P6 everybody after dispose; permits may still be released', async () => {
    const clock = new ManualClock();
    const limiter = new HostgroupLimiter({ max: 1, clock });
    const permit = take(limiter);
    const waiting = limiter.acquireTarget('a', { timeoutMs: 5 });
    limiter[Symbol.dispose]();
    limiter[Symbol.dispose]();
    await expect(waiting).rejects.toThrow(DisposedError);
    await clock.advance(0);
    expect(clock.sleeping).toBe(0);
    permit.release();
    expect([limiter.active, limiter.waiting]).toEqual([0, 0]);
    await expect(limiter.acquireTarget()).rejects.toThrow(DisposedError);
    expect(() => limiter.tryAcquireTarget()).toThrow(DisposedError);
    expect(() => {
      limiter.setMax(2);
    }).toThrow(DisposedError);
    expect(() => limiter.statistics()).toThrow(DisposedError);
  });
});
