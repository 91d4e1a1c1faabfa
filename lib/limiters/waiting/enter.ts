import { onAbort } from '../../internal/abort-listeners.js';
import { nsFromMs } from '../../internal/duration.js';
import type { Patience } from '../decision.js';
import type { Waiter } from './waiter.js';

/**
 * Makes a waiter.
 *
 * @param enter - puts it in line
 * @param giveUp - called when its signal is aborted
 * @returns what acquire returns: whether it was granted; rejects with the signal's reason
 */
export function waitInLine(
  cost: number,
  patience: Patience,
  nowNs: bigint,
  enter: (waiter: Waiter) => void,
  giveUp: (waiter: Waiter, reason: Error) => void,
): Promise<boolean> {
  const { signal, timeoutMs, priority } = patience;
  return new Promise((resolve, reject) => {
    const waiter: Waiter = {
      cost,
      priority,
      joinedNs: nowNs,
      latestNs: timeoutMs === Infinity ? undefined : nowNs + nsFromMs(timeoutMs),
      gapNs: 0n,
      dueNs: 0n,
      plan: 0,
      forgetSignal: undefined,
      resolve,
      reject,
      previous: undefined,
      next: undefined,
    };
    if (signal !== undefined) {
      waiter.forgetSignal = onAbort(signal, () => {
        giveUp(waiter, signal.reason as Error);
      });
    }
    enter(waiter);
  });
}
