import { describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../../../lib/index.js';
import { every } from '../../../../lib/scan/control/ticker.js';
import { ManualClock } from '../../../../lib/testing/index.js';

describe('every', () => {
  it('calls at each interval of a clock of the caller, until it is ended', async () => {
    const clock = new ManualClock();
    const times: bigint[] = [];
    const end = every(clock, 100, () => times.push(clock.nowNs()));
    await clock.advance(350);
    end();
    await clock.advance(1000);
    expect(times).toEqual([100_000_000n, 200_000_000n, 300_000_000n]);
    expect(clock.sleeping).toBe(0);
  });

  it('on the clock of the system, uses a timer that keeps nobody alive', () => {
    vi.useFakeTimers();
    try {
      let calls = 0;
      const unref = vi.spyOn(globalThis, 'setInterval');
      const end = every(systemClock, 100, () => (calls += 1));
      const timer = unref.mock.results[0]?.value as NodeJS.Timeout;
      expect(timer.hasRef()).toBe(false);
      vi.advanceTimersByTime(350);
      end();
      vi.advanceTimersByTime(1000);
      expect([calls, vi.getTimerCount()]).toEqual([3, 0]);
    } finally {
      vi.useRealTimers();
      vi.restoreAllMocks();
    }
  });
});
