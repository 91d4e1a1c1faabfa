import { nsFromMs } from '../internal/duration.js';
import { onAbort } from '../internal/abort-listeners.js';
import type { Alarm, AlarmClock } from '../internal/system-timer.js';
import type { Patience } from './decision.js';

/** What {@link Reservations.reserve} says besides nanoseconds to wait. */
export const REFUSED = { notYet: -1, never: -2 } as const;

/** The limiter behind a line: hands out units ahead of time. */
export interface Reservations {
  /** @returns nanoseconds until the units are there, at most `maxWaitNs`, or one of {@link REFUSED} */
  reserve(cost: number, maxWaitNs: number, nowNs: bigint): number;
  /** Undoes a reservation. */
  giveBack(cost: number, nowNs: bigint): void;
  /** How late a reservation of `cost` may be used without exceeding the limit, in nanoseconds. */
  slackNs(cost: number): number;
}

/** How a wait ended. */
export type WaitOutcome = 'granted' | 'timed-out' | 'never' | 'disposed';

/** Told of every wait that ended, except by abort. */
export type WaitObserver = (
  outcome: WaitOutcome,
  cost: number,
  waitNs: number,
  nowNs: bigint,
) => void;

/**
 * Lateness of timers that is made good, beyond the limiter's own slack. What comes later than that has been held up
 * by a stall of the event loop; the line is then arranged anew, or everybody overdue would go at once.
 */
const CATCH_UP_NS = 20e6;

interface Waiter {
  readonly cost: number;
  readonly joinedNs: bigint;
  /** The end of its patience; undefined for endless. */
  readonly latestNs: bigint | undefined;
  /** When its units are there. */
  deadlineNs: bigint;
  alarm: Alarm | undefined;
  forgetSignal: (() => void) | undefined;
  resolve(allowed: boolean): void;
  reject(reason: Error): void;
}

/**
 * Those who wait for a limiter. Each reserves its place when it joins, so the line is served first come, first
 * served by construction, nobody is woken in vain, and a wait that would be too long is refused at once.
 */
export class WaitingLine {
  readonly #source: Reservations;
  readonly #alarms: AlarmClock;
  readonly #observe: WaitObserver;
  // In order of arrival.
  readonly #waiters = new Set<Waiter>();

  constructor(source: Reservations, alarms: AlarmClock, observe: WaitObserver) {
    this.#source = source;
    this.#alarms = alarms;
    this.#observe = observe;
  }

  get size(): number {
    return this.#waiters.size;
  }

  /**
   * Waits for `cost` units.
   *
   * @param left - called when an abort has given units back, so that those behind may move up
   * @returns whether they were granted; rejects with the signal's reason
   */
  join(cost: number, patience: Patience, left: () => void): Promise<boolean> {
    const joinedNs = this.#alarms.nowNs();
    const maxWaitNs = patience.timeoutMs * 1e6;
    const waitNs = this.#source.reserve(cost, maxWaitNs, joinedNs);
    if (waitNs <= 0) {
      const outcome = outcomeOf(waitNs);
      this.#observe(outcome, cost, 0, joinedNs);
      return Promise.resolve(outcome === 'granted');
    }
    return new Promise((resolve, reject) => {
      const { signal, timeoutMs } = patience;
      const waiter: Waiter = {
        cost,
        joinedNs,
        latestNs: timeoutMs === Infinity ? undefined : joinedNs + nsFromMs(timeoutMs),
        deadlineNs: joinedNs + BigInt(waitNs),
        alarm: undefined,
        forgetSignal: undefined,
        resolve,
        reject,
      };
      if (signal !== undefined) {
        waiter.forgetSignal = onAbort(signal, () => {
          this.#giveUp(waiter, signal.reason as Error);
          left();
        });
      }
      this.#waiters.add(waiter);
      this.#setAlarm(waiter);
    });
  }

  /**
   * Changes the limiter under those who wait: their reservations are undone, `change` runs, and they reserve again
   * in the same order, so each waits exactly as long as the new state asks. Who now is out of patience, or asks for
   * more than there can ever be, is refused.
   */
  rearrange(change: (nowNs: bigint) => void): void {
    const nowNs = this.#alarms.nowNs();
    for (const waiter of this.#waiters) this.#source.giveBack(waiter.cost, nowNs);
    change(nowNs);
    for (const waiter of this.#waiters) this.#reserveAgain(waiter, nowNs);
  }

  /** Refuses everybody. */
  close(): void {
    const nowNs = this.#alarms.nowNs();
    for (const waiter of this.#waiters) this.#end(waiter, 'disposed', nowNs);
  }

  #reserveAgain(waiter: Waiter, nowNs: bigint): void {
    const maxWaitNs = waiter.latestNs === undefined ? Infinity : Number(waiter.latestNs - nowNs);
    const waitNs = this.#source.reserve(waiter.cost, maxWaitNs, nowNs);
    if (waitNs <= 0) {
      this.#end(waiter, outcomeOf(waitNs), nowNs);
      return;
    }
    const deadlineNs = nowNs + BigInt(waitNs);
    if (deadlineNs === waiter.deadlineNs) return;
    waiter.deadlineNs = deadlineNs;
    waiter.alarm?.cancel();
    this.#setAlarm(waiter);
  }

  #setAlarm(waiter: Waiter): void {
    waiter.alarm = this.#alarms.set(
      waiter.deadlineNs,
      () => {
        this.#serve(waiter);
      },
      (fault) => {
        this.#giveUp(waiter, asError(fault));
      },
    );
  }

  #serve(waiter: Waiter): void {
    const nowNs = this.#alarms.nowNs();
    const lateNs = Number(nowNs - waiter.deadlineNs);
    if (lateNs > this.#source.slackNs(waiter.cost) + CATCH_UP_NS) this.rearrange(() => undefined);
    else this.#end(waiter, 'granted', nowNs);
  }

  #end(waiter: Waiter, outcome: WaitOutcome, nowNs: bigint): void {
    this.#leave(waiter);
    this.#observe(outcome, waiter.cost, Number(nowNs - waiter.joinedNs), nowNs);
    waiter.resolve(outcome === 'granted');
  }

  #giveUp(waiter: Waiter, reason: Error): void {
    this.#leave(waiter);
    this.#source.giveBack(waiter.cost, this.#alarms.nowNs());
    waiter.reject(reason);
  }

  #leave(waiter: Waiter): void {
    this.#waiters.delete(waiter);
    waiter.alarm?.cancel();
    waiter.forgetSignal?.();
  }
}

function asError(fault: unknown): Error {
  return fault instanceof Error ? fault : new Error(`the clock failed: ${String(fault)}`);
}

function outcomeOf(waitNs: number): WaitOutcome {
  if (waitNs === REFUSED.never) return 'never';
  return waitNs === REFUSED.notYet ? 'timed-out' : 'granted';
}
