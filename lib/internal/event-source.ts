import { invalidArgument } from './check.js';

/** Called with what an event brings. */
export type EventListener<Values extends unknown[]> = (...values: Values) => void;

/**
 * Something that tells of events. Listeners are called at once, in the order in which they were added, and events in
 * the order in which they happened, also when a listener causes another one. A listener that throws stops nobody: its
 * error becomes an uncaught exception of the process, in a turn of its own.
 *
 * @typeParam Events - each event's name, with the list of what its listeners are given
 */
export abstract class EventSource<Events extends { [Name in keyof Events]: unknown[] }> {
  readonly #listeners = new Map<keyof Events, Set<EventListener<never>>>();
  readonly #pending: (() => void)[] = [];
  #isDelivering = false;
  #forgetRunning: () => void = () => undefined;

  /** @param names - of all events there are */
  protected constructor(names: readonly (keyof Events & string)[]) {
    for (const name of names) this.#listeners.set(name, new Set());
  }

  /**
   * Calls `listener` at every such event; added twice, it is called once.
   *
   * @throws PacegateError for an event there is not, and for what is no function
   */
  on<Name extends keyof Events & string>(event: Name, listener: EventListener<Events[Name]>): this {
    const listeners = this.#listenersOf(event);
    if (typeof listener !== 'function') throw invalidArgument('listener', listener, 'a function');
    listeners.add(listener);
    return this;
  }

  /**
   * Ends what {@link on} began; nothing happens where it had not.
   *
   * @throws PacegateError for an event there is not
   */
  off<Name extends keyof Events & string>(
    event: Name,
    listener: EventListener<Events[Name]>,
  ): this {
    this.#listenersOf(event).delete(listener);
    return this;
  }

  /** Tells whoever listens. To be called when everything is in its new state, for listeners may call back. */
  protected emit<Name extends keyof Events & string>(event: Name, ...values: Events[Name]): void {
    const listeners = this.#listenersOf(event);
    if (listeners.size === 0) return;
    this.#pending.push(() => {
      for (const listener of [...listeners] as unknown as EventListener<Events[Name]>[]) {
        this.#forgetRunning = () => listeners.delete(listener);
        callSafely(() => {
          listener(...values);
        });
      }
    });
    if (!this.#isDelivering) this.#deliver();
  }

  /** Listeners of one event. */
  protected listenerCount(event: keyof Events & string): number {
    return this.#listenersOf(event).size;
  }

  /** Forgets the listener that runs at this moment, where one does. */
  protected removeRunningListener(): void {
    this.#forgetRunning();
  }

  /** Forgets all listeners. */
  protected removeListeners(): void {
    for (const listeners of this.#listeners.values()) listeners.clear();
  }

  #deliver(): void {
    this.#isDelivering = true;
    for (let tell = this.#pending.shift(); tell !== undefined; tell = this.#pending.shift()) tell();
    this.#isDelivering = false;
    this.#forgetRunning = () => undefined;
  }

  #listenersOf(event: keyof Events): Set<EventListener<never>> {
    const listeners = this.#listeners.get(event);
    if (listeners !== undefined) return listeners;
    const names = [...this.#listeners.keys()].map((name) => `'${String(name)}'`);
    throw invalidArgument('event', event, names.join(' or '));
  }
}

function callSafely(call: () => void): void {
  try {
    call();
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}
