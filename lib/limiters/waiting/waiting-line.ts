import { RESERVE } from '../../internal/binding.js';
import { nsFromMs } from '../../internal/duration.js';
import type { AlarmClock } from '../../internal/system-timer.js';
import type { Patience } from '../decision.js';
import { waitInLine } from './enter.js';
import { LineAlarm } from './line-alarm.js';
import {
  clockFault,
  endWait,
  failWait,
  LATENESS_NS,
  patienceNs,
  TIMER_NS,
  type Waiter,
  type WaitObserver,
  type WaitOutcome,
} from './waiter.js';
import { WaiterQueue } from './waiter-queue.js';

export type { WaitObserver, WaitOutcome } from './waiter.js';

/** The limiter behind a line: hands out units ahead of time, one after the other. */
export interface Reservations {
  /** @returns nanoseconds until the units are there, at most `maxWaitNs`, or one of {@link RESERVE} */
  reserve(cost: number, maxWaitNs: number, nowNs: bigint): number;
  /** Undoes a reservation. */
  giveBack(cost: number, nowNs: bigint): void;
  /**
   * Whether all that is reserved is of this line, which has reserved `cost`. What others have reserved does not move up
   * when something is given back: who came next would be served beside them. By default true.
   */
  isAlone?(cost: number, nowNs: bigint): boolean;
  /** Has everything that is reserved from now on come after `deadlineNs`. */
  postpone(deadlineNs: bigint, nowNs: bigint): void;
  /** How much later the next one is served because of `cost`, in nanoseconds. */
  priceNs(cost: number): number;
  /** How late a reservation of `cost` may be used without exceeding the limit, in nanoseconds. */
  slackNs(cost: number): number;
  /** Whether somebody else has changed the limiter since `accept`: then everybody reserves anew. */
  hasChanged?(): boolean;
  /** From now on what is reserved goes by what is in force. */
  accept?(): void;
}

/**
 * Those who wait for a limiter whose reservations shift evenly: a token bucket. Each reserves its place when it joins,
 * so the line is served by priority, then first come, first served, by construction; nobody is woken in vain, and a
 * wait that would be too long is refused at once.
 *
 * Only the line has a time; those in it have their distance to the one before. So when somebody leaves or comes in
 * between, or all move up or back, nothing needs to be done for each of them.
 */
export class WaitingLine {
  readonly #source: Reservations;
  readonly #alarms: AlarmClock;
  readonly #observe: WaitObserver;
  readonly #queue = new WaiterQueue();
  readonly #alarm: LineAlarm;
  /** When somebody at the front who asks for nothing would be served; of no meaning while nobody waits. */
  #frontNs = 0n;
  #willCheckPatience = false;

  constructor(source: Reservations, alarms: AlarmClock, observe: WaitObserver) {
    this.#source = source;
    this.#alarms = alarms;
    this.#observe = observe;
    this.#alarm = new LineAlarm(
      alarms,
      () => {
        this.#serve(this.#alarms.nowNs());
      },
      this.#fail.bind(this),
    );
  }

  /** How many wait. */
  get size(): number {
    return this.#queue.size;
  }

  /** How much sooner than behind everybody a newcomer of `priority` would be served, in nanoseconds. */
  advantageNs(priority = 0): number {
    return Number(this.#queue.spanNs() - this.#queue.spanNs(priority));
  }

  /**
   * Waits for `cost` units.
   *
   * @returns whether they were granted; rejects with the signal's reason
   */
  join(cost: number, patience: Patience): Promise<boolean> {
    this.refresh();
    const nowNs = this.#alarms.nowNs();
    if (this.#queue.hasBehind(patience.priority)) return this.#overtake(cost, patience, nowNs);
    const waitNs = this.#source.reserve(cost, patience.timeoutMs * 1e6, nowNs);
    if (waitNs <= 0) return this.#answer(outcomeOf(waitNs), cost, nowNs);
    return this.#wait(cost, patience, nowNs, (waiter) => {
      this.#append(waiter, nowNs + BigInt(waitNs));
    });
  }

  /** Whether nobody else waits for the limiter, as far as that can be told. */
  isAlone(nowNs: bigint): boolean {
    return this.#source.isAlone?.(this.#queue.cost, nowNs) !== false;
  }

  /** Units came back to the limiter: everybody is served sooner by their price. */
  moveUp(cost: number): void {
    if (this.#queue.size === 0) return;
    this.#frontNs -= wholeFrom(this.#source.priceNs(cost));
    this.#serve(this.#alarms.nowNs());
  }

  /**
   * Changes the limiter under those who wait: their reservations are undone, `change` runs, and they reserve again
   * in the same order, so each waits exactly as long as the new state asks. Who now is out of patience, or asks for
   * more than there can ever be, is refused.
   */
  rearrange(change: (nowNs: bigint) => void): void {
    const nowNs = this.#alarms.nowNs();
    const line = [...this.#queue];
    if (this.isAlone(nowNs)) for (const { cost } of line) this.#source.giveBack(cost, nowNs);
    change(nowNs);
    this.#source.accept?.();
    for (const waiter of line) this.#queue.remove(waiter);
    for (const waiter of line) {
      const waitNs = this.#source.reserve(waiter.cost, patienceNs(waiter, nowNs), nowNs);
      if (waitNs > 0) this.#append(waiter, nowNs + BigInt(waitNs));
      else endWait(waiter, outcomeOf(waitNs), nowNs, this.#observe);
    }
    this.#arm();
  }

  /** Has everybody reserve anew where somebody else has changed the limiter. */
  refresh(): void {
    if (this.#source.hasChanged?.() === true) this.rearrange(() => undefined);
  }

  /** Refuses everybody. */
  close(): void {
    const nowNs = this.#alarms.nowNs();
    for (const waiter of this.#queue) {
      this.#queue.remove(waiter);
      endWait(waiter, 'disposed', nowNs, this.#observe);
    }
    this.#arm();
  }

  /** Joins in front of those of lower priority, who move back by what the newcomer takes. */
  #overtake(cost: number, patience: Patience, nowNs: bigint): Promise<boolean> {
    const waitNs = this.#source.reserve(cost, Infinity, nowNs);
    if (waitNs <= 0) return this.#answer(outcomeOf(waitNs), cost, nowNs);
    const gapNs = nowNs + BigInt(waitNs) - this.#endNs();
    const dueNs = this.#frontNs + this.#queue.spanNs(patience.priority) + gapNs;
    if (dueNs > nowNs + nsFromMs(patience.timeoutMs)) {
      this.#source.giveBack(cost, nowNs);
      return this.#answer('timed-out', cost, nowNs);
    }
    this.#checkPatienceSoon();
    if (dueNs <= nowNs) {
      this.#frontNs += gapNs;
      this.#arm();
      return this.#answer('granted', cost, nowNs);
    }
    return this.#wait(cost, patience, nowNs, (waiter) => {
      waiter.gapNs = gapNs;
      this.#queue.add(waiter);
    });
  }

  #answer(outcome: WaitOutcome, cost: number, nowNs: bigint): Promise<boolean> {
    this.#observe(outcome, cost, 0, nowNs);
    return Promise.resolve(outcome === 'granted');
  }

  #wait(
    cost: number,
    patience: Patience,
    nowNs: bigint,
    enter: (waiter: Waiter) => void,
  ): Promise<boolean> {
    const answer = waitInLine(cost, patience, nowNs, enter, this.#giveUp.bind(this));
    this.#arm();
    return answer;
  }

  /** Puts somebody last who is served at `dueNs`. */
  #append(waiter: Waiter, dueNs: bigint): void {
    if (this.#queue.size === 0) {
      waiter.gapNs = wholeFrom(this.#source.priceNs(waiter.cost));
      this.#frontNs = dueNs - waiter.gapNs;
    } else {
      waiter.gapNs = dueNs - this.#endNs();
    }
    this.#queue.add(waiter);
  }

  /** When the last is served. */
  #endNs(): bigint {
    return this.#frontNs + this.#queue.spanNs();
  }

  /** Grants what is due, and sets the alarm for what is not. */
  #serve(nowNs: bigint): void {
    this.refresh();
    this.#holdBackAfterStall(nowNs);
    for (let first = this.#queue.first; first !== undefined; first = this.#queue.first) {
      const dueNs = this.#frontNs + first.gapNs;
      if (first.latestNs !== undefined && dueNs > first.latestNs) {
        this.#refuse(first, nowNs);
      } else if (dueNs <= nowNs) {
        this.#queue.remove(first);
        this.#frontNs = dueNs;
        endWait(first, 'granted', nowNs, this.#observe);
      } else {
        break;
      }
    }
    this.#arm();
  }

  /** Takes somebody out who will not be served: those behind move up, unless others wait among them. */
  #leave(waiter: Waiter, nowNs: bigint): void {
    if (this.isAlone(nowNs)) {
      this.#queue.remove(waiter);
      this.#source.giveBack(waiter.cost, nowNs);
    } else {
      this.#queue.removeAlone(waiter);
    }
  }

  #refuse(waiter: Waiter, nowNs: bigint): void {
    this.#leave(waiter, nowNs);
    endWait(waiter, 'timed-out', nowNs, this.#observe);
  }

  #holdBackAfterStall(nowNs: bigint): void {
    const first = this.#queue.first;
    if (first === undefined) return;
    const slackNs = this.#source.slackNs(first.cost);
    const lateNs = Number(nowNs - this.#frontNs - first.gapNs);
    const timerNs = Math.max(TIMER_NS, Math.min(this.#source.priceNs(first.cost), LATENESS_NS));
    if (lateNs <= Math.max(slackNs, timerNs)) return;
    this.#frontNs += wholeFrom(lateNs - slackNs);
    this.#source.postpone(this.#endNs(), nowNs);
  }

  /** Who was overtaken may now have to wait too long. Looked at once, however many overtake in one turn. */
  #checkPatienceSoon(): void {
    if (this.#willCheckPatience) return;
    this.#willCheckPatience = true;
    queueMicrotask(() => {
      this.#willCheckPatience = false;
      if (this.#queue.size === 0) return;
      const nowNs = this.#alarms.nowNs();
      let dueNs = this.#frontNs;
      for (const waiter of this.#queue) {
        if (waiter.latestNs !== undefined && dueNs + waiter.gapNs > waiter.latestNs) {
          this.#refuse(waiter, nowNs);
        } else {
          dueNs += waiter.gapNs;
        }
      }
      this.#serve(nowNs);
    });
  }

  #giveUp(waiter: Waiter, reason: Error): void {
    const nowNs = this.#alarms.nowNs();
    this.#leave(waiter, nowNs);
    failWait(waiter, reason);
    this.#serve(nowNs);
  }

  #arm(): void {
    const first = this.#queue.first;
    this.#alarm.set(first && this.#frontNs + first.gapNs);
  }

  /** The clock gave up: so does everybody who waits for it. */
  #fail(fault: unknown): void {
    const reason = clockFault(fault);
    const nowNs = this.#alarms.nowNs();
    for (const waiter of this.#queue) {
      this.#leave(waiter, nowNs);
      failWait(waiter, reason);
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
