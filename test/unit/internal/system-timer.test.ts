import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { systemClock } from '../../../lib/index.js';
import { systemTimer } from '../../../lib/internal/system-timer.js';

const HOUR_NS = 3_600_000_000_000n;

// The timers are fake, the clock is not: a timer that fires tells the code under test nothing about the time.
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('the timer of the environment', () => {
  test('is one for all alarms, and none when nobody waits', () => {
    const nowNs = systemTimer.nowNs();
    const alarms = Array.from({ length: 50 }, (_, i) =>
      systemTimer.set(nowNs + HOUR_NS + BigInt((i * 7) % 50) * 1_000_000n, () => undefined),
    );
    expect(vi.getTimerCount()).toBe(1);
    for (const alarm of alarms) alarm.cancel();
    expect(vi.getTimerCount()).toBe(0);
    alarms[0]?.cancel();
  });

  test('never rings early: when a timer comes before its time, it waits again', () => {
    const ring = vi.fn();
    const alarm = systemTimer.set(systemTimer.nowNs() + HOUR_NS, ring);
    for (let i = 0; i < 5; i++) vi.advanceTimersToNextTimer();
    expect(ring).not.toHaveBeenCalled();
    expect(vi.getTimerCount()).toBe(1);
    alarm.cancel();
  });

  test('rings what is due, in order, and never from within set', () => {
    const rung: string[] = [];
    const nowNs = systemTimer.nowNs();
    systemTimer.set(nowNs - 1n, () => rung.push('second'));
    systemTimer.set(nowNs - 2n, () => rung.push('first'));
    const cancelled = systemTimer.set(nowNs - 3n, () => rung.push('cancelled'));
    const far = systemTimer.set(nowNs + HOUR_NS, () => rung.push('far'));
    cancelled.cancel();
    expect(rung).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(rung).toEqual(['first', 'second']);
    far.cancel();
    expect(vi.getTimerCount()).toBe(0);
  });

  test('waits of more than 2^31 ms come in pieces', () => {
    const ring = vi.fn();
    const alarm = systemTimer.set(systemTimer.nowNs() + 1_000n * HOUR_NS, ring);
    vi.advanceTimersByTime(2 ** 31 - 2);
    expect(vi.getTimerCount()).toBe(1);
    vi.advanceTimersByTime(2);
    expect(ring).not.toHaveBeenCalled();
    expect(vi.getTimerCount()).toBe(1);
    alarm.cancel();
  });

  test('an alarm that throws does not keep the others from ringing', () => {
    const ring = vi.fn();
    const nowNs = systemTimer.nowNs();
    const bad = (): void => {
      throw new Error('seen');
    };
    systemTimer.set(nowNs - 2n, bad);
    systemTimer.set(nowNs - 1n, ring);
    expect(() => vi.advanceTimersByTime(1)).toThrow('seen');
    vi.advanceTimersByTime(1);
    expect(ring).toHaveBeenCalledOnce();
  });
});

describe('systemClock', () => {
  test('sleep can be aborted, before and meanwhile', async () => {
    const controller = new AbortController();
    const sleeping = systemClock.sleep(3_600_000, controller.signal);
    const reason = new Error('enough');
    controller.abort(reason);
    await expect(sleeping).rejects.toBe(reason);
    await expect(systemClock.sleep(1, controller.signal)).rejects.toBe(reason);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('sleep ends', async () => {
    const sleeping = systemClock.sleep(0);
    vi.advanceTimersByTime(1);
    await expect(sleeping).resolves.toBeUndefined();
  });

  test('is the clock of process.hrtime', () => {
    const before = process.hrtime.bigint();
    const nowNs = systemClock.nowNs();
    expect(nowNs).toBeGreaterThanOrEqual(before);
    expect(nowNs).toBeLessThanOrEqual(process.hrtime.bigint());
  });
});
