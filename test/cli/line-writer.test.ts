import { PassThrough, Writable } from 'node:stream';
import { describe, expect, it, vi } from 'vitest';
import { LineWriter } from '../../lib/cli/output/line-writer.js';

describe('the writer of lines', () => {
  it('gathers lines, and shows a single one without waiting for more', async () => {
    const stream = new PassThrough();
    const writes: string[] = [];
    stream.on('data', (data: Buffer) => writes.push(data.toString()));
    const writer = new LineWriter(stream, { name: 'out' });
    for (let i = 0; i < 3; i++) await writer.write(`line ${i}`);
    await vi.waitFor(() => {
      expect(writes).toEqual(['line 0\nline 1\nline 2\n']);
    });
  });

  it('waits for a slow reader', async () => {
    const stream = new PassThrough({ highWaterMark: 10 });
    const writer = new LineWriter(stream, { name: 'out' });
    await writer.write('a line longer than the mark');
    let isFlushed = false;
    const flushed = writer.flush().then(() => (isFlushed = true));
    await new Promise((resolve) => setImmediate(resolve));
    expect(isFlushed).toBe(false);
    stream.resume();
    await flushed;
  });

  const failing = (code: string) =>
    new Writable({
      write: (_chunk, _encoding, done) => {
        done(Object.assign(new Error(code), { code }));
      },
    });

  it('drops what nobody reads (EPIPE), and says so once', async () => {
    const gone = vi.fn();
    const writer = new LineWriter(failing('EPIPE'), { name: 'out', onReaderGone: gone });
    await writer.write('x'.repeat(100_000));
    await writer.write('more');
    await writer.flush();
    await writer.finish();
    expect(gone).toHaveBeenCalledOnce();
  });

  it('throws when the disk is full', async () => {
    const writer = new LineWriter(failing('ENOSPC'), { name: 'out' });
    await expect(
      (async () => {
        for (let i = 0; i < 3; i++) await writer.write('x'.repeat(100_000));
      })(),
    ).rejects.toMatchObject({
      code: 'ERR_PACEGATE_SYSTEM',
      message: expect.stringContaining('ENOSPC') as string,
    });
  });
});

describe('the writer of lines, when a write fails late', () => {
  const late = () => {
    const failed = vi.fn();
    const stream = new Writable({
      write: (_chunk, _encoding, done) => {
        setImmediate(done, Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' }));
      },
    });
    return { stream, failed };
  };
  const full = { code: 'ERR_PACEGATE_SYSTEM', message: 'cannot write out: ENOSPC' };

  it.each([true, false])('finish throws it (a file of our own: %s)', async (isClosedAtEnd) => {
    const { stream, failed } = late();
    const writer = new LineWriter(stream, { name: 'out', isClosedAtEnd, onFailure: failed });
    await writer.write('a line');
    await expect(writer.finish()).rejects.toMatchObject(full);
    expect(failed).toHaveBeenCalledOnce();
  });

  it('finish throws what a scheduled write met before', async () => {
    const { stream, failed } = late();
    const writer = new LineWriter(stream, { name: 'out', onFailure: failed });
    await writer.write('a line');
    await vi.waitFor(() => {
      expect(failed).toHaveBeenCalledOnce();
    });
    await expect(writer.flush()).rejects.toMatchObject(full);
    await expect(writer.finish()).rejects.toMatchObject(full);
  });
});
