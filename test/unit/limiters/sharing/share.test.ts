import path from 'node:path';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { checkShare, placeOf } from '../../../../lib/limiters/sharing/share.js';

const buffer = new SharedArrayBuffer(8);

describe('checkShare', () => {
  test.each([undefined, 'none'])('%s shares nothing', (value) => {
    expect(checkShare('share', value)).toBeUndefined();
  });

  test('a buffer stays the same one, whatever realm it is of', () => {
    expect(checkShare('share', { buffer })).toEqual({ buffer });
    expect(checkShare('share', { buffer, file: undefined })).toEqual({ buffer });
    const foreign: unknown = runInNewContext('new SharedArrayBuffer(8)');
    expect(checkShare('share', { buffer: foreign })).toEqual({ buffer: foreign });
  });

  test('a path is made absolute, so that it means the same in another process', () => {
    expect(checkShare('share', { file: '/dev/shm/x' })).toEqual({ file: '/dev/shm/x' });
    expect(checkShare('share', { file: 'x' })).toEqual({ file: path.resolve('x') });
  });

  test('what it returns can be given to others', () => {
    expect(structuredClone(checkShare('share', { buffer }))).toEqual({ buffer });
    expect(structuredClone(checkShare('share', { file: '/x' }))).toEqual({ file: '/x' });
  });

  test.each([
    ['all', 'share must be \'none\', { buffer: SharedArrayBuffer } or { file: string }, not "all"'],
    [null, 'share must be'],
    [7, 'share must be'],
    [[], 'share must be an object, not an array'],
    [{}, "share must be 'none', { buffer: SharedArrayBuffer } or { file: string }, not an object"],
    [{ path: '/x' }, 'share has no "path"; it takes buffer, file'],
    [{ buffer, file: '/x' }, 'share must have a buffer or a file, not both'],
    [{ buffer: new ArrayBuffer(8) }, 'share.buffer must be a SharedArrayBuffer, not an object'],
    [{ file: 7 }, 'share.file must be a path, not 7'],
    [{ file: '' }, 'share.file must be a path, not ""'],
    [{ file: 'a\0b' }, 'share.file must be a path'],
  ])('%o is refused', (value, message) => {
    expect(() => checkShare('share', value)).toThrow(
      expect.objectContaining({
        code: 'ERR_PACEGATE_INVALID_ARGUMENT',
        message: expect.stringContaining(message) as string,
      }),
    );
  });
});

test('native code is given memory or a path', () => {
  const bytes = placeOf({ buffer });
  expect(bytes).toBeInstanceOf(Uint8Array);
  expect((bytes as Uint8Array).buffer).toBe(buffer);
  expect(placeOf({ file: '/x' })).toBe('/x');
});
