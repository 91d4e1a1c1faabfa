import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { HybridLimiter, type HybridLimiterOptions } from '../../../lib/index.js';
import { ManualClock } from '../../../lib/testing/index.js';
import { Journal } from './journal.js';
import { SteppedClock } from './stepped-clock.js';

const MS = 1_000_000n;

/** Takes turns until neither gets anything. */
function drain(...limiters: HybridLimiter[]): number {
  let count = 0;
  for (let before = -1; before !== count;) {
    before = count;
    for (const limiter of limiters) if (limiter.tryAcquire()) count++;
  }
  return count;
}

describe('a shared hybrid', () => {
  const options = { rate: 10, burst: 4, windowMs: 1_000 };

  test('H3 is one limit for all who have it', () => {
    const clock = new SteppedClock();
    const one = new HybridLimiter({ ...options, clock });
    one.tryAcquire(3);
    const two = new HybridLimiter({ ...options, clock, share: one.share });
    expect(drain(one, two)).toBe(1);
    expect(two.check()).toMatchObject({ allowed: false, retryAfterMs: 100, remaining: 0 });
    let granted = 4;
    for (; clock.ns < 1_000n * MS; clock.ns += MS) granted += drain(two, one);
    expect(granted).toBe(10);
    clock.ns += 10_000n * MS;
    expect(drain(two, one)).toBe(4);
  });

  test('H3 moves into shared memory with all that is taken', () => {
    const clock = new SteppedClock();
    const limiter = new HybridLimiter({ ...options, clock });
    for (let i = 0; i < 3; i++, clock.ns += 50n * MS) limiter.tryAcquire();
    const before = limiter.peek(3);
    expect(limiter.share).toBe(limiter.share);
    expect(limiter.peek(3)).toEqual(before);
    const other = new HybridLimiter({ ...options, clock, share: limiter.share });
    expect(other.peek(3)).toEqual(before);
    expect(other.share).toEqual(limiter.share);
  });

  test('H3 setRate, refund and reset are for all', () => {
    const clock = new SteppedClock();
    const one = new HybridLimiter({ ...options, clock });
    const two = new HybridLimiter({ ...options, clock, share: one.share });
    drain(one);
    two.refund(2);
    expect(drain(one)).toBe(2);
    two.setRate(2);
    expect(one).toMatchObject({ rate: 2, limit: 2, burst: 4 });
    clock.ns += 5_000n * MS;
    expect(drain(one, two)).toBe(2);
    one.reset();
    expect(drain(two)).toBe(2);
  });

  test('H3 who waits takes when it is due, and waits on when somebody else was faster', async () => {
    const clock = new ManualClock();
    const one = new HybridLimiter({ rate: 10, burst: 1, windowMs: 100, clock });
    const two = new HybridLimiter({
      rate: 10,
      burst: 1,
      windowMs: 100,
      clock,
      share: one.share,
    });
    const journal = new Journal(clock);
    one.tryAcquire();
    journal.note('a', one.acquire());
    journal.note('b', two.acquire());
    journal.note('c', one.acquire());
    // Refused as soon as it shows that others come before it.
    journal.note('d', two.acquire(1, { timeoutMs: 200 }));
    await clock.advance(1_000);
    expect(journal.entries.slice(0, 2)).toEqual(['a true @100', 'd false @100']);
    // Who of two objects comes first is not said, only that one does.
    const others = journal.entries.slice(2).map((entry) => entry.slice(2));
    expect(others).toEqual(['true @200', 'true @300']);
    expect(clock.sleeping).toBe(0);
  });

  test('H3 what does not fit is refused, and names what differs', () => {
    const one = new HybridLimiter(options);
    const wrong: [Partial<HybridLimiterOptions>, string][] = [
      [{ rate: 11 }, 'rate'],
      [{ burst: 5 }, 'burst'],
      [{ windowMs: 2_000 }, 'windowMs'],
      [{ share: { buffer: new SharedArrayBuffer(100) } }, ''],
    ];
    for (const [part, name] of wrong) {
      expect(() => new HybridLimiter({ ...options, share: one.share, ...part })).toThrow(
        expect.objectContaining({
          code: 'ERR_PACEGATE_SHARED_STATE',
          message: expect.stringContaining(name) as string,
        }),
      );
    }
    expect(() => new HybridLimiter({ ...options, share: 'yes' as never })).toThrow(
      expect.objectContaining({ code: 'ERR_PACEGATE_INVALID_ARGUMENT' }),
    );
  });

  test('H3 by a file', () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'pacegate-'));
    try {
      const share = { file: path.join(folder, 'limit') };
      const clock = new SteppedClock(7n);
      const one = new HybridLimiter({ ...options, clock, share });
      const two = new HybridLimiter({ ...options, clock, share });
      expect(drain(one, two)).toBe(4);
      one[Symbol.dispose]();
      expect(two.tryAcquire()).toBe(false);
      two[Symbol.dispose]();
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
