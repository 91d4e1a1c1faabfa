import { onAbort } from './abort-listeners.js';
import { invalidArgument } from './check.js';
import { native } from './binding.js';
import { nsFromMs } from './duration.js';
import { systemTimer } from './system-timer.js';

/**
 * A source of time and of waiting. Everything that measures time takes one, so that tests (and simulations) can
 * run on their own; see `ManualClock` in `pacegate/testing`.
 */
export interface Clock {
  /** Nanoseconds since an arbitrary point; should never go back. */
  nowNs(): bigint;
  /**
   * Resolves when `ms` milliseconds have passed, not before; rejects with `signal.reason` when aborted.
   *
   * @param ms - 0 or more, fractions allowed
   */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/**
 * The monotonic clock of this system. While somebody sleeps on it the process stays alive, and no longer.
 */
export const systemClock: Clock = Object.freeze({
  nowNs: () => native.monotonic_now_ns(),
  sleep: (ms: number, signal?: AbortSignal) => sleepOnSystem(ms, signal),
});

function sleepOnSystem(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) {
      reject(signal.reason as Error);
      return;
    }
    const alarm = systemTimer.set(native.monotonic_now_ns() + nsFromMs(ms), () => {
      forget?.();
      resolve();
    });
    const forget =
      signal &&
      onAbort(signal, () => {
        alarm.cancel();
        reject(signal.reason as Error);
      });
  });
}

/** @throws InvalidArgumentError when it is neither absent nor a {@link Clock} */
export function checkClock(name: string, value: unknown): Clock {
  if (value === undefined) return systemClock;
  if (!isClock(value)) {
    throw invalidArgument(name, value, 'a Clock: an object with nowNs() and sleep()');
  }
  return value;
}

function isClock(value: unknown): value is Clock {
  return (
    typeof value === 'object' &&
    value !== null &&
    'nowNs' in value &&
    typeof value.nowNs === 'function' &&
    'sleep' in value &&
    typeof value.sleep === 'function'
  );
}
