import { describe, expect, test } from 'vitest';
import { TokenBucket, type TokenBucketOptions } from '../../../lib/index.js';
import { ManualClock } from '../../../lib/testing/index.js';

const FIT = 'ERR_PACEGATE_SHARED_STATE';

/** Two on one bucket and one clock. */
function pair(options: TokenBucketOptions) {
  const clock = new ManualClock();
  const first = new TokenBucket({ ...options, clock });
  const second = new TokenBucket({ ...options, clock, share: structuredClone(first.share) });
  return { clock, first, second };
}

function settled(promise: Promise<boolean>): { value: boolean | undefined } {
  const seen: { value: boolean | undefined } = { value: undefined };
  void promise.then((value) => (seen.value = value));
  return seen;
}

describe('a shared bucket', () => {
  test('H1 is one limit, however many hold it', async () => {
    const { clock, first, second } = pair({ rate: 10, burst: 5 });
    expect(first.tryAcquire(3)).toBe(true);
    expect(second.availableTokens()).toBe(2);
    expect(second.tryAcquire(3)).toBe(false);
    expect(second.tryAcquireUpTo(9)).toBe(2);
    expect(first.check()).toMatchObject({ allowed: false, limit: 5, retryAfterMs: 100 });
    await clock.advance(100);
    expect([first.tryAcquire(), second.tryAcquire()]).toEqual([true, false]);
    second.refund(1);
    expect(first.tryAcquire()).toBe(true);
  });

  test('H1 is joined at any time, also by what `share` names', () => {
    const { first, second } = pair({ rate: 1, burst: 10 });
    const third = new TokenBucket({ rate: 1, burst: 10, share: second.share });
    expect(second.share).toEqual(first.share);
    expect(third.share).toEqual(first.share);
    expect(first.share).toBe(first.share);
    expect('buffer' in first.share && first.share.buffer).toBeInstanceOf(SharedArrayBuffer);
  });

  test('H1 who gives up frees no place that others have been promised behind it', async () => {
    const { clock, first, second } = pair({ rate: 10, burst: 1 });
    first.tryAcquire();
    const abort = new AbortController();
    const given = first.acquire(1, { signal: abort.signal }); // 100 ms
    const other = settled(second.acquire()); // 200 ms
    const mine = settled(first.acquire()); // 300 ms
    abort.abort(new Error('enough'));
    await expect(given).rejects.toThrow('enough');
    first.refund(1);
    const late = settled(first.acquire()); // 400 ms
    const grants: number[] = [];
    for (let ms = 100; ms <= 500; ms += 100) {
      await clock.advance(100);
      grants.push([other, mine, late].filter(({ value }) => value === true).length);
    }
    expect(grants).toEqual([0, 1, 2, 3, 3]);
  });

  test('H1 who gives up while nobody else waits gives its tokens back', async () => {
    const { clock, first, second } = pair({ rate: 10, burst: 1 });
    first.tryAcquire();
    const abort = new AbortController();
    const given = first.acquire(1, { signal: abort.signal });
    const behind = settled(first.acquire());
    await clock.advance(50);
    abort.abort(new Error('enough'));
    await expect(given).rejects.toThrow('enough');
    expect(second.peek().retryAfterMs).toBe(150);
    await clock.advance(50);
    expect(behind.value).toBe(true);
  });

  test('H1 lives in a buffer of the caller, made by the first who comes', () => {
    const clock = new ManualClock();
    const share = { buffer: new SharedArrayBuffer(1_024) };
    const options = { rate: 1, burst: 10, clock, share };
    const first = new TokenBucket({ ...options, initialTokens: 4 });
    const second = new TokenBucket(options);
    expect(second.availableTokens()).toBe(4);
    expect(Object.values<unknown>(first.share)[0]).toBe(share.buffer);
  });

  test('H1 moves with all it owes, those who wait included', async () => {
    const clock = new ManualClock();
    const first = new TokenBucket({ rate: 10, burst: 5, clock, lease: true });
    for (let i = 0; i < 5; i++) first.tryAcquire();
    const wait = settled(first.acquire(2));
    const second = new TokenBucket({ rate: 10, burst: 5, clock, share: first.share });
    expect(second.peek().retryAfterMs).toBe(300);
    await clock.advance(199);
    expect(wait.value).toBeUndefined();
    await clock.advance(1);
    expect(wait.value).toBe(true);
    expect(first.statistics()).toMatchObject({ allowedRequests: 6 });
    expect(second.statistics()).toMatchObject({ totalRequests: 0 });
  });

  test('H1 outlives each of its holders', () => {
    const { first, second } = pair({ rate: 1, burst: 10 });
    first.tryAcquire(4);
    first[Symbol.dispose]();
    expect(second.availableTokens()).toBe(6);
    expect(() => first.share).toThrow(
      expect.objectContaining({ code: 'ERR_PACEGATE_DISPOSED' }) as Error,
    );
    expect(first.rate).toBe(1);
  });

  test('H1 is refused to who means another one, and nothing is changed', () => {
    const { first } = pair({ rate: 10, burst: 5 });
    const { share } = first;
    for (const [options, parts] of [
      [{ rate: 11, burst: 5 }, ['rate', '10', '11']],
      [{ rate: 10, burst: 6 }, ['burst', '5', '6']],
    ] as const) {
      for (const part of parts) {
        expect(() => new TokenBucket({ ...options, share })).toThrow(
          expect.objectContaining({
            code: FIT,
            message: expect.stringContaining(part) as string,
          }) as Error,
        );
      }
    }
    const buffer = new SharedArrayBuffer(1_024);
    new Uint8Array(buffer).fill(7);
    expect(() => new TokenBucket({ rate: 10, burst: 5, share: { buffer } })).toThrow(
      expect.objectContaining({ code: FIT }) as Error,
    );
    expect(first.availableTokens()).toBe(5);
  });

  test('H1 grants in every order what one bucket grants', async () => {
    const clock = new ManualClock();
    const options = { rate: 100, burst: 20, clock };
    const alone = new TokenBucket(options);
    const first = new TokenBucket(options);
    const all = [
      first,
      ...[1, 2, 3].map(() => new TokenBucket({ ...options, share: first.share })),
    ];
    for (let i = 0; i < 2_000; i++) {
      const one = all[(i * 7 + (i >> 3)) % 4] ?? first;
      expect(one.tryAcquire(1 + (i % 3))).toBe(alone.tryAcquire(1 + (i % 3)));
      if (i % 20 === 0) await clock.advance(37);
    }
    const allowed = all.map((one) => one.statistics().allowedRequests);
    const sum = allowed.reduce((total, count) => total + count, 0);
    expect(sum).toBe(alone.statistics().allowedRequests);
  });
});

describe('when one of those who share changes the limit', () => {
  test('H1 all see its rate and burst at once', () => {
    const { first, second } = pair({ rate: 10, burst: 'scaled' });
    first.setRate(3_000);
    expect([second.rate, second.burst]).toEqual([3_000, 30]);
    expect(second.check()).toMatchObject({ limit: 30 });
    second.setRate(7);
    expect([first.rate, first.burst]).toEqual([7, 1]);
    for (const rate of [1 / 3, 0.1, 1e-3, 14_880_952, 29_999_999]) {
      second.setRate(rate);
      expect(first.rate).toBeCloseTo(rate, 9);
    }
  });

  test('H1 the options it was made with go on naming it', () => {
    const { clock, first, second } = pair({ rate: 10, burst: 5 });
    second.setRate(20);
    const third = new TokenBucket({ rate: 10, burst: 5, clock, share: first.share });
    expect(third.rate).toBe(20);
  });

  test('H1 who waits elsewhere waits by the new rate: longer', async () => {
    const { clock, first, second } = pair({ rate: 10, burst: 1, initialTokens: 0 });
    const a = settled(first.acquire());
    const b = settled(first.acquire(1, { timeoutMs: 500 }));
    second.setRate(1);
    await clock.advance(100);
    expect([a.value, b.value]).toEqual([undefined, false]);
    await clock.advance(900);
    expect(a.value).toBe(true);
    expect(second.availableTokens()).toBe(0);
  });

  test('H1 who waits elsewhere waits by the new rate: shorter, from the next call on', async () => {
    const { clock, first, second } = pair({ rate: 1, burst: 1, initialTokens: 0 });
    const a = settled(first.acquire());
    const b = settled(first.acquire());
    second.setRate(10);
    first.availableTokens();
    await clock.advance(100);
    expect(a.value).toBe(true);
    await clock.advance(100);
    expect(b.value).toBe(true);
  });

  test('H1 a reset elsewhere serves who waits, in order, and makes nothing', async () => {
    const { clock, first, second } = pair({ rate: 1, burst: 2, initialTokens: 0 });
    const controller = new AbortController();
    const a = settled(first.acquire());
    const b = settled(first.acquire());
    const c = first.acquire(1, { signal: controller.signal });
    second.reset();
    expect(second.tryAcquire(2)).toBe(true);
    // Its reservation went with the reset: it has nothing to give back.
    controller.abort(new Error('no longer'));
    await expect(c).rejects.toThrow('no longer');
    expect(second.tryAcquire()).toBe(false);
    await clock.advance(1_000);
    expect([a.value, b.value]).toEqual([true, undefined]);
    expect(second.tryAcquire()).toBe(false);
    await clock.advance(1_000);
    expect(b.value).toBe(true);
  });

  test('H1 reservations of one hold back the others', async () => {
    const { clock, first, second } = pair({ rate: 1, burst: 5, initialTokens: 0 });
    const a = settled(first.acquire(5));
    await clock.advance(4_000);
    expect(second.tryAcquire()).toBe(false);
    const b = settled(second.acquire());
    await clock.advance(1_000);
    expect([a.value, b.value]).toEqual([true, undefined]);
    await clock.advance(1_000);
    expect(b.value).toBe(true);
  });
});
