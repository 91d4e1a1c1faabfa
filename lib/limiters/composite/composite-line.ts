import { nsFromMs } from '../../internal/duration.js';
import type { Alarm, AlarmClock } from '../../internal/system-timer.js';
import type { Patience } from '../decision.js';
import { type Turn, TurnLine } from '../waiting/turn-line.js';
import type { WaitObserver } from '../waiting/waiting-line.js';
import type { CompositeCost } from './composite-cost.js';
import type { CompositeDecision, MemberSet } from './member-set.js';

type Waiter = Turn<CompositeCost, boolean>;

/** Waits are looked at again after this time, and then after twice the time waited so far. */
const FIRST_LOOK_NS = 1_000_000_000n;

/**
 * Those who wait for several limits at once. Whoever is first takes from all limits at the moment at which all allow
 * it, and holds nothing before; nobody overtakes.
 *
 * The limits belong to others too, who may take from them, give back or change them meanwhile: the first therefore
 * looks again when the time comes, and from time to time before.
 */
export class CompositeLine {
  readonly #members: MemberSet;
  readonly #alarms: AlarmClock;
  readonly #observe: WaitObserver;
  readonly #line: TurnLine<CompositeCost, boolean>;
  #alarm: Alarm | undefined;
  #awaited: string | undefined;

  constructor(members: MemberSet, alarms: AlarmClock, observe: WaitObserver) {
    this.#members = members;
    this.#alarms = alarms;
    this.#observe = observe;
    this.#line = new TurnLine(alarms, {
      lastCall: () => {
        this.serve();
      },
      timedOut: (waiter) => {
        this.#answer(waiter, 'timed-out', this.#alarms.nowNs());
        this.serve();
      },
      gaveUp: () => {
        this.serve();
      },
    });
  }

  get size(): number {
    return this.#line.size;
  }

  /** The limit that the first waits for; undefined when nobody waits. */
  get awaited(): string | undefined {
    return this.#line.size === 0 ? undefined : this.#awaited;
  }

  /** What those ask for who come before a newcomer of `priority`. */
  ahead(priority = 0): CompositeCost[] {
    return [...this.#line.ahead(priority)];
  }

  /** @returns whether it was granted; rejects with the signal's reason, or with what a limit throws */
  join(cost: CompositeCost, patience: Patience): Promise<boolean> {
    const nowNs = this.#alarms.nowNs();
    const isFirst = this.#line.size === 0;
    const { allowed, retryAfterMs, refusedBy } = isFirst
      ? this.#members.take(cost)
      : this.#members.look(cost);
    if (isFirst && allowed) {
      this.#observe('granted', 1, 0, nowNs);
      return Promise.resolve(true);
    }
    // Those ahead can only make it longer.
    if (
      retryAfterMs === Infinity ||
      retryAfterMs > patience.timeoutMs ||
      patience.timeoutMs === 0
    ) {
      this.#members.countRefusal(refusedBy ?? this.#awaited);
      this.#observe(retryAfterMs === Infinity ? 'never' : 'timed-out', 1, 0, nowNs);
      return Promise.resolve(false);
    }
    const waiting = this.#line.join(cost, patience);
    this.serve();
    return waiting;
  }

  /** Grants what can be granted now, and arranges the next look. */
  serve(): void {
    this.#alarm?.cancel();
    this.#alarm = undefined;
    try {
      while (this.#serveFirst());
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Refuses everybody. */
  close(): void {
    const nowNs = this.#alarms.nowNs();
    for (let first = this.#line.first; first !== undefined; first = this.#line.first) {
      this.#line.take(first);
      this.#answer(first, 'disposed', nowNs);
    }
    this.serve();
  }

  /** @returns whether the first has left, so that another may be served */
  #serveFirst(): boolean {
    const { first } = this.#line;
    if (first === undefined) return false;
    const nowNs = this.#alarms.nowNs();
    const decision = this.#members.take(first.request);
    const leftMs = first.timeoutMs - Number(nowNs - first.joinedNs) / 1e6;
    if (decision.allowed) {
      this.#line.take(first);
      this.#answer(first, 'granted', nowNs);
      return true;
    }
    if (decision.retryAfterMs === Infinity || decision.retryAfterMs > leftMs) {
      this.#line.take(first);
      this.#members.countRefusal(decision.refusedBy);
      this.#answer(first, decision.retryAfterMs === Infinity ? 'never' : 'timed-out', nowNs);
      return true;
    }
    this.#lookAgain(first, decision, nowNs);
    return false;
  }

  #lookAgain(first: Waiter, { retryAfterMs, refusedBy }: CompositeDecision, nowNs: bigint): void {
    this.#awaited = refusedBy;
    const waitedNs = nowNs - first.joinedNs;
    const latestNs = waitedNs > FIRST_LOOK_NS ? waitedNs : FIRST_LOOK_NS;
    const dueNs = nsFromMs(retryAfterMs) || 1n;
    this.#alarm = this.#alarms.set(
      nowNs + (dueNs < latestNs ? dueNs : latestNs),
      () => {
        this.serve();
      },
      (fault) => {
        this.#fail(fault);
      },
    );
  }

  #answer(waiter: Waiter, outcome: Parameters<WaitObserver>[0], nowNs: bigint): void {
    this.#observe(outcome, 1, Number(nowNs - waiter.joinedNs), nowNs);
    waiter.resolve(outcome === 'granted');
  }

  /** A limit, or the clock, threw: everybody learns of it, for nobody can be served. */
  #fail(fault: unknown): void {
    const reason = fault instanceof Error ? fault : new Error(`a limit failed: ${String(fault)}`);
    for (let first = this.#line.first; first !== undefined; first = this.#line.first) {
      this.#line.take(first);
      first.reject(reason);
    }
  }
}
