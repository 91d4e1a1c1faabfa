// Looking at an engine now and then, instead of being called by it for every packet.

import { toPacegateError } from '../../internal/native-error.js';
import { hasEnded, type EngineCounters, type ScanEngine } from './scan-engine.js';

/**
 * Calls `onTick` with the counters every `everyMs` milliseconds until the engine has ended, the last time with
 * `isOver` true: what is drained then is all there is. The timer is the one thing of a scan that keeps the process alive.
 *
 * @throws (rejects) what made the engine fail, or what `onTick` threw
 */
export function watchEngine(
  engine: ScanEngine,
  everyMs: number,
  onTick: (counters: EngineCounters, isOver: boolean) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const tick = (): void => {
      // The phase is read first: results that come between the two reads belong to the next tick.
      const counters = engine.counters();
      const isOver = hasEnded(counters.phase);
      onTick(counters, isOver);
      if (!isOver) return;
      clearInterval(timer);
      const fault = engine.fault();
      if (fault === undefined) resolve();
      else reject(fault);
    };
    const timer = setInterval(() => {
      try {
        tick();
      } catch (error) {
        clearInterval(timer);
        reject(toPacegateError(error));
      }
    }, everyMs);
  });
}
