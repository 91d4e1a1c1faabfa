import { describe, expect, test } from 'vitest';
import {
  type AcquireOptions,
  type Clock,
  FixedWindow,
  HybridLimiter,
  type Limiter,
  SlidingWindow,
  TokenBucket,
} from '../../../lib/index.js';
import { ManualClock } from '../../../lib/testing/index.js';
import { Journal } from './journal.js';

function sliding(limit: number, windowMs: number) {
  const clock = new ManualClock();
  const window = new SlidingWindow({ limit, windowMs, clock });
  return { clock, window, journal: new Journal(clock) };
}

describe('waiting for a window', () => {
  test('H2 acquire waits exactly until the units are there', async () => {
    const { clock, window, journal } = sliding(2, 100);
    journal.note('a', window.acquire());
    await clock.advance(30);
    for (const name of ['b', 'c', 'd', 'e']) journal.note(name, window.acquire());
    journal.note('f', window.acquire(2));
    await clock.advance(1_000);
    expect(journal.entries).toEqual([
      'a true @0',
      'b true @30',
      'c true @100',
      'd true @130',
      'e true @200',
      'f true @300',
    ]);
    expect(clock.sleeping).toBe(0);
  });

  test('H2 a fixed window serves a whole window at once', async () => {
    const clock = new ManualClock();
    const window = new FixedWindow({ limit: 2, windowMs: 100, clock });
    const journal = new Journal(clock);
    for (const name of ['a', 'b', 'c', 'd', 'e']) journal.note(name, window.acquire());
    await clock.advance(1_000);
    expect(journal.entries).toEqual([
      'a true @0',
      'b true @0',
      'c true @100',
      'd true @100',
      'e true @200',
    ]);
  });

  test('H3 one time-out for bucket and window', async () => {
    const clock = new ManualClock();
    const limiter = new HybridLimiter({ rate: 2, burst: 2, windowMs: 2_000, clock });
    const journal = new Journal(clock);
    for (const name of ['a', 'b', 'c', 'd']) journal.note(name, limiter.acquire());
    // The bucket would serve it at 1500, the window serves it at 2000 ms.
    journal.note('e', limiter.acquire(1, { timeoutMs: 1_999 }));
    journal.note('f', limiter.acquire(1, { timeoutMs: 2_000 }));
    journal.note('g', limiter.acquire());
    await clock.advance(10_000);
    expect(journal.entries).toEqual([
      'a true @0',
      'b true @0',
      'e false @0',
      'c true @500',
      'd true @1000',
      'f true @2000',
      'g true @2000',
    ]);
    expect(limiter.statistics()).toMatchObject({ allowedRequests: 6, timedOutRequests: 1 });
  });

  test('H2 a wait that would exceed its time-out is refused at once, and costs nothing', async () => {
    const { clock, window, journal } = sliding(1, 100);
    journal.note('a', window.acquire());
    journal.note('b', window.acquire(1, { timeoutMs: 99.999 }));
    journal.note('c', window.acquire(1, { timeoutMs: 100 }));
    journal.note('d', window.acquire(1, { timeoutMs: 199 }));
    journal.note('e', window.acquire(1, { timeoutMs: 200 }));
    await clock.advance(0);
    expect(journal.entries).toEqual(['a true @0', 'b false @0', 'd false @0']);
    await clock.advance(200);
    expect(journal.entries.slice(3)).toEqual(['c true @100', 'e true @200']);
  });

  test('H2 a cost that can never be met is refused at once, also behind others', async () => {
    const { clock, window, journal } = sliding(2, 100);
    journal.note('a', window.acquire(3));
    window.tryAcquire(2);
    journal.note('b', window.acquire(2));
    journal.note('c', window.acquire(3));
    await clock.advance(0);
    expect(journal.entries).toEqual(['a false @0', 'c false @0']);
    expect(window.statistics()).toMatchObject({ blockedRequests: 2, timedOutRequests: 0 });
  });

  test('H2 first come, first served: nothing overtakes, neither small requests nor tryAcquire', async () => {
    const { clock, window, journal } = sliding(5, 1_000);
    window.tryAcquire(3);
    journal.note('large', window.acquire(5));
    journal.note('small', window.acquire(1));
    expect(window.tryAcquire()).toBe(false);
    expect(window.check()).toMatchObject({ allowed: false, remaining: 0, retryAfterMs: 2_000 });
    expect(window.tryAcquire(0)).toBe(true);
    await clock.advance(999);
    expect(window.tryAcquire()).toBe(false);
    await clock.advance(5_000);
    expect(journal.entries).toEqual(['large true @1000', 'small true @2000']);
  });

  test('H2 estimateWaitMs is the wait that acquire then has', async () => {
    const { clock, window, journal } = sliding(3, 100);
    for (let i = 0; i < 12; i++) {
      const cost = 1 + (i % 3);
      const estimate = window.estimateWaitMs(cost);
      const since = Number(clock.nowNs()) / 1e6;
      journal.note(`${String(since + estimate)} is`, window.acquire(cost));
      if (i % 4 === 3) await clock.advance(17);
    }
    await clock.advance(5_000);
    expect(journal.entries).toHaveLength(12);
    for (const entry of journal.entries) {
      const [expected, , , at] = entry.split(' ');
      expect(at).toBe(`@${String(expected)}`);
    }
  });

  test('H2 waits of months end when they should', async () => {
    const clock = new ManualClock();
    const day = 86_400_000;
    const window = new SlidingWindow({ limit: 1, windowMs: 90 * day, clock });
    const journal = new Journal(clock);
    for (const name of ['a', 'b', 'c']) journal.note(name, window.acquire());
    await clock.advance(90 * day - 1);
    expect(journal.entries).toEqual(['a true @0']);
    await clock.advance(1);
    expect(journal.entries).toEqual(['a true @0', `b true @${String(90 * day)}`]);
    await clock.advance(90 * day);
    expect(journal.entries).toHaveLength(3);
  });

  test('H2 disposing answers all who wait with false', async () => {
    const { clock, window, journal } = sliding(1, 1_000);
    window.tryAcquire();
    journal.note('a', window.acquire());
    journal.note('b', window.acquire(1, { signal: new AbortController().signal }));
    window[Symbol.dispose]();
    window[Symbol.dispose]();
    await clock.advance(5_000);
    expect(journal.entries).toEqual(['a false @0', 'b false @0']);
    expect(clock.sleeping).toBe(0);
    expect(() => window.tryAcquire()).toThrow(
      expect.objectContaining({ code: 'ERR_PACEGATE_DISPOSED' }),
    );
  });
});

describe('aborting a wait for a window', () => {
  test('H2 rejects with the reason; those behind move up; nobody slips in between', async () => {
    const { clock, window, journal } = sliding(3, 1_000);
    window.tryAcquire(2);
    const controller = new AbortController();
    journal.note('a', window.acquire(3, { signal: controller.signal }));
    journal.note('b', window.acquire(1));
    journal.note('c', window.acquire(1));
    await clock.advance(500);
    controller.abort(new Error('no longer'));
    expect(window.tryAcquire()).toBe(false);
    await clock.advance(0);
    expect(journal.entries).toEqual(['a no longer @500', 'b true @500']);
    await clock.advance(1_000);
    expect(journal.entries).toEqual(['a no longer @500', 'b true @500', 'c true @1000']);
  });

  test('H2 a signal that is aborted already refuses before anything is taken', async () => {
    const { window } = sliding(3, 1_000);
    const reason = new Error('too late');
    await expect(window.acquire(1, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(window.peek().remaining).toBe(3);
    expect(window.statistics().totalRequests).toBe(0);
  });
});

describe('a window changes under those who wait', () => {
  test('H2 setRate: sooner, later, or not at all', async () => {
    const { clock, window, journal } = sliding(2, 1_000);
    window.tryAcquire(2);
    for (const name of ['a', 'b', 'c']) journal.note(name, window.acquire());
    journal.note('d', window.acquire(1, { timeoutMs: 2_000 }));
    journal.note('e', window.acquire(2));
    window.setRate(1);
    await clock.advance(0);
    // d would now be served at 4000; e asks for more than there can ever be.
    expect(journal.entries).toEqual(['d false @0', 'e false @0']);
    await clock.advance(1_000);
    window.setRate(10);
    await clock.advance(0);
    expect(journal.entries.slice(2)).toEqual(['a true @1000', 'b true @1000', 'c true @1000']);
  });

  test('H2 refund and reset serve those who wait first, in order', async () => {
    const { clock, window, journal } = sliding(2, 1_000);
    window.tryAcquire(2);
    for (const name of ['a', 'b', 'c', 'd']) journal.note(name, window.acquire());
    window.refund(1);
    expect(window.tryAcquire()).toBe(false);
    await clock.advance(0);
    expect(journal.entries).toEqual(['a true @0']);
    window.reset();
    expect(window.tryAcquire()).toBe(false);
    await clock.advance(1_000);
    expect(journal.entries).toEqual(['a true @0', 'b true @0', 'c true @0', 'd true @1000']);
  });
});

const lines: [string, (clock: Clock) => Limiter][] = [
  ['H1 bucket', (clock) => new TokenBucket({ rate: 10, burst: 1, clock })],
  ['H2 sliding window', (clock) => new SlidingWindow({ limit: 1, windowMs: 100, clock })],
  ['H2 fixed window', (clock) => new FixedWindow({ limit: 1, windowMs: 100, clock })],
  ['H3 hybrid', (clock) => new HybridLimiter({ rate: 10, burst: 1, windowMs: 100, clock })],
];

/** A limiter whose one unit in 100 ms has just been taken. */
function emptied(make: (clock: Clock) => Limiter) {
  const clock = new ManualClock();
  const limiter = make(clock);
  limiter.tryAcquire();
  const journal = new Journal(clock);
  const wait = (name: string, options?: AcquireOptions): void => {
    journal.note(name, limiter.acquire(1, options));
  };
  return { clock, limiter, journal, wait };
}

describe.each(lines)('priority: %s', (_name, make) => {
  test('higher first, first come first served within', async () => {
    const { clock, journal, wait } = emptied(make);
    wait('low1', { priority: -1 });
    wait('mid1');
    wait('high1', { priority: 2.5 });
    wait('mid2', { priority: 0 });
    wait('high2', { priority: 2.5 });
    wait('low2', { priority: -1 });
    await clock.advance(1_000);
    expect(journal.entries).toEqual([
      'high1 true @100',
      'high2 true @200',
      'mid1 true @300',
      'mid2 true @400',
      'low1 true @500',
      'low2 true @600',
    ]);
  });

  test('a newcomer is told its own wait, not that of the end of the line', async () => {
    const { clock, journal, wait } = emptied(make);
    wait('a');
    wait('b');
    wait('high', { priority: 1, timeoutMs: 100 });
    wait('high too late', { priority: 1, timeoutMs: 199 });
    await clock.advance(1_000);
    expect(journal.entries).toEqual([
      'high too late false @0',
      'high true @100',
      'a true @200',
      'b true @300',
    ]);
  });

  test('who is overtaken and would then wait too long is refused at once, and those behind move up', async () => {
    const { clock, journal, wait } = emptied(make);
    wait('a', { timeoutMs: 150 });
    wait('b', { timeoutMs: 299 });
    wait('c', { timeoutMs: 300 });
    wait('high', { priority: 1 });
    await clock.advance(0);
    expect(journal.entries).toEqual(['a false @0']);
    await clock.advance(1_000);
    expect(journal.entries.slice(1)).toEqual(['high true @100', 'b true @200', 'c true @300']);
  });

  test('an aborted one of high priority gives its place back', async () => {
    const { clock, journal, wait } = emptied(make);
    const controller = new AbortController();
    wait('a');
    wait('high', { priority: 1, signal: controller.signal });
    wait('b');
    await clock.advance(50);
    controller.abort(new Error('no longer'));
    await clock.advance(1_000);
    expect(journal.entries).toEqual(['high no longer @50', 'a true @100', 'b true @200']);
  });

  test('many priorities at once are served in order', async () => {
    const { clock, journal, wait } = emptied(make);
    const priorities = Array.from({ length: 50 }, (_, i) => (i * 37) % 50);
    for (const priority of priorities) wait(String(priority), { priority });
    await clock.advance(50 * 100);
    const order = priorities.map(Number).sort((a, b) => b - a);
    expect(journal.entries).toEqual(
      order.map((priority, i) => `${String(priority)} true @${String((i + 1) * 100)}`),
    );
  });
});

describe.each(lines.slice(1))('those of a priority below 0: %s', (_name, make) => {
  test('do not stand in the way of who does not wait, nor of who estimates', async () => {
    const { clock, limiter, journal, wait } = emptied(make);
    wait('background', { priority: -1 });
    wait('background too', { priority: -1, timeoutMs: 250 });
    expect(limiter.estimateWaitMs()).toBe(100);
    await clock.advance(99);
    wait('normal');
    expect(limiter.estimateWaitMs()).toBe(101);
    expect(limiter.tryAcquire()).toBe(false);
    await clock.advance(1_000);
    expect(journal.entries).toEqual([
      'background too false @99',
      'normal true @100',
      'background true @200',
    ]);
  });

  test('move back when somebody takes what was theirs', async () => {
    const clock = new ManualClock();
    const window = new SlidingWindow({ limit: 2, windowMs: 100, clock });
    const journal = new Journal(clock);
    window.tryAcquire(1);
    journal.note('background', window.acquire(2, { priority: -1 }));
    await clock.advance(50);
    expect(window.tryAcquire()).toBe(true);
    await clock.advance(1_000);
    expect(journal.entries).toEqual(['background true @150']);
  });
});

describe.each(lines)('20 000 who wait: %s', (_name, make) => {
  async function crowd(act: (limiter: Limiter, controller: AbortController) => void) {
    const clock = new ManualClock();
    const limiter = make(clock);
    limiter.tryAcquire();
    const controller = new AbortController();
    const options = { signal: controller.signal };
    const waits = Array.from({ length: 20_000 }, (_, i) =>
      limiter.acquire(1, { ...options, priority: i % 3 }),
    );
    const ends = Promise.allSettled(waits);
    act(limiter, controller);
    const settled = await ends;
    expect(clock.sleeping).toBe(0);
    return settled;
  }

  test('all aborted by one signal', async () => {
    const settled = await crowd((_limiter, controller) => {
      controller.abort();
    });
    expect(settled.every((end) => end.status === 'rejected')).toBe(true);
  });

  test('all answered when the limiter is disposed of', async () => {
    const settled = await crowd((limiter) => {
      limiter[Symbol.dispose]();
    });
    expect(settled.every((end) => end.status === 'fulfilled' && !end.value)).toBe(true);
  });
});

describe('timers that are late', () => {
  test('H2 the limit holds in every window, whenever they come', async () => {
    let nowNs = 0n;
    const wakers: (() => void)[] = [];
    const clock: Clock = {
      nowNs: () => nowNs,
      sleep: () => new Promise((resolve) => wakers.push(resolve)),
    };
    const window = new SlidingWindow({ limit: 3, windowMs: 10, clock });
    const granted: bigint[] = [];
    for (let i = 0; i < 60; i++) void window.acquire().then(() => granted.push(nowNs));
    // Each timer comes a few milliseconds late, one of them five seconds.
    for (let round = 0; granted.length < 60; round++) {
      await new Promise((resolve) => setImmediate(resolve));
      nowNs += round === 20 ? 5_000_000_000n : 3_700_001n;
      for (const wake of wakers.splice(0)) wake();
    }
    for (let i = 3; i < granted.length; i++) {
      const [first = 0n, last = 0n] = [granted[i - 3], granted[i]];
      expect(last - first).toBeGreaterThanOrEqual(10_000_000n);
    }
    expect(nowNs).toBeLessThan(5_400_000_000n);
  });

  test('H2 a clock that fails fails the wait, and nothing was taken for it', async () => {
    const fault = new Error('out of order');
    const clock: Clock = { nowNs: () => 0n, sleep: () => Promise.reject(fault) };
    const window = new SlidingWindow({ limit: 1, clock });
    window.tryAcquire();
    await expect(window.acquire()).rejects.toBe(fault);
    expect(window.estimateWaitMs()).toBe(1_000);
  });
});
