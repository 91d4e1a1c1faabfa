import type { ScanProbe, ScanTask, WorkerThrottle } from '../../../../lib/scan/index.js';
import type { ManualClock } from '../../../../lib/testing/index.js';

/** A task for `port` of one target. */
export const taskFor = <Data>(port: number, probe?: ScanProbe<Data>): ScanTask<Data> => ({
  target: '192.0.2.1',
  port,
  ...(probe && { probe }),
});

/** A probe that answers `open` after `ms`, and heeds its signal. */
export const answerAfter =
  (clock: ManualClock, ms: number): ScanProbe<number> =>
  async ({ port }, signal) => {
    await clock.sleep(ms, signal);
    return { state: 'open', data: port };
  };

/** A throttle that a test turns. */
export class Throttle implements WorkerThrottle {
  readonly listeners = new Set<() => void>();
  workerShare = 1;
  waitMs = 0;
  readonly outcomes: { success: boolean; responseMs: number; waitMs: number }[] = [];

  on(_event: 'change', listener: () => void): void {
    this.listeners.add(listener);
  }

  off(_event: 'change', listener: () => void): void {
    this.listeners.delete(listener);
  }

  observe(outcome: { success: boolean; responseMs: number; waitMs: number }): void {
    this.outcomes.push(outcome);
  }

  turn(share: number): void {
    this.workerShare = share;
    for (const listener of this.listeners) listener();
  }
}

/** Everything an iterable gives, and what it throws. */
export async function collect<T>(
  items: AsyncIterable<T>,
): Promise<{ items: T[]; error?: unknown }> {
  const collected: T[] = [];
  try {
    for await (const item of items) collected.push(item);
  } catch (error) {
    return { items: collected, error };
  }
  return { items: collected };
}
