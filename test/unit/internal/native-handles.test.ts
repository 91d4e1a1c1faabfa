import { describe, expect, test } from 'vitest';
import { native } from '../../../lib/internal/binding.js';

const invalid = expect.objectContaining({ fault: 'invalid', systemError: 0 }) as Error;

/** Native functions as they look without types. */
const calls = native as unknown as Record<string, (...values: unknown[]) => unknown>;

function call(name: string, ...values: unknown[]): unknown {
  const run = calls[name];
  if (run === undefined) throw new Error(`no ${name}`);
  return run(...values);
}

describe('handles', () => {
  test('a stale handle is refused, also after its slot was taken again', () => {
    const first = native.bucket_create(1, 1, 1);
    native.bucket_destroy(first);
    expect(() => native.bucket_try_acquire(first, 1)).toThrow(invalid);
    const second = native.bucket_create(1, 1, 1);
    expect(second).not.toBe(first);
    expect(() => native.bucket_try_acquire(first, 1)).toThrow(invalid);
    expect(() => {
      native.bucket_destroy(first);
    }).toThrow(invalid);
    expect(native.bucket_try_acquire(second, 1)).toBe(true);
    native.bucket_destroy(second);
  });

  test('a slot that is used again and again never meets an old handle', () => {
    const seen = new Set<number>();
    for (let i = 0; i < 5_000; i++) {
      const handle = native.throttle_create(1, 1, 0);
      expect(seen.has(handle)).toBe(false);
      seen.add(handle);
      native.throttle_destroy(handle);
    }
    for (const handle of seen) expect(() => native.throttle_batch_size(handle)).toThrow(invalid);
  });

  test('handles of one kind mean nothing to another', () => {
    const handle = native.throttle_create(1, 1, 0);
    expect(() => native.scan_backend(handle)).toThrow(invalid);
    native.throttle_destroy(handle);
  });

  test.each([0, -1, 1, 2 ** 31 - 1, -(2 ** 31), 2 ** 32 + 5, NaN, Infinity, 0.5])(
    '%d is no handle',
    (handle) => {
      for (const name of Object.keys(calls)) {
        if (!/^(bucket|keyed|backoff|throttle|scan|window)_/.test(name) || name.includes('_create'))
          continue;
        expect(() => call(name, handle, 1, 1, 1n, 1n)).toThrow(invalid);
      }
    },
  );

  test('arguments of the wrong type are refused, not read', () => {
    for (const name of Object.keys(calls)) {
      if (!/^(bucket|keyed|backoff|throttle|scan|window)_/.test(name)) continue;
      for (const value of [undefined, null, 'x', {}, [], Symbol('x'), 5n]) {
        expect(() => call(name, value, value, value, value, value), name).toThrow(invalid);
      }
    }
  });
});

describe('times and numbers at their ends', () => {
  test.each([0n, -1n, 2n ** 63n, 2n ** 64n - 1n, 2n ** 200n])('a bucket at %s', (nowNs) => {
    const handle = native.bucket_create_at(1, 2, 2, nowNs);
    expect(native.bucket_try_acquire_at(handle, 2, nowNs)).toBe(true);
    expect(native.bucket_reserve_at(handle, 1, Infinity, nowNs)).toBe(1e9);
    expect(native.bucket_reserve_at(handle, 1, NaN, nowNs)).toBe(2e9);
    expect(native.bucket_reserve_at(handle, 3, 1e300, nowNs)).toBe(-2);
    expect(native.bucket_reserve_at(handle, 1, -5, nowNs)).toBe(-1);
    native.bucket_destroy(handle);
  });

  test.each([NaN, -1, Infinity, 1e308, Number.MIN_VALUE])('cost %d', (cost) => {
    const handle = native.bucket_create(1, 2, 2);
    expect(typeof native.bucket_try_acquire(handle, cost)).toBe('boolean');
    native.bucket_give_back(handle, cost);
    expect(native.bucket_available(handle)).toBeLessThanOrEqual(2);
    native.bucket_destroy(handle);
  });

  test('a quota that no bucket can have changes nothing', () => {
    for (const [rate, burst] of [
      [0, 1],
      [-1, 1],
      [NaN, 1],
      [1, NaN],
      [1, 0],
      [1e300, 1],
      [1e-300, 1],
    ] as const) {
      expect(() => native.bucket_create(rate, burst, 0)).toThrow(invalid);
    }
    const handle = native.bucket_create(1, 2, 2);
    expect(() => {
      native.bucket_set_quota(handle, 0, 5);
    }).toThrow(invalid);
    expect(native.bucket_available(handle)).toBe(2);
    native.bucket_destroy(handle);
  });

  test.each([-1, NaN, 2 ** 54, Infinity])('a count of %d', (count) => {
    const throttle = native.throttle_create(1, 1, 0);
    expect(() => native.throttle_next_batch(throttle, count)).toThrow(invalid);
    native.throttle_destroy(throttle);
    const bucket = native.bucket_create(1, 2, 2);
    expect(() => native.bucket_try_acquire_up_to(bucket, count)).toThrow(invalid);
    native.bucket_destroy(bucket);
  });
});

describe('the host', () => {
  test('its devices: a loopback with 127.0.0.1', () => {
    const loopback = native.host_interfaces().find((device) => device.link === 'loopback');
    expect(loopback).toMatchObject({ mac: '00:00:00:00:00:00', up: true });
    expect(loopback?.addresses).toContain('127.0.0.1');
  });

  test('what it permits: a reason exactly when something is not available', () => {
    const capabilities = native.host_capabilities();
    expect(capabilities.map(({ name }) => name)).toContain('raw-sockets');
    for (const { available, reason } of capabilities) expect(reason === '').toBe(available);
    expect(typeof native.host_can_send_raw()).toBe('string');
  });
});
