// One `for await` loop over a monitor: its own queue, so that a slow loop holds nobody back.

import type { UnreachableEvent } from './icmp-event.js';

/** Events kept for a loop that lags; further ones are lost to it, and counted. */
const MAX_WAITING = 4096;

type Read = IteratorResult<UnreachableEvent, undefined>;

/** Every event from its creation to its end, in order. */
export class EventReader implements AsyncIterator<UnreachableEvent, undefined> {
  readonly #events: UnreachableEvent[] = [];
  readonly #waiters: ((read: Read) => void)[] = [];
  readonly #onLeave: (reader: EventReader) => void;
  #hasEnded = false;

  /** @param onLeave - told once when the loop is left */
  constructor(onLeave: (reader: EventReader) => void) {
    this.#onLeave = onLeave;
  }

  /** @returns false when the reader lags so far behind that the event is lost to it */
  push(event: UnreachableEvent): boolean {
    const waiter = this.#waiters.shift();
    if (waiter !== undefined) {
      waiter({ value: event, done: false });
      return true;
    }
    if (this.#events.length === MAX_WAITING) return false;
    this.#events.push(event);
    return true;
  }

  /** Nothing more comes; what waits can still be read. */
  end(): void {
    this.#hasEnded = true;
    for (const waiter of this.#waiters.splice(0)) waiter({ value: undefined, done: true });
  }

  next(): Promise<Read> {
    const value = this.#events.shift();
    if (value !== undefined) return Promise.resolve({ value, done: false });
    if (this.#hasEnded) return Promise.resolve({ value: undefined, done: true });
    return new Promise((resolve) => this.#waiters.push(resolve));
  }

  return(): Promise<Read> {
    this.#events.length = 0;
    this.end();
    this.#onLeave(this);
    return Promise.resolve({ value: undefined, done: true });
  }
}
