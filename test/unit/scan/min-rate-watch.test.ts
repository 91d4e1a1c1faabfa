import { describe, expect, it } from 'vitest';
import { NO_BACKOFF, type EnginePhase } from '../../../lib/scan/engines/scan-engine.js';
import { MinRateWatch } from '../../../lib/scan/min-rate-watch.js';

/** A watch on a scan whose time and counters are set by hand. */
function watchOf(minRate: number | undefined) {
  const counters = { sent: 0, sendFailures: 0, busyRetries: 0, forgone: 0, limiterWaits: 0 };
  const state = { nowMs: 0, ...counters, backoff: NO_BACKOFF };
  const watch = new MinRateWatch(minRate, () => state.nowMs);
  /** Lets `ms` pass at this rate. */
  const run = (ms: number, rate: number, phase: EnginePhase = 'sending'): string[] => {
    const told: string[] = [];
    for (let step = 0; step < ms; step += 20) {
      state.nowMs += 20;
      state.sent += rate / 50;
      const text = watch.look({ ...state, phase });
      if (text !== undefined) told.push(text);
    }
    return told;
  };
  return { state, watch, run };
}

describe('minRate', () => {
  it('P3 is told once, when a whole second stayed below it', () => {
    const { run } = watchOf(1000);
    expect(run(3020, 1000)).toEqual([]);
    expect(run(400, 0)).toEqual([]);
    expect(run(1000, 1000)).toEqual([]);
    expect(run(2000, 500)).toEqual([expect.stringMatching(/below minRate 1000/)]);
    expect(run(5000, 0)).toEqual([]);
  });

  it('P3 says why', () => {
    for (const [counter, words] of [
      ['sendFailures', 'refused'],
      ['busyRetries', 'no room'],
      ['forgone', 'could not keep up'],
      ['limiterWaits', 'the limiter had no token'],
      [undefined, 'waited for answers'],
    ] as const) {
      const { run, state } = watchOf(1000);
      run(520, 10);
      if (counter !== undefined) state[counter] += 5;
      expect(run(1100, 10).join()).toContain(words);
    }
  });

  it.each([
    [0, 'maxTargetRate, maxPrefixRate'],
    [3, 'adaptiveRate'],
  ])('P3 looks while pairs wait, with %i targets left alone, and names it', (targets, words) => {
    for (const phase of ['sending', 'draining'] as const) {
      const { run, state } = watchOf(1000);
      run(520, 1000);
      state.backoff = { ...NO_BACKOFF, parked: 50, targets };
      expect(run(1600, 40, phase).join()).toContain(words);
    }
  });

  it('says nothing of pauses, of a new rate, and of the end of a scan', () => {
    const { run, watch } = watchOf(1000);
    run(500, 1000);
    watch.reset();
    expect(run(900, 0)).toEqual([]);
    watch.reset();
    expect(run(1100, 1000)).toEqual([]);
    expect(run(9000, 1, 'draining')).toEqual([]);
    expect(run(900, 0)).toEqual([]);
  });

  it('looks at slow rates for as long as two packets take', () => {
    const slow = watchOf(0.5);
    expect(slow.run(20_000, 0.5)).toEqual([]);
    expect(slow.run(12_000, 0.01)).toHaveLength(1);
  });

  it('is not looked at where there is none', () => {
    expect(watchOf(undefined).run(5000, 0)).toEqual([]);
  });
});
