import { describe, expect, test } from 'vitest';
import {
  DisposedError,
  InvalidArgumentError,
  InvalidRangeError,
  isPacegateError,
  PacegateError,
} from '../../../lib/index.js';
import { toPacegateError } from '../../../lib/internal/native-error.js';

describe('the error family', () => {
  test('argument errors are of the standard classes, and recognised as ours', () => {
    const wrong = new InvalidArgumentError('a must be b');
    expect(wrong).toBeInstanceOf(TypeError);
    expect(wrong).toBeInstanceOf(PacegateError);
    expect(wrong).not.toBeInstanceOf(RangeError);
    expect(wrong).toMatchObject({
      name: 'InvalidArgumentError',
      code: 'ERR_PACEGATE_INVALID_ARGUMENT',
    });
    const range = new InvalidRangeError('a must be below b');
    expect(range).toBeInstanceOf(RangeError);
    expect(range).toBeInstanceOf(PacegateError);
    expect(range).toMatchObject({ name: 'InvalidRangeError', code: 'ERR_PACEGATE_OUT_OF_RANGE' });
    expect(isPacegateError(wrong) && isPacegateError(range)).toBe(true);
  });

  test('instanceof keeps its meaning for subclasses', () => {
    expect(new DisposedError('TokenBucket')).toBeInstanceOf(DisposedError);
    expect(new DisposedError('TokenBucket')).toBeInstanceOf(PacegateError);
    expect(new PacegateError('ERR_PACEGATE_SYSTEM', 'x')).not.toBeInstanceOf(DisposedError);
    expect(new InvalidArgumentError('x')).not.toBeInstanceOf(DisposedError);
  });

  test.each([
    new Error('x'),
    new TypeError('x'),
    { code: 'ERR_PACEGATE_SYSTEM' },
    null,
    'x',
    undefined,
  ])('%s is not ours', (value) => {
    expect(isPacegateError(value)).toBe(false);
    expect(value instanceof PacegateError).toBe(false);
  });
});

describe('errors of native code', () => {
  test.each([
    ['not_permitted', 'ERR_PACEGATE_NOT_PERMITTED'],
    ['no_such_interface', 'ERR_PACEGATE_NO_SUCH_INTERFACE'],
    ['interface_down', 'ERR_PACEGATE_INTERFACE_DOWN'],
    ['no_route', 'ERR_PACEGATE_NO_ROUTE'],
    ['not_supported', 'ERR_PACEGATE_NOT_SUPPORTED'],
    ['shared_state', 'ERR_PACEGATE_SHARED_STATE'],
    ['system', 'ERR_PACEGATE_SYSTEM'],
    ['invalid', 'ERR_PACEGATE_INVALID_ARGUMENT'],
    ['something newer', 'ERR_PACEGATE_SYSTEM'],
  ])('fault %s is %s', (fault, code) => {
    const native = Object.assign(new Error('the message'), {
      fault,
      systemError: fault === 'invalid' ? 0 : 13,
    });
    const error = toPacegateError(native);
    expect(isPacegateError(error)).toBe(true);
    expect(error).toMatchObject({ code, message: 'the message', cause: native });
    expect(error).toMatchObject({ systemError: fault === 'invalid' ? 0 : 13 });
    if (fault === 'invalid') expect(error).toBeInstanceOf(TypeError);
  });

  test('anything else passes as it is', () => {
    const error = new Error('x');
    expect(toPacegateError(error)).toBe(error);
    expect(toPacegateError('x')).toMatchObject({ cause: 'x' });
  });
});
