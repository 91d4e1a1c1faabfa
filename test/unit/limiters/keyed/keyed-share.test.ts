import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { KeyedLimiter, type Share } from '../../../../lib/index.js';
import { SteppedClock } from '../stepped-clock.js';

const folder = mkdtempSync(path.join(tmpdir(), 'pacegate-keyed-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const options = { rate: 10, burst: 5, maxKeys: 1_000, clock: new SteppedClock(7_000_000_000n) };

const newBuffer = (): Share => ({
  buffer: new SharedArrayBuffer(KeyedLimiter.sharedBytes(options)),
});
const newFile = (): Share => ({ file: path.join(folder, crypto.randomUUID()) });

describe.each([
  ['a buffer', newBuffer],
  ['a file', newFile],
])('a KeyedLimiter in %s', (_, place) => {
  test('H1 all who share it are one limiter', () => {
    const share = place();
    using one = new KeyedLimiter({ ...options, share });
    using two = new KeyedLimiter({ ...options, share });
    expect(one.tryAcquire('a', 3)).toBe(true);
    expect(two.check('a', 3)).toMatchObject({ allowed: false, remaining: 2, retryAfterMs: 100 });
    expect(two.tryAcquireMany(Uint32Array.of(1, 1, 1), new Uint8Array(3))).toBe(3);
    expect(one.peek('0.0.0.1').remaining).toBe(2);
    two.block('b', 1_000);
    expect(one.tryAcquire('b')).toBe(false);
    expect(one.delete('b')).toBe(true);
    expect(two.tryAcquire('b')).toBe(true);
    expect([one.size, two.size]).toEqual([3, 3]);
    expect([one, two].map((limiter) => limiter.statistics().totalRequests)).toEqual([2, 5]);
    one.reset();
    expect(two.size).toBe(0);
  });

  test('H1 another rate holds for all', () => {
    const share = place();
    using one = new KeyedLimiter({ ...options, burst: undefined, share });
    using two = new KeyedLimiter({ ...options, burst: undefined, share });
    one.tryAcquire('a', 15);
    two.setRate(3);
    expect([one.rate, one.burst]).toEqual([3, 6]);
    expect(one.check('b')).toMatchObject({ limit: 6, remaining: 5 });
    expect(one.peek('a').remaining).toBe(0);
    // Who comes later says what it was made with.
    using three = new KeyedLimiter({ ...options, burst: undefined, share });
    expect(three.rate).toBe(3);
  });

  test('H1 maxKeys holds, and who finds no room shares one bucket', () => {
    const share = place();
    using one = new KeyedLimiter({ ...options, share });
    using two = new KeyedLimiter({ ...options, share });
    const keys = Uint32Array.from({ length: 3_000 }, (_, i) => i);
    const allowed = new Uint8Array(keys.length);
    expect(one.tryAcquireMany(keys.subarray(0, 900), allowed)).toBe(900);
    expect(two.tryAcquireMany(keys.subarray(900), allowed)).toBe(100 + 5);
    expect(one.tryAcquire(5_000)).toBe(false);
    expect(two.size).toBe(1_000);
    expect(one.bytes).toBe(two.bytes);
  });

  test('who joins with other options is told which', () => {
    const share = place();
    using limiter = new KeyedLimiter({ ...options, share });
    limiter.tryAcquire('a');
    for (const [name, value] of [
      ['rate', 11],
      ['burst', 6],
      ['idleMs', 5],
      ['ipv6Prefix', 56],
    ] as const) {
      const refused = expect.objectContaining({
        code: 'ERR_PACEGATE_SHARED_STATE',
        message: expect.stringContaining(name) as string,
      }) as Error;
      expect(() => new KeyedLimiter({ ...options, share, [name]: value })).toThrow(refused);
    }
    expect(limiter.size).toBe(1);
  });
});

describe('limiter.share', () => {
  test('H1 moves what is there, and can be joined', () => {
    using limiter = new KeyedLimiter({ ...options, maxKeys: 50_000 });
    const keys = Uint32Array.from({ length: 40_000 }, (_, i) => i);
    const allowed = new Uint8Array(keys.length);
    limiter.tryAcquireMany(keys, allowed, 3);
    limiter.block('b', 60_000);
    limiter.penalize('c', 50);
    const { share } = limiter;
    expect(limiter.share).toBe(share);
    using other = new KeyedLimiter({ ...options, maxKeys: 50_000, share: structuredClone(share) });
    for (const each of [limiter, other]) {
      expect(each.size).toBe(40_002);
      expect(each.tryAcquireMany(keys, allowed, 3)).toBe(0);
      expect(each.tryAcquireMany(keys, allowed)).toBe(40_000);
      expect(each.check('b').retryAfterMs).toBe(60_000);
      expect(each.check('c').retryAfterMs).toBe(4_600);
    }
  });

  test('H1 the rate of a moved one is what it was set to, not what it was made with', () => {
    using limiter = new KeyedLimiter(options);
    limiter.setRate(20);
    limiter.tryAcquire('a', 5);
    using other = new KeyedLimiter({ ...options, share: limiter.share });
    expect([other.rate, other.peek('a').retryAfterMs]).toEqual([20, 50]);
  });

  test('H1 what it has counted goes on when it moves, and begins anew with reset()', () => {
    using limiter = new KeyedLimiter({ ...options, maxKeys: 2 });
    for (let key = 0; key < 7; key++) limiter.tryAcquire(key);
    expect(limiter.statistics().overflowRequests).toBe(5);
    expect(limiter.share).toBeDefined();
    expect(limiter.statistics().overflowRequests).toBe(5);
    limiter.tryAcquire(8);
    expect(limiter.statistics().overflowRequests).toBe(6);
    limiter.reset();
    expect(limiter.statistics().overflowRequests).toBe(0);
  });

  test('H1 the overflow count is never negative where reset() came before the move', () => {
    using limiter = new KeyedLimiter({ ...options, maxKeys: 2 });
    for (let key = 0; key < 7; key++) limiter.tryAcquire(key);
    limiter.reset();
    expect(limiter.share).toBeDefined();
    expect(limiter.statistics().overflowRequests).toBe(0);
  });

  test('sharedBytes: about 23 bytes a key', () => {
    expect(KeyedLimiter.sharedBytes() / 1e6).toBeLessThan(25);
    expect(KeyedLimiter.sharedBytes({ maxKeys: 1 })).toBeLessThan(1_000);
    expect(() => KeyedLimiter.sharedBytes({ maxKeys: 0 })).toThrow(RangeError);
    expect(() => KeyedLimiter.sharedBytes({ keys: 0 } as object)).toThrow(TypeError);
  });
});
