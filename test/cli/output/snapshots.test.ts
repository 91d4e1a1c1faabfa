import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Snapshots } from '../../../lib/cli/output/snapshots.js';
import type { ResultSink } from '../../../lib/cli/output/result-sink.js';
import { end } from './sample.js';

const sinkOf = (show?: ResultSink['show']): ResultSink => ({
  add: () => undefined,
  sync: () => Promise.resolve(),
  finish: () => Promise.resolve(),
  ...(show === undefined ? {} : { show }),
});

describe('snapshots of outputs', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('P11 are taken early, then rarely, and the rarer the longer one takes', async () => {
    const at: number[] = [];
    const begun = Date.now();
    let takesMs = 0;
    const show = async (): Promise<void> => {
      at.push(Date.now() - begun);
      if (takesMs > 0) await new Promise((resolve) => setTimeout(resolve, takesMs));
    };
    const snapshots = new Snapshots([sinkOf(), sinkOf(show)], end);
    await vi.advanceTimersByTimeAsync(11_500);
    expect(at).toEqual([1000, 6000, 11_000]);
    takesMs = 1000;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(at.slice(3)).toEqual([16_000, 67_000]);
    await vi.advanceTimersByTimeAsync(2000);
    await snapshots.stop();
    await vi.advanceTimersByTimeAsync(200_000);
    expect(at).toHaveLength(5);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('that fail are tried again, and none is under way after the stop', async () => {
    let taken = 0;
    const show = (): Promise<void> => {
      taken += 1;
      return Promise.reject(new Error('no room'));
    };
    const snapshots = new Snapshots([sinkOf(show)], end);
    await vi.advanceTimersByTimeAsync(6000);
    expect(taken).toBe(2);
    await snapshots.stop();
  });

  it('are none where no output shows any', () => {
    const snapshots = new Snapshots([sinkOf()], end);
    expect(vi.getTimerCount()).toBe(0);
    return snapshots.stop();
  });
});
