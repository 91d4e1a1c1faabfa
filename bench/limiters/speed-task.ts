// One limiter, one limit: nanoseconds per call when all is allowed, or when nothing is.
import type { Quota } from './contender.js';
import { contenderCalled } from './contenders.js';
import { Stopwatch, type Timing } from './timing.js';

export type Case = 'allowed' | 'denied';

export interface SpeedOptions {
  readonly expect: Case;
  readonly roundMs: number;
}

/** More than any of them can ask for within a run; one unit an hour. */
const quotas: Readonly<Record<Case, Quota>> = {
  allowed: { limit: 1_000_000_000, windowMs: 1000 },
  denied: { limit: 1, windowMs: 3_600_000 },
};

export function openSpeed(name: string, options: object): () => Promise<Timing> {
  const { expect, roundMs } = options as SpeedOptions;
  const subject = contenderCalled(name).open(quotas[expect]);
  const stopwatch = new Stopwatch({ calls: subject.batchCalls, run: () => subject.batch() });
  let isWarm = false;
  return async () => {
    if (!isWarm) {
      if (expect === 'denied') await subject.attempt();
      await stopwatch.warmUp(roundMs * 2);
      isWarm = true;
    }
    const timing = await stopwatch.time(roundMs);
    const wanted = expect === 'allowed' ? timing.calls : 0;
    if (timing.allowed !== wanted)
      throw new Error(`${timing.allowed} of ${timing.calls} calls were allowed, not ${wanted}`);
    return timing;
  };
}
