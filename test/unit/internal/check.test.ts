import { describe, expect, test } from 'vitest';
import {
  checkBoolean,
  checkNumber,
  checkOptionalNumber,
  checkOptions,
  checkSignal,
  show,
} from '../../../lib/internal/check.js';

describe('messages', () => {
  test.each([
    ['a', '"a"'],
    ['two\nlines', '"two\\nlines"'],
    [5n, '5n'],
    [-0, '-0'],
    [NaN, 'NaN'],
    [null, 'null'],
    [undefined, 'undefined'],
    [{}, 'an object'],
    [[], 'an array'],
    [() => 1, 'a function'],
    [Symbol('x'), 'a symbol'],
    [true, 'true'],
  ])('%o is shown as %s', (value, text) => {
    expect(show(value)).toBe(text);
  });

  test('long values are cut', () => {
    expect(show('x'.repeat(10_000)).length).toBeLessThanOrEqual(60);
    expect(show(10n ** 500n).length).toBeLessThanOrEqual(60);
  });

  test.each([
    [{ above: 0, max: 9 }, 'n must be a finite number above 0 and at most 9, not 10'],
    [{ min: 1, max: 9, integer: true }, 'n must be a whole number from 1 to 9, not 10'],
    [{ max: 9, infinity: true }, 'n must be a number at most 9, not 10'],
  ])('say what would be right: %o', (bounds, message) => {
    expect(() => checkNumber('n', 10, bounds)).toThrow(message);
  });
});

describe('checkNumber', () => {
  test.each([
    [1, { min: 1 }],
    [1.5, {}],
    [1e-300, { above: 0 }],
    [Infinity, { min: 0, infinity: true }],
    [2 ** 53 - 1, { integer: true }],
  ])('%d within %o', (value, bounds) => {
    expect(checkNumber('n', value, bounds)).toBe(value);
  });

  test.each([
    [NaN, {}],
    [NaN, { infinity: true }],
    [Infinity, {}],
    [-Infinity, { min: 0, infinity: true }],
    [0, { above: 0 }],
    [2 ** 53, { integer: true }],
    [0.1, { integer: true }],
    [Infinity, { integer: true, infinity: false }],
  ])('%d not within %o', (value, bounds) => {
    expect(() => checkNumber('n', value, bounds)).toThrow(RangeError);
  });

  test.each(['1', 1n, null, undefined, {}, new Number(1)])('%o is no number', (value) => {
    expect(() => checkNumber('n', value)).toThrow(TypeError);
  });

  test('an optional one falls back when it is absent, and only then', () => {
    expect(checkOptionalNumber('n', undefined, 7, { max: 9 })).toBe(7);
    expect(checkOptionalNumber('n', 8, 7, { max: 9 })).toBe(8);
    expect(() => checkOptionalNumber('n', null, 7)).toThrow(TypeError);
  });
});

describe('the rest', () => {
  test('booleans', () => {
    expect(checkBoolean('b', undefined, true)).toBe(true);
    expect(checkBoolean('b', false, true)).toBe(false);
    expect(() => checkBoolean('b', 0, true)).toThrow('b must be true or false, not 0');
  });

  test('signals, by shape', () => {
    const { signal } = new AbortController();
    expect(checkSignal('s', signal)).toBe(signal);
    expect(checkSignal('s', undefined)).toBeUndefined();
    expect(() => checkSignal('s', new AbortController())).toThrow(TypeError);
  });

  test('options: unknown names, names of later versions, and their neutral values', () => {
    const check = (options: unknown): unknown => checkOptions('options', options, ['a'], ['b']);
    expect(check({ a: 1 })).toEqual({ a: 1 });
    for (const neutral of [undefined, false, 0, 'none'])
      expect(() => check({ b: neutral })).not.toThrow();
    expect(() => check({ b: 1 })).toThrow(
      expect.objectContaining({ code: 'ERR_PACEGATE_NOT_SUPPORTED' }) as Error,
    );
    expect(() => check({ c: 1 })).toThrow('options has no "c"; it takes a');
    expect(() => check({ toString: 1 })).toThrow('options has no "toString"');
  });
});
