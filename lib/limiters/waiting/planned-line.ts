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
  type Waiter,
  type WaitObserver,
  type WaitOutcome,
} from './waiter.js';
import { WaiterQueue } from './waiter-queue.js';

/** The limiter behind a planned line, and a copy of it on which the line plans. */
export interface Plannable {
  /** Takes `cost` units now, or none. */
  take(cost: number, nowNs: bigint): boolean;
  /** Nanoseconds until they could be taken if nobody waited; 0: now; Infinity: never. */
  waitNs(cost: number, nowNs: bigint): number;
  /** Begins a plan with the present state, instead of any older plan. */
  startPlan(nowNs: bigint): void;
  endPlan(): void;
  /**
   * Plans for `cost` units after all planned before.
   *
   * @returns nanoseconds from now, at most `maxWaitNs`, or one of {@link RESERVE}
   */
  place(cost: number, maxWaitNs: number, nowNs: bigint): number;
  /** What place would say; plans nothing. Infinity for never. */
  foresee(cost: number, nowNs: bigint): number;
}

/**
 * Those who wait for a limiter whose grants cannot be handed out ahead of time, windows for instance: served by
 * priority, then first come, first served. When each will be served is told by a plan, so a wait that would be too
 * long is refused at once. The units themselves are taken when their time has come, so the limit holds however late
 * timers are.
 *
 * The plan is made only for those whose patience ends, and for who asks. It is true while everybody comes and goes as
 * planned; when somebody else does, all are placed anew, at most once in a turn of the event loop.
 */
export class PlannedLine {
  readonly #source: Plannable;
  readonly #alarms: AlarmClock;
  readonly #observe: WaitObserver;
  readonly #queue = new WaiterQueue();
  readonly #alarm: LineAlarm;
  /** How many of them have a patience that ends. */
  #impatient = 0;
  /** Number of the plan in force; a waiter with another one is not placed. */
  #plan = 0;
  #isTrue = false;
  /** Everybody up to this one is placed; undefined: nobody who still waits. */
  #placed: Waiter | undefined;
  #willSettle = false;

  constructor(source: Plannable, alarms: AlarmClock, observe: WaitObserver) {
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

  /**
   * Whether a request that does not wait has to be refused because others come first. Serves those who are due, in
   * case their timer is late.
   */
  isAhead(): boolean {
    if (this.#queue.size === 0) return false;
    this.#serveDue(this.#alarms.nowNs());
    return this.#queue.hasAheadOf(0);
  }

  /** The limiter's state has changed otherwise than by those who wait. */
  replan(): void {
    if (this.#queue.size === 0) return;
    this.#isTrue = false;
    this.#settleSoon();
  }

  /**
   * Nanoseconds that `join(cost)` of priority 0 would wait now; Infinity for never. To be called while somebody is
   * ahead.
   */
  estimateNs(cost: number, nowNs: bigint): number {
    this.#place(0, nowNs);
    const waitNs = this.#source.foresee(cost, nowNs);
    this.#arm();
    return waitNs;
  }

  /**
   * Waits for `cost` units.
   *
   * @returns whether they were granted; rejects with the signal's reason
   */
  join(cost: number, patience: Patience): Promise<boolean> {
    const nowNs = this.#alarms.nowNs();
    this.#serveDue(nowNs);
    const isFirst = !this.#queue.hasAheadOf(patience.priority);
    if (cost === 0 || (isFirst && this.#source.take(cost, nowNs))) {
      if (cost > 0) this.replan();
      return this.#answer('granted', cost, nowNs);
    }
    // What it is for who is alone is the least it can be for who is not.
    const leastNs = within(this.#source.waitNs(cost, nowNs), Number(nsFromMs(patience.timeoutMs)));
    if (leastNs < 0) return this.#answer(outcomeOf(leastNs), cost, nowNs);
    const enter = (waiter: Waiter): void => {
      waiter.dueNs = nowNs + BigInt(leastNs);
      this.#enter(waiter, isFirst);
    };
    return waitInLine(cost, patience, nowNs, enter, this.#giveUp.bind(this));
  }

  /**
   * Changes the limiter under those who wait, who are then placed anew. Who now is out of patience, or asks for more
   * than there can ever be, is refused.
   */
  rearrange(change: (nowNs: bigint) => void): void {
    const nowNs = this.#alarms.nowNs();
    change(nowNs);
    this.#isTrue = false;
    if (this.#queue.size > 0) this.#place(-Infinity, nowNs);
    this.#serve(nowNs);
  }

  /** Refuses everybody. */
  close(): void {
    const nowNs = this.#alarms.nowNs();
    for (const waiter of this.#queue) {
      this.#leave(waiter);
      endWait(waiter, 'disposed', nowNs, this.#observe);
    }
    this.#arm();
  }

  #answer(outcome: WaitOutcome, cost: number, nowNs: bigint): Promise<boolean> {
    this.#observe(outcome, cost, 0, nowNs);
    return Promise.resolve(outcome === 'granted');
  }

  #enter(waiter: Waiter, isFirst: boolean): void {
    const isOvertaking = this.#queue.hasBehind(waiter.priority);
    const isImpatient = waiter.latestNs !== undefined;
    this.#queue.add(waiter);
    if (isImpatient) this.#impatient++;
    if (this.#placed !== undefined && this.#placed.priority < waiter.priority) this.#isTrue = false;
    if (isFirst) this.#arm();
    // Placed, and perhaps refused, before this turn ends: once, however many join in it.
    if (this.#impatient > 0 && (isOvertaking || (isImpatient && !isFirst))) this.#settleSoon();
  }

  #leave(waiter: Waiter): void {
    // Whoever leaves otherwise than as planned makes the plan untrue, and with that this of no meaning.
    if (waiter === this.#placed) this.#placed = undefined;
    if (waiter.latestNs !== undefined) this.#impatient--;
    this.#queue.remove(waiter);
  }

  #isPlaced(waiter: Waiter): boolean {
    return this.#isTrue && waiter.plan === this.#plan;
  }

  /** Has a plan on which exactly those of at least `priority` are placed; who waits too long is refused. */
  #place(priority: number, nowNs: bigint): void {
    if (!this.#isTrue || (this.#placed !== undefined && this.#placed.priority < priority)) {
      this.#source.startPlan(nowNs);
      this.#plan++;
      this.#isTrue = true;
      this.#placed = undefined;
    }
    const first = this.#placed === undefined ? this.#queue.first : this.#queue.after(this.#placed);
    for (let waiter = first; waiter !== undefined && waiter.priority >= priority;) {
      const following = this.#queue.after(waiter);
      const waitNs = this.#source.place(waiter.cost, patienceNs(waiter, nowNs), nowNs);
      if (waitNs < 0) {
        this.#leave(waiter);
        endWait(waiter, outcomeOf(waitNs), nowNs, this.#observe);
      } else {
        waiter.dueNs = nowNs + BigInt(waitNs);
        waiter.plan = this.#plan;
        this.#placed = waiter;
      }
      waiter = following;
    }
  }

  /** Serves those whose alarm has not rung yet, though it should have. */
  #serveDue(nowNs: bigint): void {
    const first = this.#queue.first;
    if (first !== undefined && first.dueNs <= nowNs) this.#serve(nowNs);
  }

  /** Grants what is due and really there, and sets the alarm for what is not. */
  #serve(nowNs: bigint): void {
    for (let first = this.#queue.first; first !== undefined; first = this.#queue.first) {
      if (first.dueNs > nowNs) break;
      if (this.#source.take(first.cost, nowNs)) {
        this.#compareWithPlan(first, nowNs);
        this.#leave(first);
        endWait(first, 'granted', nowNs, this.#observe);
        continue;
      }
      const waitNs = within(this.#source.waitNs(first.cost, nowNs), patienceNs(first, nowNs));
      if (waitNs >= 0) {
        const dueNs = nowNs + BigInt(waitNs);
        this.#compareWithPlan(first, dueNs);
        first.dueNs = dueNs;
        break;
      }
      this.#isTrue = false;
      this.#leave(first);
      endWait(first, outcomeOf(waitNs), nowNs, this.#observe);
    }
    this.#arm();
  }

  /** A little lateness is how timers are; what adds up to more, or was not planned, makes the plan untrue. */
  #compareWithPlan(first: Waiter, servedNs: bigint): void {
    if (this.#isPlaced(first) && Number(servedNs - first.dueNs) <= LATENESS_NS) return;
    if (this.#isTrue && this.#impatient > 0) this.#settleSoon();
    this.#isTrue = false;
  }

  #settleSoon(): void {
    if (this.#willSettle) return;
    this.#willSettle = true;
    queueMicrotask(() => {
      this.#willSettle = false;
      if (this.#queue.size > 0) this.#settle(this.#alarms.nowNs());
    });
  }

  /** Refuses who waits too long, and serves who is due. */
  #settle(nowNs: bigint): void {
    if (this.#impatient > 0) this.#place(-Infinity, nowNs);
    const first = this.#queue.first;
    if (first !== undefined && !this.#isPlaced(first)) {
      const waitNs = this.#source.waitNs(first.cost, nowNs);
      first.dueNs = waitNs === Infinity ? nowNs : nowNs + BigInt(waitNs);
    }
    this.#serve(nowNs);
  }

  #giveUp(waiter: Waiter, reason: Error): void {
    const wasFirst = waiter === this.#queue.first;
    if (this.#isPlaced(waiter)) this.#isTrue = false;
    this.#leave(waiter);
    failWait(waiter, reason);
    if (this.#queue.size === 0) this.#arm();
    else if (wasFirst || this.#impatient > 0) this.#settleSoon();
  }

  #arm(): void {
    const first = this.#queue.first;
    this.#alarm.set(first?.dueNs);
    if (first !== undefined) return;
    this.#isTrue = false;
    this.#placed = undefined;
    this.#source.endPlan();
  }

  /** The clock gave up: so does everybody who waits for it. */
  #fail(fault: unknown): void {
    const reason = clockFault(fault);
    for (const waiter of this.#queue) {
      this.#leave(waiter);
      failWait(waiter, reason);
    }
    this.#arm();
  }
}

/** @returns `waitNs`, or one of {@link RESERVE} */
function within(waitNs: number, maxWaitNs: number): number {
  if (waitNs === Infinity) return RESERVE.never;
  return waitNs <= maxWaitNs ? waitNs : RESERVE.notYet;
}

function outcomeOf(waitNs: number): WaitOutcome {
  return waitNs === RESERVE.never ? 'never' : 'timed-out';
}
