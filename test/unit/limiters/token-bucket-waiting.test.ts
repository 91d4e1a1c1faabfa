import { describe, expect, test } from 'vitest';
import { type Clock, TokenBucket } from '../../../lib/index.js';
import { ManualClock } from '../../../lib/testing/index.js';

/** Notes when (ms of the clock) and how each promise settles. */
class Journal {
  readonly entries: string[] = [];

  constructor(readonly clock: ManualClock) {}

  note(name: string, promise: Promise<boolean>): void {
    promise.then(
      (allowed) => this.entries.push(`${name} ${String(allowed)} ${this.#at()}`),
      (error: unknown) => this.entries.push(`${name} ${(error as Error).message} ${this.#at()}`),
    );
  }

  #at(): string {
    return `@${String(Number(this.clock.nowNs()) / 1e6)}`;
  }
}

function start(options: { rate: number; burst: number; initialTokens?: number }) {
  const clock = new ManualClock();
  const bucket = new TokenBucket({ ...options, clock });
  return { clock, bucket, journal: new Journal(clock) };
}

describe('waiting', () => {
  test('H1 acquire waits exactly until the tokens are there', async () => {
    const { clock, bucket, journal } = start({ rate: 10, burst: 2 });
    for (const name of ['a', 'b', 'c', 'd']) journal.note(name, bucket.acquire());
    journal.note('e', bucket.acquire(2));
    await clock.advance(1_000);
    expect(journal.entries).toEqual([
      'a true @0',
      'b true @0',
      'c true @100',
      'd true @200',
      'e true @400',
    ]);
  });

  test('H1 a wait that would exceed its time-out is refused at once, and costs nothing', async () => {
    const { clock, bucket, journal } = start({ rate: 10, burst: 1, initialTokens: 0 });
    journal.note('a', bucket.acquire(1, { timeoutMs: 99.999 }));
    journal.note('b', bucket.acquire(1, { timeoutMs: 100 }));
    journal.note('c', bucket.acquire(1, { timeoutMs: 0 }));
    await clock.advance(0);
    expect(journal.entries).toEqual(['a false @0', 'c false @0']);
    await clock.advance(100);
    expect(journal.entries).toEqual(['a false @0', 'c false @0', 'b true @100']);
    expect(bucket.statistics()).toMatchObject({ timedOutRequests: 2, allowedRequests: 1 });
  });

  test('first come, first served: a small request does not overtake a large one', async () => {
    const { clock, bucket, journal } = start({ rate: 1, burst: 5, initialTokens: 0 });
    journal.note('large', bucket.acquire(5));
    journal.note('small', bucket.acquire(1));
    await clock.advance(4_000);
    expect(bucket.tryAcquire()).toBe(false);
    expect(bucket.availableTokens()).toBe(0);
    await clock.advance(10_000);
    expect(journal.entries).toEqual(['large true @5000', 'small true @6000']);
  });

  test('a cost above the burst is refused at once, whatever the time-out', async () => {
    const { clock, bucket, journal } = start({ rate: 1, burst: 5 });
    journal.note('a', bucket.acquire(6, { timeoutMs: Infinity }));
    await clock.advance(0);
    expect(journal.entries).toEqual(['a false @0']);
    expect(bucket.statistics()).toMatchObject({ blockedRequests: 1, timedOutRequests: 0 });
  });

  test('an hour, a month: any wait ends when it should', async () => {
    const { clock, bucket, journal } = start({
      rate: 1 / (40 * 86_400),
      burst: 1,
      initialTokens: 0,
    });
    journal.note('a', bucket.acquire());
    await clock.advance(40 * 86_400_000 - 1);
    expect(journal.entries).toEqual([]);
    await clock.advance(1);
    expect(journal.entries).toEqual(['a true @3456000000']);
  });

  test('disposing of the bucket answers all who wait with false', async () => {
    const { clock, bucket, journal } = start({ rate: 1, burst: 1, initialTokens: 0 });
    const controller = new AbortController();
    journal.note('a', bucket.acquire());
    journal.note('b', bucket.acquire(1, { signal: controller.signal }));
    bucket[Symbol.dispose]();
    await clock.advance(0);
    expect(journal.entries).toEqual(['a false @0', 'b false @0']);
    expect(clock.sleeping).toBe(0);
    controller.abort();
    await clock.advance(10_000);
    expect(journal.entries).toHaveLength(2);
  });
});

describe('aborting', () => {
  test('an aborted wait rejects with the reason, gives its tokens back, and those behind move up', async () => {
    const { clock, bucket, journal } = start({ rate: 1, burst: 3, initialTokens: 0 });
    const controller = new AbortController();
    journal.note('a', bucket.acquire(3, { signal: controller.signal }));
    journal.note('b', bucket.acquire(1));
    journal.note('c', bucket.acquire(1));
    await clock.advance(500);
    controller.abort(new Error('no longer'));
    await clock.advance(0);
    expect(journal.entries).toEqual(['a no longer @500']);
    await clock.advance(10_000);
    expect(journal.entries).toEqual(['a no longer @500', 'b true @1000', 'c true @2000']);
    expect(clock.sleeping).toBe(0);
  });

  test('nobody slips in between an abort and those who move up', async () => {
    const { clock, bucket, journal } = start({ rate: 1, burst: 3, initialTokens: 0 });
    const controller = new AbortController();
    journal.note('a', bucket.acquire(3, { signal: controller.signal }));
    journal.note('b', bucket.acquire(1));
    await clock.advance(1_500);
    controller.abort(new Error('no longer'));
    expect(bucket.tryAcquire()).toBe(false);
    await clock.advance(0);
    expect(journal.entries).toEqual(['a no longer @1500', 'b true @1500']);
    expect(bucket.availableTokens()).toBeCloseTo(0.5, 9);
  });

  test('a signal that is aborted already refuses before anything is spent', async () => {
    const { bucket } = start({ rate: 1, burst: 3 });
    const reason = new Error('too late');
    await expect(bucket.acquire(1, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(bucket.availableTokens()).toBe(3);
    expect(bucket.statistics().totalRequests).toBe(0);
  });

  test('a signal aborted after the grant changes nothing', async () => {
    const { clock, bucket, journal } = start({ rate: 1, burst: 1, initialTokens: 0 });
    const controller = new AbortController();
    journal.note('a', bucket.acquire(1, { signal: controller.signal }));
    await clock.advance(1_000);
    controller.abort();
    expect(bucket.availableTokens()).toBe(0);
    expect(journal.entries).toEqual(['a true @1000']);
  });

  test('one signal ends a thousand waits, without a warning', async () => {
    const warnings: Error[] = [];
    const onWarning = (warning: Error): void => void warnings.push(warning);
    process.on('warning', onWarning);
    const { clock, bucket } = start({ rate: 1, burst: 1, initialTokens: 0 });
    const controller = new AbortController();
    const waits = Array.from({ length: 1_000 }, () =>
      bucket.acquire(1, { signal: controller.signal }),
    );
    const ends = Promise.allSettled(waits);
    controller.abort();
    const settled = await ends;
    expect(settled.every((end) => end.status === 'rejected')).toBe(true);
    await clock.advance(1_000);
    expect(bucket.availableTokens()).toBe(1);
    expect(clock.sleeping).toBe(0);
    process.off('warning', onWarning);
    expect(warnings).toEqual([]);
  });
});

describe('the limit changes under those who wait', () => {
  test('a higher rate serves them sooner, a lower one later', async () => {
    const { clock, bucket, journal } = start({ rate: 1, burst: 1, initialTokens: 0 });
    journal.note('a', bucket.acquire());
    journal.note('b', bucket.acquire());
    await clock.advance(500);
    bucket.setRate(10);
    await clock.advance(50);
    expect(journal.entries).toEqual(['a true @550']);
    bucket.setRate(0.5);
    await clock.advance(10_000);
    expect(journal.entries).toEqual(['a true @550', 'b true @2550']);
  });

  test('who would now wait too long is refused at once', async () => {
    const { clock, bucket, journal } = start({ rate: 10, burst: 1, initialTokens: 0 });
    journal.note('a', bucket.acquire(1, { timeoutMs: 150 }));
    journal.note('b', bucket.acquire(1));
    bucket.setRate(1);
    await clock.advance(0);
    expect(journal.entries).toEqual(['a false @0']);
    await clock.advance(1_000);
    expect(journal.entries).toEqual(['a false @0', 'b true @1000']);
  });

  test('who asks for more than the new burst is refused', async () => {
    const clock = new ManualClock();
    const bucket = new TokenBucket({ rate: 10, initialTokens: 0, clock });
    const journal = new Journal(clock);
    journal.note('a', bucket.acquire(15));
    journal.note('b', bucket.acquire(1));
    bucket.setRate(1);
    await clock.advance(1_000);
    expect(journal.entries).toEqual(['a false @0', 'b true @1000']);
  });

  test('refunded tokens serve them sooner', async () => {
    const { clock, bucket, journal } = start({ rate: 1, burst: 2 });
    bucket.tryAcquire(2);
    journal.note('a', bucket.acquire());
    journal.note('b', bucket.acquire());
    bucket.refund(1);
    await clock.advance(0);
    expect(journal.entries).toEqual(['a true @0']);
    await clock.advance(1_000);
    expect(journal.entries).toEqual(['a true @0', 'b true @1000']);
  });

  test('reset serves them first, in order', async () => {
    const { clock, bucket, journal } = start({ rate: 1, burst: 2, initialTokens: 0 });
    for (const name of ['a', 'b', 'c']) journal.note(name, bucket.acquire());
    bucket.reset();
    expect(bucket.tryAcquire()).toBe(false);
    await clock.advance(1_000);
    expect(journal.entries).toEqual(['a true @0', 'b true @0', 'c true @1000']);
  });
});

describe('clocks of the caller', () => {
  test('one that wakes early is asked again', async () => {
    const inner = new ManualClock();
    const clock: Clock = {
      nowNs: () => inner.nowNs(),
      sleep: (ms, signal) => inner.sleep(Math.max(ms / 2, 0.001), signal),
    };
    const bucket = new TokenBucket({ rate: 1, burst: 1, initialTokens: 0, clock });
    let grantedNs: bigint | undefined;
    void bucket.acquire().then(() => (grantedNs = inner.nowNs()));
    await inner.advance(999.999);
    expect(grantedNs).toBeUndefined();
    await inner.advance(1);
    expect(grantedNs).toBeGreaterThanOrEqual(1_000_000_000n);
  });

  test('one that fails fails the wait, and the tokens go back', async () => {
    const fault = new Error('out of order');
    const clock: Clock = { nowNs: () => 0n, sleep: () => Promise.reject(fault) };
    const bucket = new TokenBucket({ rate: 1, burst: 1, clock });
    bucket.tryAcquire();
    await expect(bucket.acquire()).rejects.toBe(fault);
    expect(bucket.estimateWaitMs()).toBe(1_000);
  });

  test('after a stall the overdue do not go all at once', async () => {
    // A clock whose sleepers all wake late, as timers do after a blocked event loop.
    let nowNs = 0n;
    const wakers: (() => void)[] = [];
    const clock: Clock = {
      nowNs: () => nowNs,
      sleep: () => new Promise((resolve) => wakers.push(resolve)),
    };
    const bucket = new TokenBucket({ rate: 10, burst: 2, clock });
    const granted: bigint[] = [];
    for (let i = 0; i < 10; i++) void bucket.acquire().then(() => granted.push(nowNs));
    await new Promise((resolve) => setImmediate(resolve));
    const stall = 5_000_000_000n;
    for (nowNs = stall; granted.length < 10; nowNs += 1_000_000n) {
      for (const wake of wakers.splice(0)) wake();
      await new Promise((resolve) => setImmediate(resolve));
    }
    const afterStall = granted.filter((at) => at >= stall);
    expect(afterStall).toHaveLength(8);
    expect(afterStall.filter((at) => at < stall + 50_000_000n)).toHaveLength(2);
    expect(afterStall.at(-1)).toBeGreaterThanOrEqual(stall + 580_000_000n);
  });
});
