import { onAbort } from '../../internal/abort-listeners.js';
import { RESERVE } from '../../internal/binding.js';
import { nsFromMs } from '../../internal/duration.js';
import { type Linked, LinkedList } from '../../internal/linked-list.js';
import type { Alarm, AlarmClock } from '../../internal/system-timer.js';
import type { Patience } from '../decision.js';

/** The limiter behind a line: hands out units ahead of time, one after the other. */
export interface Reservations {
  /** @returns nanoseconds until the units are there, at most `maxWaitNs`, or one of {@link RESERVE} */
  reserve(cost: number, maxWaitNs: number, nowNs: bigint): number;
  /** Undoes a reservation. */
  giveBack(cost: number, nowNs: bigint): void;
  /** Has everything that is reserved from now on come after `deadlineNs`. */
  postpone(deadlineNs: bigint, nowNs: bigint): void;
  /** How much later the next one is served because of `cost`, in nanoseconds. */
  priceNs(cost: number): number;
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
 * Lateness of timers that is made good, beyond the limiter's own slack. What comes later than that was held up by a
 * stall of the event loop: the whole line is postponed by it, or everybody overdue would go at once.
 */
const CATCH_UP_NS = 20e6;

interface Waiter extends Linked<Waiter> {
  readonly cost: number;
  readonly joinedNs: bigint;
  /** The end of its patience; undefined for endless. */
  readonly latestNs: bigint | undefined;
  /** How much later than the one before it is served. */
  gapNs: bigint;
  forgetSignal: (() => void) | undefined;
  readonly resolve: (allowed: boolean) => void;
  readonly reject: (reason: Error) => void;
}

/**
 * Those who wait for a limiter. Each reserves its place when it joins, so the line is served first come, first
 * served by construction, nobody is woken in vain, and a wait that would be too long is refused at once.
 *
 * Only the first has a deadline; the others have their distance to the one before. So when somebody leaves, or all
 * move up or back, nothing needs to be done for each of them.
 */
export class WaitingLine {
  readonly #source: Reservations;
  readonly #alarms: AlarmClock;
  readonly #observe: WaitObserver;
  readonly #waiters = new LinkedList<Waiter>();
  /** When the first is served, and the last; of no meaning while nobody waits. */
  #firstNs = 0n;
  #lastNs = 0n;
  #alarm: Alarm | undefined;
  #alarmNs = 0n;

  constructor(source: Reservations, alarms: AlarmClock, observe: WaitObserver) {
    this.#source = source;
    this.#alarms = alarms;
    this.#observe = observe;
  }

  /**
   * Waits for `cost` units.
   *
   * @returns whether they were granted; rejects with the signal's reason
   */
  join(cost: number, patience: Patience): Promise<boolean> {
    const { signal, timeoutMs } = patience;
    const joinedNs = this.#alarms.nowNs();
    const waitNs = this.#source.reserve(cost, timeoutMs * 1e6, joinedNs);
    if (waitNs <= 0) {
      const outcome = outcomeOf(waitNs);
      this.#observe(outcome, cost, 0, joinedNs);
      return Promise.resolve(outcome === 'granted');
    }
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        cost,
        joinedNs,
        latestNs: timeoutMs === Infinity ? undefined : joinedNs + nsFromMs(timeoutMs),
        gapNs: 0n,
        forgetSignal: undefined,
        resolve,
        reject,
        previous: undefined,
        next: undefined,
      };
      if (signal !== undefined) {
        waiter.forgetSignal = onAbort(signal, () => {
          this.#giveUp(waiter, signal.reason as Error);
        });
      }
      this.#enqueue(waiter, joinedNs + BigInt(waitNs));
      this.#arm();
    });
  }

  /** Units came back to the limiter: everybody is served sooner by their price. */
  moveUp(cost: number): void {
    if (this.#waiters.size === 0) return;
    this.#shift(-wholeFrom(this.#source.priceNs(cost)));
    this.#serve(this.#alarms.nowNs());
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
    const line = [...this.#waiters];
    for (const waiter of line) this.#waiters.remove(waiter);
    for (const waiter of line) {
      const maxWaitNs = waiter.latestNs === undefined ? Infinity : Number(waiter.latestNs - nowNs);
      const waitNs = this.#source.reserve(waiter.cost, maxWaitNs, nowNs);
      if (waitNs > 0) this.#enqueue(waiter, nowNs + BigInt(waitNs));
      else this.#end(waiter, outcomeOf(waitNs), nowNs);
    }
    this.#arm();
  }

  /** Refuses everybody. */
  close(): void {
    const nowNs = this.#alarms.nowNs();
    for (const waiter of this.#waiters) {
      this.#waiters.remove(waiter);
      this.#end(waiter, 'disposed', nowNs);
    }
    this.#arm();
  }

  #enqueue(waiter: Waiter, deadlineNs: bigint): void {
    if (this.#waiters.size === 0) {
      this.#firstNs = deadlineNs;
      waiter.gapNs = wholeFrom(this.#source.priceNs(waiter.cost));
    } else {
      waiter.gapNs = deadlineNs - this.#lastNs;
    }
    this.#lastNs = deadlineNs;
    this.#waiters.push(waiter);
  }

  /** Grants what is due, and sets the alarm for what is not. */
  #serve(nowNs: bigint): void {
    this.#holdBackAfterStall(nowNs);
    for (let first = this.#waiters.first; first !== undefined; first = this.#waiters.first) {
      const isOutOfPatience = first.latestNs !== undefined && this.#firstNs > first.latestNs;
      if (isOutOfPatience) {
        // Only a stall brings this about: nobody joins who would have to wait too long.
        this.#remove(first);
        this.#source.giveBack(first.cost, nowNs);
        this.#end(first, 'timed-out', nowNs);
      } else if (this.#firstNs <= nowNs) {
        this.#waiters.remove(first);
        this.#firstNs += this.#waiters.first?.gapNs ?? 0n;
        this.#end(first, 'granted', nowNs);
      } else {
        break;
      }
    }
    this.#arm();
  }

  #holdBackAfterStall(nowNs: bigint): void {
    const first = this.#waiters.first;
    if (first === undefined) return;
    const slackNs = this.#source.slackNs(first.cost);
    const lateNs = Number(nowNs - this.#firstNs);
    if (lateNs <= slackNs + CATCH_UP_NS) return;
    this.#shift(wholeFrom(lateNs - slackNs));
    this.#source.postpone(this.#lastNs, nowNs);
  }

  #giveUp(waiter: Waiter, reason: Error): void {
    const nowNs = this.#alarms.nowNs();
    this.#remove(waiter);
    this.#source.giveBack(waiter.cost, nowNs);
    waiter.forgetSignal?.();
    waiter.reject(reason);
    this.#serve(nowNs);
  }

  /** Takes somebody out who will not be served: those behind move up. */
  #remove(waiter: Waiter): void {
    const { previous, next, gapNs } = waiter;
    this.#waiters.remove(waiter);
    if (previous === undefined) this.#firstNs += (next?.gapNs ?? 0n) - gapNs;
    this.#lastNs -= gapNs;
  }

  #shift(byNs: bigint): void {
    this.#firstNs += byNs;
    this.#lastNs += byNs;
  }

  #end(waiter: Waiter, outcome: WaitOutcome, nowNs: bigint): void {
    this.#observe(outcome, waiter.cost, Number(nowNs - waiter.joinedNs), nowNs);
    waiter.forgetSignal?.();
    waiter.resolve(outcome === 'granted');
  }

  /** Has one alarm for the first of the line, or none. */
  #arm(): void {
    const isWanted = this.#waiters.size > 0;
    if (this.#alarm !== undefined && isWanted && this.#alarmNs === this.#firstNs) return;
    this.#alarm?.cancel();
    this.#alarm = undefined;
    if (!isWanted) return;
    this.#alarmNs = this.#firstNs;
    this.#alarm = this.#alarms.set(
      this.#firstNs,
      () => {
        this.#alarm = undefined;
        this.#serve(this.#alarms.nowNs());
      },
      (fault) => {
        this.#alarm = undefined;
        this.#fail(fault);
      },
    );
  }

  /** The clock gave up: so does everybody who waits for it. */
  #fail(fault: unknown): void {
    const reason = fault instanceof Error ? fault : new Error(`the clock failed: ${String(fault)}`);
    const nowNs = this.#alarms.nowNs();
    for (const waiter of this.#waiters) {
      this.#remove(waiter);
      this.#source.giveBack(waiter.cost, nowNs);
      waiter.forgetSignal?.();
      waiter.reject(reason);
    }
  }
}

function outcomeOf(waitNs: number): WaitOutcome {
  if (waitNs === RESERVE.never) return 'never';
  return waitNs === RESERVE.notYet ? 'timed-out' : 'granted';
}

/** Rounded down: a line that moves up or back must never come out too early. */
function wholeFrom(ns: number): bigint {
  return BigInt(Math.floor(ns));
}
