// The ICMP monitor as its user holds it: events, figures, and when it has to end.

import type { NativeHandle, NativeHostCalls, NativeMonitorCalls } from '../../internal/binding.js';
import { native } from '../../internal/binding.js';
import { checkOptions, invalidArgument } from '../../internal/check.js';
import { isPacegateError, PacegateError } from '../../internal/errors.js';
import { EventSource, type EventListener } from '../../internal/event-source.js';
import { toPacegateError } from '../../internal/native-error.js';
import { EventReader } from './event-reader.js';
import { decodeEvents, EVENT_RECORD_BYTES, type UnreachableEvent } from './icmp-event.js';
import { InterfaceNames } from './interface-names.js';
import { MONITOR_SLOT } from './monitor-slots.js';

/** Where a monitor listens. */
export interface IcmpMonitorOptions {
  /** One interface by its name; without it all of them, those included that appear later. */
  interface?: string;
}

/** Events of a monitor and what their listeners are given. */
export interface IcmpMonitorEvents {
  /** An ICMP error came in: `type` and `code` say which. */
  unreachable: [event: UnreachableEvent];
}

/** What a monitor has heard since its start. */
export interface IcmpMonitorStatistics {
  /** ICMP errors that could be read. */
  readonly received: number;
  /** The part of them about probes of this process: with the right secret, and with a wrong one. */
  readonly verified: number;
  readonly forged: number;
  /** Errors too short or too broken to say whom they are about; no event comes of them. */
  readonly unreadable: number;
  /** Events lost because nobody took the earlier ones: 8 192 wait for the first reader, 4 096 for a loop that lags. */
  readonly dropped: number;
  /** Errors lost because the kernel's ring was full. */
  readonly kernelDropped: number;
}

/** What a monitor reaches the outside through; tests put their own here. */
export interface IcmpMonitorDependencies {
  readonly native: NativeMonitorCalls & Pick<NativeHostCalls, 'host_interfaces'>;
  /** How often events are fetched while somebody listens, in milliseconds. */
  readonly pollMs: number;
}

const POLL_MS = 20;
const BATCH = 128;

/** Faults that make a monitor inactive instead of failing: what is missing is not the program's to mend. */
const INACTIVE_CODES: readonly string[] = [
  'ERR_PACEGATE_NOT_PERMITTED',
  'ERR_PACEGATE_NOT_SUPPORTED',
];

const abandoned = new FinalizationRegistry<() => void>((destroy) => {
  destroy();
});

/**
 * Hears the ICMP errors that come in, whichever program's packets they are about: "administratively prohibited" and
 * its kin, with the address that was probed, who refused, and whether it was a probe of ours. It only listens: other
 * programs and captures on the same interface notice nothing.
 *
 * There is one in a process, in whichever thread; its events go to every listener and every `for await` loop. Without
 * the privilege (CAP_NET_RAW) or on a system without packet capture it is not `active`, says why, and stays silent.
 *
 * While somebody listens the process is kept alive, until `close()` or `unref()`. What a listener throws becomes an
 * uncaught exception of the process; the other listeners and the loops lose nothing by it.
 *
 * @example
 * ```ts
 * import { BackoffTable } from 'pacegate';
 * import { IcmpMonitor } from 'pacegate/scan';
 *
 * using backoff = new BackoffTable();
 * using monitor = IcmpMonitor.start();
 * if (!monitor.active) console.warn(monitor.inactiveReason);
 * monitor.on('unreachable', ({ target, type, code, verified }) => {
 *   if (verified && type === 3 && code === 13) backoff.report(target);
 * });
 * ```
 */
export class IcmpMonitor
  extends EventSource<IcmpMonitorEvents>
  implements AsyncIterable<UnreachableEvent>, Disposable
{
  readonly #native: IcmpMonitorDependencies['native'];
  readonly #pollMs: number;
  readonly #readers = new Set<EventReader>();
  readonly #batch = new Uint8Array(BATCH * EVENT_RECORD_BYTES);
  readonly #interfaces: InterfaceNames;
  #slots: Float64Array = new Float64Array(Object.keys(MONITOR_SLOT).length);
  #handle: NativeHandle = 0;
  #inactiveReason = '';
  #taken = 0;
  /** Fetched, and not yet delivered. */
  #heard: UnreachableEvent[] = [];
  #isDelivering = false;
  #lostByReaders = 0;
  #timer: NodeJS.Timeout | undefined;
  #keepsAlive = true;

  /** @internal Monitors are made by `IcmpMonitor.start()`. */
  constructor(options: IcmpMonitorOptions, dependencies: IcmpMonitorDependencies) {
    super(['unreachable']);
    this.#native = dependencies.native;
    this.#interfaces = new InterfaceNames(dependencies.native);
    this.#pollMs = dependencies.pollMs;
    const name = checkInterface(options);
    try {
      this.#begin(this.#native.monitor_create(name));
    } catch (thrown) {
      const error = toPacegateError(thrown);
      if (!isPacegateError(error) || !INACTIVE_CODES.includes(error.code)) throw error;
      this.#inactiveReason = error.message;
    }
  }

  /**
   * Begins to listen.
   *
   * @throws PacegateError `ERR_PACEGATE_MONITOR_RUNNING` while another monitor of this process is active,
   * `ERR_PACEGATE_NO_SUCH_INTERFACE`, `ERR_PACEGATE_INTERFACE_DOWN`, `ERR_PACEGATE_INVALID_ARGUMENT`,
   * `ERR_PACEGATE_SYSTEM`; never for a missing privilege or a system that cannot do it
   */
  static start(options: IcmpMonitorOptions = {}): IcmpMonitor {
    return new IcmpMonitor(options, { native, pollMs: POLL_MS });
  }

  /** Whether it listens: false after `close()`, and from the start where it cannot. */
  get active(): boolean {
    return this.#handle !== 0;
  }

  /** Why it does not listen, and how to change that; empty while it does. */
  get inactiveReason(): string {
    return this.#inactiveReason;
  }

  /** Live figures; they stay after the end. */
  get statistics(): IcmpMonitorStatistics {
    const slot = (name: keyof typeof MONITOR_SLOT): number => this.#slots[MONITOR_SLOT[name]] ?? 0;
    return {
      received: slot('received'),
      verified: slot('verified'),
      forged: slot('forged'),
      unreadable: slot('unreadable'),
      dropped: slot('dropped') + this.#lostByReaders,
      kernelDropped: slot('kernelDropped'),
    };
  }

  /**
   * Calls `listener` for every ICMP error. Errors that came before anybody listened are delivered first.
   *
   * @throws PacegateError for an event there is not, and for what is no function
   */
  override on<Name extends keyof IcmpMonitorEvents>(
    event: Name,
    listener: EventListener<IcmpMonitorEvents[Name]>,
  ): this {
    super.on(event, listener);
    this.#adjustTimer();
    return this;
  }

  /** Ends what {@link on} began. */
  override off<Name extends keyof IcmpMonitorEvents>(
    event: Name,
    listener: EventListener<IcmpMonitorEvents[Name]>,
  ): this {
    super.off(event, listener);
    this.#adjustTimer();
    return this;
  }

  /** A loop over all errors from now on; it ends when the monitor is closed. Leaving it leaves the monitor running. */
  [Symbol.asyncIterator](): AsyncIterator<UnreachableEvent, undefined> {
    const reader = new EventReader((left) => {
      this.#readers.delete(left);
      this.#adjustTimer();
    });
    if (!this.active) reader.end();
    else this.#readers.add(reader);
    this.#adjustTimer();
    return reader;
  }

  /** Keeps the process alive while somebody listens: so it is at first. */
  ref(): this {
    this.#keepsAlive = true;
    this.#timer?.ref();
    return this;
  }

  /** Lets the process end although somebody listens. */
  unref(): this {
    this.#keepsAlive = false;
    this.#timer?.unref();
    return this;
  }

  /**
   * Ends it: delivers what has been heard, ends the loops, and lets another monitor start. Idempotent. A listener that
   * calls it hears nothing more; the others and the loops still get what had been heard by then.
   */
  close(): void {
    if (!this.active) return;
    let isMore = true;
    while (isMore) isMore = this.#fetch();
    this.#destroy();
    this.#adjustTimer();
    if (this.#isDelivering) this.removeRunningListener();
    else this.#deliver();
  }

  /** As {@link close}. */
  [Symbol.dispose](): void {
    this.close();
  }

  #begin(handle: NativeHandle): void {
    if (handle === 0) {
      throw new PacegateError(
        'ERR_PACEGATE_MONITOR_RUNNING',
        'an IcmpMonitor is active in this process already, and there is one for all: close() that one first, or share its events',
      );
    }
    this.#handle = handle;
    this.#slots = this.#native.monitor_slots(handle);
    const { monitor_destroy: destroy } = this.#native;
    abandoned.register(
      this,
      () => {
        destroy(handle);
      },
      this,
    );
  }

  #destroy(): void {
    const handle = this.#handle;
    this.#handle = 0;
    this.#inactiveReason = 'it has been closed';
    abandoned.unregister(this);
    this.#native.monitor_destroy(handle);
  }

  #adjustTimer(): void {
    const isHeard = this.#readers.size > 0 || this.listenerCount('unreachable') > 0;
    if (!this.active || !isHeard) {
      clearInterval(this.#timer);
      this.#timer = undefined;
    } else if (this.#timer === undefined) {
      this.#timer = setInterval(() => {
        this.#poll();
      }, this.#pollMs);
      if (!this.#keepsAlive) this.#timer.unref();
    }
  }

  #poll(): void {
    while (this.active && this.#fetch()) this.#deliver();
  }

  /** Fetches what waits. That there is something is seen in shared memory, without a call. @returns whether there was */
  #fetch(): boolean {
    if (this.#slots[MONITOR_SLOT.queued] === this.#taken) return false;
    const count = this.#native.monitor_drain(this.#handle, this.#batch);
    this.#taken += count;
    this.#heard.push(
      ...decodeEvents(this.#batch, count, (index) => this.#interfaces.nameOf(index)),
    );
    return count > 0;
  }

  /** Listeners may close the monitor meanwhile, and so add to what has been heard. */
  #deliver(): void {
    this.#isDelivering = true;
    for (const event of this.#heard) {
      for (const reader of this.#readers) if (!reader.push(event)) this.#lostByReaders += 1;
      this.emit('unreachable', event);
    }
    this.#heard = [];
    this.#isDelivering = false;
    if (this.active) return;
    for (const reader of this.#readers) reader.end();
    this.#readers.clear();
    this.removeListeners();
  }
}

function checkInterface(options: unknown): string {
  const { interface: name } = checkOptions('options', options, ['interface']);
  if (name === undefined) return '';
  if (typeof name === 'string' && name !== '') return name;
  throw invalidArgument('options.interface', name, 'the name of a network interface');
}
