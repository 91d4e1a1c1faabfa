// Tasks that wait for a permit: one line in front of one limiter, so that a task gives up because the limiter does not
// serve, and not because others stand before it.

import { onAbort } from '../../../internal/abort-listeners.js';
import { nsFromMs } from '../../../internal/duration.js';
import { type Linked, LinkedList } from '../../../internal/linked-list.js';
import type { Alarm, AlarmClock } from '../../../internal/system-timer.js';

/** What stands behind a line. */
export interface PermitSource<Permit> {
  /** Waits for the next permit; undefined when there is none to be had. */
  ask(target: string, signal: AbortSignal): Promise<Permit | undefined>;
  /** Takes a permit back for which nobody waits any more. */
  giveBack(permit: Permit): void;
  /** Whether permits are held here, and will come back: then nobody gives up. */
  isMoving(): boolean;
}

interface Waiter<Permit> extends Linked<Waiter<Permit>> {
  readonly target: string;
  readonly sinceNs: bigint;
  /** Undefined: endless. */
  readonly patienceNs: bigint | undefined;
  forget: () => void;
  isGone: boolean;
  readonly resolve: (permit: Permit | undefined) => void;
  readonly reject: (reason: Error) => void;
}

/**
 * First come, first served. Only the first asks the source. Who has waited for its patience while nobody was served
 * gives up: with a source that is slow but serves, the whole line has patience.
 */
export class PermitLine<Permit> {
  readonly #source: PermitSource<Permit>;
  readonly #alarms: AlarmClock;
  readonly #waiters = new LinkedList<Waiter<Permit>>();
  #asking: { readonly waiter: Waiter<Permit>; readonly end: AbortController } | undefined;
  /** When somebody was served, or everybody had reason to wait on. */
  #servedNs: bigint;
  #alarm: Alarm | undefined;
  #alarmNs = 0n;

  constructor(source: PermitSource<Permit>, alarms: AlarmClock) {
    this.#source = source;
    this.#alarms = alarms;
    this.#servedNs = alarms.nowNs();
  }

  /** How many wait. */
  get size(): number {
    return this.#waiters.size;
  }

  /**
   * Waits for a permit.
   *
   * @returns undefined when there was none in time
   * @throws (rejects) `signal.reason` when aborted, and what the source threw
   */
  join(target: string, patienceMs: number, signal: AbortSignal): Promise<Permit | undefined> {
    if (signal.aborted) return Promise.reject(signal.reason as Error);
    return new Promise((resolve, reject) => {
      const waiter: Waiter<Permit> = {
        target,
        sinceNs: this.#alarms.nowNs(),
        // A nanosecond at least: what is there now is got before any time has passed.
        patienceNs: patienceMs === Infinity ? undefined : nsFromMs(patienceMs) || 1n,
        forget: () => undefined,
        isGone: false,
        resolve,
        reject,
        previous: undefined,
        next: undefined,
      };
      waiter.forget = onAbort(signal, () => {
        this.#leave(waiter);
        reject(signal.reason as Error);
      });
      this.#waiters.push(waiter);
      this.#askNext();
      this.#arm(waiter);
    });
  }

  /** Serves everybody who waits for `target`, each with a permit of its own. */
  serve(target: string, makePermit: () => Permit): void {
    for (const waiter of this.#waiters) {
      if (waiter.target === target) this.#grant(waiter, makePermit());
    }
  }

  #grant(waiter: Waiter<Permit>, permit: Permit): void {
    this.#servedNs = this.#alarms.nowNs();
    this.#leave(waiter);
    waiter.resolve(permit);
  }

  #leave(waiter: Waiter<Permit>): void {
    waiter.isGone = true;
    waiter.forget();
    this.#waiters.remove(waiter);
    if (this.#asking?.waiter === waiter) this.#asking.end.abort();
    if (this.#waiters.size === 0) this.#disarm();
  }

  #askNext(): void {
    const { first } = this.#waiters;
    if (this.#asking !== undefined || first === undefined) return;
    this.#asking = { waiter: first, end: new AbortController() };
    this.#source.ask(first.target, this.#asking.end.signal).then(
      (permit) => {
        this.#answer(first, permit);
      },
      (error: unknown) => {
        this.#asking = undefined;
        if (!first.isGone) {
          this.#leave(first);
          first.reject(error as Error);
        }
        this.#askNext();
      },
    );
  }

  #answer(waiter: Waiter<Permit>, permit: Permit | undefined): void {
    this.#asking = undefined;
    if (!waiter.isGone && permit !== undefined) {
      this.#grant(waiter, permit);
    } else if (!waiter.isGone) {
      this.#leave(waiter);
      waiter.resolve(undefined);
    } else if (permit !== undefined) {
      this.#source.giveBack(permit);
    }
    this.#askNext();
  }

  /** When the patience of `waiter` ends, should nobody be served before. */
  #endNs({ sinceNs, patienceNs }: Waiter<Permit>): bigint | undefined {
    if (patienceNs === undefined) return undefined;
    return (sinceNs > this.#servedNs ? sinceNs : this.#servedNs) + patienceNs;
  }

  /** An alarm that comes too early is harmless: it looks, and is set again. */
  #arm(waiter: Waiter<Permit>): void {
    const endNs = this.#endNs(waiter);
    if (waiter.isGone || endNs === undefined) return;
    if (this.#alarm !== undefined && this.#alarmNs <= endNs) return;
    this.#disarm();
    this.#alarmNs = endNs;
    const look = (): void => {
      this.#alarm = undefined;
      this.#look();
    };
    this.#alarm = this.#alarms.set(endNs, look, (fault) => {
      this.#fail(fault as Error);
    });
  }

  #disarm(): void {
    this.#alarm?.cancel();
    this.#alarm = undefined;
  }

  #look(): void {
    const nowNs = this.#alarms.nowNs();
    if (this.#source.isMoving()) this.#servedNs = nowNs;
    for (const waiter of this.#waiters) {
      const endNs = this.#endNs(waiter);
      if (endNs !== undefined && endNs <= nowNs) {
        this.#leave(waiter);
        waiter.resolve(undefined);
      }
    }
    for (const waiter of this.#waiters) this.#arm(waiter);
  }

  #fail(fault: Error): void {
    for (const waiter of this.#waiters) {
      this.#leave(waiter);
      waiter.reject(fault);
    }
  }
}
