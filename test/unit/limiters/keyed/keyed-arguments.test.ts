import { describe, expect, test } from 'vitest';
import { KeyedLimiter } from '../../../../lib/index.js';

const INVALID = 'ERR_PACEGATE_INVALID_ARGUMENT';
const SHARED = 'ERR_PACEGATE_SHARED_STATE';
const RANGE = 'ERR_PACEGATE_OUT_OF_RANGE';

const refused = (code: string, part: string): Error =>
  expect.objectContaining({ code, message: expect.stringContaining(part) as string }) as Error;

describe('options of KeyedLimiter', () => {
  test.each([
    [undefined, INVALID, 'options'],
    [{}, INVALID, 'rate'],
    [{ rate: 0 }, RANGE, 'rate'],
    [{ rate: NaN }, RANGE, 'rate'],
    [{ rate: '5' }, INVALID, 'rate'],
    [{ rate: 1, burst: 0.5 }, RANGE, 'burst'],
    [{ rate: 1, burst: 'scaled' }, INVALID, 'burst'],
    [{ rate: 1e-6, burst: 1e6 }, RANGE, 'rate and burst'],
    [{ rate: 1, maxKeys: 0 }, RANGE, 'maxKeys'],
    [{ rate: 1, maxKeys: 1.5 }, RANGE, 'maxKeys'],
    [{ rate: 1, maxKeys: 2 ** 33 }, RANGE, 'maxKeys'],
    [{ rate: 1, maxKeys: '5' }, INVALID, 'maxKeys'],
    [{ rate: 1, idleMs: -1 }, RANGE, 'idleMs'],
    [{ rate: 1, idleMs: Infinity }, RANGE, 'idleMs'],
    [{ rate: 1, addresses: 1 }, INVALID, 'addresses'],
    [{ rate: 1, ipv6Prefix: 0 }, RANGE, 'ipv6Prefix'],
    [{ rate: 1, ipv6Prefix: 129 }, RANGE, 'ipv6Prefix'],
    [{ rate: 1, ipv6Prefix: '64' }, INVALID, 'ipv6Prefix'],
    [{ rate: 1, ipv6Prefix: 64, addresses: false }, INVALID, 'ipv6Prefix'],
    [{ rate: 1, clock: 5 }, INVALID, 'clock'],
    [{ rate: 1, share: 5 }, INVALID, 'share'],
    [{ rate: 1, share: { buffer: new ArrayBuffer(8) } }, INVALID, 'share.buffer'],
    [{ rate: 1, share: { buffer: new SharedArrayBuffer(8) } }, SHARED, 'bytes'],
    [{ rate: 1, share: { file: '/no/such/folder/file' } }, 'ERR_PACEGATE_SYSTEM', '/no/such'],
    [{ rate: 1, maxkeys: 5 }, INVALID, 'maxkeys'],
  ])('%o is refused', (options, code, part) => {
    expect(() => Reflect.construct(KeyedLimiter, [options]) as unknown).toThrow(
      refused(code, part),
    );
  });

  test('what is at the end of its range is taken', () => {
    for (const options of [
      { rate: 256e9, burst: 1 },
      { rate: 1, maxKeys: 1, idleMs: 0 },
      { rate: 1, idleMs: 52 * 86_400_000, ipv6Prefix: 1 },
      { rate: 1, ipv6Prefix: 128, addresses: true },
    ]) {
      using limiter = new KeyedLimiter(options);
      expect(limiter.tryAcquire('a')).toBe(true);
    }
  });
});

describe('arguments', () => {
  const limiter = new KeyedLimiter({ rate: 1, burst: 5 });
  const call = (method: string, ...values: unknown[]): unknown =>
    (Reflect.get(limiter, method) as (...values: unknown[]) => unknown).apply(limiter, values);
  const keyed = ['tryAcquire', 'check', 'peek', 'penalize', 'reward', 'block', 'delete'];

  test.each([-1, 0.5, 2 ** 32, NaN, Infinity, -(2 ** 31)])('key %d is refused', (key) => {
    for (const method of keyed) {
      expect(() => call(method, key, 1), method).toThrow(refused(RANGE, 'key'));
    }
  });

  test.each([undefined, null, 5n, true, {}, [], Symbol('a'), new String('a')])(
    'key %o is refused',
    (key) => {
      for (const method of keyed) {
        expect(() => call(method, key, 1), method).toThrow(refused(INVALID, 'key'));
      }
    },
  );

  test.each([-1, NaN, Infinity, -Infinity])('cost %d is refused', (cost) => {
    for (const method of ['tryAcquire', 'check', 'peek']) {
      expect(() => call(method, 'a', cost), method).toThrow(refused(RANGE, 'cost'));
    }
    for (const method of ['penalize', 'reward']) {
      expect(() => call(method, 'a', cost), method).toThrow(refused(RANGE, 'tokens'));
    }
    const [keys, allowed] = [new Uint32Array(1), new Uint8Array(1)];
    expect(() => limiter.tryAcquireMany(keys, allowed, cost)).toThrow(refused(RANGE, 'cost'));
  });

  test.each([
    [-1, RANGE],
    [NaN, RANGE],
    [209 * 86_400_000, RANGE],
    ['5', INVALID],
    [undefined, INVALID],
  ])('a block of %o ms is refused', (ms, code) => {
    expect(() => call('block', 'a', ms)).toThrow(refused(code, 'ms'));
  });

  test('batches of other arrays are refused', () => {
    const keys = new Uint32Array(3);
    const batch =
      (...values: unknown[]) =>
      () =>
        call('tryAcquireMany', ...values);
    expect(batch([1, 2], new Uint8Array(2))).toThrow(refused(INVALID, 'keys'));
    expect(batch(new Int32Array(2), new Uint8Array(2))).toThrow(refused(INVALID, 'keys'));
    expect(batch(keys, [])).toThrow(refused(INVALID, 'allowed'));
    expect(batch(keys, new Uint32Array(3))).toThrow(refused(INVALID, 'allowed'));
    expect(batch(keys, new Uint8Array(2))).toThrow(refused(RANGE, 'allowed.length'));
  });

  test('nothing that was refused has changed anything', () => {
    expect(limiter.size).toBe(0);
    expect(limiter.statistics().totalRequests).toBe(0);
    expect(() => {
      limiter.setRate(0);
    }).toThrow(refused(RANGE, 'rate'));
    expect(limiter.rate).toBe(1);
  });
});
