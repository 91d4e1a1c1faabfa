import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Share, TokenBucket } from '../../../../lib/index.js';
import { freshPath, temporaryFolder } from './fresh-path.js';

const refusal = (message: string): unknown =>
  expect.objectContaining({ code: 'ERR_PACEGATE_SHARED_STATE', message });

const onLinux = process.platform === 'linux';
const places: [string, string, () => Share][] = [
  ['a SharedArrayBuffer', 'the SharedArrayBuffer', () => 'none'],
  ['a file', 'the file ', () => ({ file: freshPath() })],
];

describe.each(onLinux ? places : places.slice(0, 1))('H2 joining by %s', (_, place, share) => {
  test('what one takes the other misses; rates, bursts and resets are one', () => {
    using first = new TokenBucket({ rate: 1 / 3600, burst: 10, share: share() });
    using second = new TokenBucket({ rate: 1 / 3600, burst: 10, share: first.share });
    expect(first.tryAcquireUpTo(7)).toBe(7);
    expect(second.tryAcquireUpTo(7)).toBe(3);
    first.refund(2);
    expect(second.availableTokens()).toBeCloseTo(2, 3);
    second.reset();
    expect(first.availableTokens()).toBe(10);
  });

  test('whoever joins after a change of the rate has the new one', () => {
    using first = new TokenBucket({ rate: 1 / 3600, burst: 10, share: share() });
    first.tryAcquireUpTo(10);
    first.setRate(1 / 1800);
    using second = new TokenBucket({ rate: 1 / 3600, burst: 10, share: first.share });
    expect(second.rate).toBeCloseTo(1 / 1800, 12);
    expect(second.tryAcquire()).toBe(false);
    second.setRate(1 / 7200);
    expect(first.rate).toBeCloseTo(1 / 7200, 12);
    expect(first.estimateWaitMs()).toBeGreaterThan(3_600_000);
  });

  test('other options are refused, and the error says which and both values', () => {
    using first = new TokenBucket({ rate: 50, burst: 10, share: share() });
    const shared = first.share;
    expect(() => new TokenBucket({ rate: 60, burst: 10, share: shared })).toThrow(
      expect.objectContaining({
        code: 'ERR_PACEGATE_SHARED_STATE',
        message: expect.stringMatching(
          new RegExp(`^cannot share ${place}.*: it was made with rate 50, not 60$`),
        ) as string,
      }),
    );
    expect(() => new TokenBucket({ rate: 50, burst: 11.5, share: shared })).toThrow(
      'it was made with burst 10, not 11.5',
    );
    expect(first.tryAcquireUpTo(10)).toBe(10);
  });

  test('when one is disposed of, the others go on', () => {
    const first = new TokenBucket({ rate: 1 / 3600, burst: 10, share: share() });
    using second = new TokenBucket({ rate: 1 / 3600, burst: 10, share: first.share });
    first.tryAcquireUpTo(4);
    first[Symbol.dispose]();
    expect(second.tryAcquireUpTo(10)).toBe(6);
  });

  test('a handle says the same again', () => {
    using first = new TokenBucket({ rate: 50, share: share() });
    expect(first.share).toEqual(first.share);
    using second = new TokenBucket({ rate: 50, share: structuredClone(first.share) });
    expect(second.share).toEqual(first.share);
  });
});

const bucket = (share: Share): TokenBucket => new TokenBucket({ rate: 50, burst: 10, share });

describe('H2 buffers', () => {
  test('a bucket that was for itself takes its tokens along', () => {
    using first = new TokenBucket({ rate: 1 / 3600, burst: 10 });
    for (let i = 0; i < 4; i++) first.tryAcquire();
    using second = new TokenBucket({ rate: 1 / 3600, burst: 10, share: first.share });
    expect(second.tryAcquireUpTo(10)).toBe(6);
    expect(first.tryAcquire()).toBe(false);
  });

  test('a buffer of the user is taken when it is zeroed and large enough', () => {
    using first = bucket({ buffer: new SharedArrayBuffer(1 << 10) });
    expect(first.tryAcquireUpTo(20)).toBe(10);
    expect(() => bucket({ buffer: new SharedArrayBuffer(100) })).toThrow(
      refusal('cannot share the SharedArrayBuffer: it has 100 bytes, and 447 are needed'),
    );
    const used = new SharedArrayBuffer(1 << 10);
    new Uint8Array(used).fill(1);
    expect(() => bucket({ buffer: used })).toThrow(
      refusal('cannot share the SharedArrayBuffer: it holds something else'),
    );
  });
});

describe.runIf(onLinux)('H2 files', () => {
  test('a file is for its user alone', () => {
    const file = freshPath();
    using first = bucket({ file });
    expect(first.share).toEqual({ file });
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  test('a file of somebody else is refused and stays as it is', () => {
    const file = freshPath();
    writeFileSync(file, 'a letter');
    expect(() => bucket({ file })).toThrow(
      refusal(`cannot share the file "${file}": it is no file of pacegate's`),
    );
    expect(readFileSync(file, 'utf8')).toBe('a letter');
  });

  test('a path that cannot be is refused', () => {
    const folder = temporaryFolder();
    expect(() => bucket({ file: folder })).toThrow(
      refusal(`the shared file "${folder}" is a directory`),
    );
    const missing = path.join(folder, 'missing', 'limit');
    expect(() => bucket({ file: missing })).toThrow(
      expect.objectContaining({
        code: 'ERR_PACEGATE_SYSTEM',
        systemError: 2,
        message: `cannot open the shared file "${missing}": No such file or directory`,
      }),
    );
  });

  test.skipIf(process.getuid?.() === 0)('a folder that may not be written to is refused', () => {
    const folder = path.join(temporaryFolder(), 'closed');
    mkdirSync(folder);
    chmodSync(folder, 0o500);
    expect(() => bucket({ file: path.join(folder, 'limit') })).toThrow(
      expect.objectContaining({ code: 'ERR_PACEGATE_NOT_PERMITTED' }),
    );
  });
});

test.skipIf(onLinux)('H2 files are refused where they cannot be shared', () => {
  expect(() => bucket({ file: 'limit' })).toThrow(
    expect.objectContaining({ code: 'ERR_PACEGATE_NOT_SUPPORTED' }),
  );
});
