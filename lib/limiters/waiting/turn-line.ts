import { onAbort } from '../../internal/abort-listeners.js';
import { nsFromMs } from '../../internal/duration.js';
import { type Linked, LinkedList } from '../../internal/linked-list.js';
import type { Alarm, AlarmClock } from '../../internal/system-timer.js';
import type { Patience } from '../decision.js';

/** Somebody who waits for a turn: what is asked for, and how to answer. */
export interface Turn<Request, Grant> extends Linked<Turn<Request, Grant>> {
  readonly request: Request;
  readonly priority: number;
  readonly joinedNs: bigint;
  readonly timeoutMs: number;
  readonly resolve: (grant: Grant) => void;
  readonly reject: (reason: Error) => void;
  isWaiting: boolean;
  alarm: Alarm | undefined;
  forgetSignal: (() => void) | undefined;
}

/** Told of those who leave unserved; they are out of the line by then. */
export interface TurnObserver<Request, Grant> {
  /** Somebody's patience ends at this very moment: the last chance to serve it. */
  lastCall?(): void;
  /** Its patience has ended: has to be answered. */
  timedOut(turn: Turn<Request, Grant>): void;
  /** Its signal was aborted, or the clock failed: has been answered. */
  gaveUp(turn: Turn<Request, Grant>): void;
}

/**
 * Those who wait for something that comes when it comes: higher priority first, first come first served within it.
 * Each has its own time-out and signal. For limits that can tell in advance when somebody is served there is
 * `WaitingLine`.
 */
export class TurnLine<Request, Grant> {
  readonly #alarms: AlarmClock;
  readonly #observer: TurnObserver<Request, Grant>;
  /** By priority, the highest first; none is empty. */
  readonly #ranks: { priority: number; turns: LinkedList<Turn<Request, Grant>> }[] = [];
  #size = 0;

  constructor(alarms: AlarmClock, observer: TurnObserver<Request, Grant>) {
    this.#alarms = alarms;
    this.#observer = observer;
  }

  get size(): number {
    return this.#size;
  }

  /** Whose turn it is next. */
  get first(): Turn<Request, Grant> | undefined {
    return this.#ranks[0]?.turns.first;
  }

  /** What those ask for who come before a newcomer of `priority`, in order. */
  *ahead(priority: number): Generator<Request> {
    for (const rank of this.#ranks) {
      if (rank.priority < priority) return;
      for (const turn of rank.turns) yield turn.request;
    }
  }

  /** @param patience - not aborted, and with a timeout above 0 */
  join(request: Request, patience: Patience): Promise<Grant> {
    const { signal, timeoutMs, priority } = patience;
    const joinedNs = this.#alarms.nowNs();
    return new Promise((resolve, reject) => {
      const turn: Turn<Request, Grant> = {
        ...{ request, priority, joinedNs, timeoutMs, resolve, reject },
        isWaiting: true,
        ...{ alarm: undefined, forgetSignal: undefined, previous: undefined, next: undefined },
      };
      this.#add(turn);
      if (timeoutMs !== Infinity) this.#limit(turn, joinedNs + nsFromMs(timeoutMs));
      if (signal === undefined) return;
      turn.forgetSignal = onAbort(signal, () => {
        this.#leave(turn, signal.reason as Error);
      });
    });
  }

  /** Takes somebody out, who is to be answered then. */
  take(turn: Turn<Request, Grant>): void {
    turn.isWaiting = false;
    turn.alarm?.cancel();
    turn.forgetSignal?.();
    const index = this.#rankIndex(turn.priority);
    const turns = this.#ranks[index]?.turns;
    turns?.remove(turn);
    this.#size--;
    if (turns?.size === 0) this.#ranks.splice(index, 1);
  }

  #limit(turn: Turn<Request, Grant>, deadlineNs: bigint): void {
    turn.alarm = this.#alarms.set(
      deadlineNs,
      () => {
        this.#observer.lastCall?.();
        if (!turn.isWaiting) return;
        this.take(turn);
        this.#observer.timedOut(turn);
      },
      (fault) => {
        const text = `the clock failed: ${String(fault)}`;
        this.#leave(turn, fault instanceof Error ? fault : new Error(text));
      },
    );
  }

  #leave(turn: Turn<Request, Grant>, reason: Error): void {
    this.take(turn);
    turn.reject(reason);
    this.#observer.gaveUp(turn);
  }

  #add(turn: Turn<Request, Grant>): void {
    const { priority } = turn;
    const index = this.#rankIndex(priority);
    let rank = this.#ranks[index];
    if (rank?.priority !== priority) {
      rank = { priority, turns: new LinkedList() };
      this.#ranks.splice(index, 0, rank);
    }
    rank.turns.push(turn);
    this.#size++;
  }

  /** Where the rank of `priority` is, or would be. */
  #rankIndex(priority: number): number {
    let low = 0;
    let high = this.#ranks.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#ranks[middle]?.priority ?? -Infinity) > priority) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
