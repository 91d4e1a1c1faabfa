import { native } from './binding.js';
import { type Deadline, DeadlineHeap } from './deadline-heap.js';

/** A call that has been arranged for later. */
export interface Alarm {
  /** Nothing happens any more; no effect when it already has. */
  cancel(): void;
}

/** Arranges calls at times of one clock. */
export interface AlarmClock {
  nowNs(): bigint;
  /**
   * Calls `ring` once at `deadlineNs` or later, never before and never from within `set`; or `fail`, when the clock
   * gave up.
   */
  set(deadlineNs: bigint, ring: () => void, fail: (fault: unknown) => void): Alarm;
}

// setTimeout turns anything above into 1 ms.
const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;

class PendingAlarm implements Alarm, Deadline {
  heapIndex = -1;
  heapOrder = 0;

  constructor(
    readonly deadlineNs: bigint,
    readonly ring: () => void,
    readonly timer: SystemTimer,
  ) {}

  cancel(): void {
    this.timer.cancel(this);
  }
}

/**
 * All alarms of this environment on the monotonic clock, with one timer for all of them. It keeps the process alive
 * while an alarm is set: whoever awaits one asked for that, and an idle event loop would end the process with exit
 * code 13 instead.
 */
class SystemTimer implements AlarmClock {
  readonly #alarms = new DeadlineHeap<PendingAlarm>();
  #timeout: NodeJS.Timeout | undefined;
  #armedForNs = 0n;

  nowNs(): bigint {
    return native.monotonic_now_ns();
  }

  set(deadlineNs: bigint, ring: () => void): Alarm {
    const alarm = new PendingAlarm(deadlineNs, ring, this);
    this.#alarms.add(alarm);
    this.#arm();
    return alarm;
  }

  cancel(alarm: PendingAlarm): void {
    this.#alarms.remove(alarm);
    // A timer that comes too early for the alarms left is harmless; one that is for nobody is not.
    if (this.#alarms.size === 0) this.#disarm();
  }

  #arm(): void {
    const first = this.#alarms.first;
    if (first === undefined) {
      this.#disarm();
      return;
    }
    if (this.#timeout !== undefined && this.#armedForNs <= first.deadlineNs) return;
    this.#disarm();
    this.#armedForNs = first.deadlineNs;
    const waitMs = Math.ceil(Number(first.deadlineNs - this.nowNs()) / 1e6);
    this.#timeout = setTimeout(
      () => {
        this.#fire();
      },
      Math.min(Math.max(waitMs, 0), LONGEST_TIMEOUT_MS),
    );
  }

  #disarm(): void {
    clearTimeout(this.#timeout);
    this.#timeout = undefined;
  }

  /** Timers may fire up to a millisecond early, and long waits come in pieces: the clock decides, not the timer. */
  #fire(): void {
    this.#timeout = undefined;
    const nowNs = this.nowNs();
    try {
      for (
        let due = this.#alarms.takeDue(nowNs);
        due !== undefined;
        due = this.#alarms.takeDue(nowNs)
      ) {
        due.ring();
      }
    } finally {
      this.#arm();
    }
  }
}

/** The environment's one timer on the monotonic clock. */
export const systemTimer = new SystemTimer();
