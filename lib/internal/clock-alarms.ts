import { invalidArgument } from './check.js';
import { type Clock, systemClock } from './clock.js';
import { msFromNs } from './duration.js';
import { type Alarm, type AlarmClock, systemTimer } from './system-timer.js';

/** Alarms on a clock of the user's, by its `sleep`. */
class ClockAlarms implements AlarmClock {
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  nowNs(): bigint {
    return readClock(this.#clock);
  }

  set(deadlineNs: bigint, ring: () => void, fail: (fault: unknown) => void): Alarm {
    const controller = new AbortController();
    this.#sleepUntil(deadlineNs, controller.signal).then(
      () => {
        if (!controller.signal.aborted) ring();
      },
      (fault: unknown) => {
        if (!controller.signal.aborted) fail(fault);
      },
    );
    return {
      cancel: () => {
        controller.abort();
      },
    };
  }

  /** Sleeps again when woken early: the clock decides. */
  async #sleepUntil(deadlineNs: bigint, signal: AbortSignal): Promise<void> {
    for (let left = deadlineNs - this.nowNs(); left > 0n; left = deadlineNs - this.nowNs()) {
      await this.#clock.sleep(msFromNs(left), signal);
      if (signal.aborted) return;
    }
  }
}

/** Alarms on `clock`; those on the system's clock share one timer. */
export function alarmsOf(clock: Clock): AlarmClock {
  return clock === systemClock ? systemTimer : new ClockAlarms(clock);
}

/** @throws InvalidArgumentError when a clock of the user's gives no bigint */
export function readClock(clock: Clock): bigint {
  const nowNs: unknown = clock.nowNs();
  if (typeof nowNs !== 'bigint') throw invalidArgument('clock.nowNs()', nowNs, 'a bigint');
  return nowNs;
}
