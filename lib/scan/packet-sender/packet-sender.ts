// Sending frames of one's own at a pace: the native sender as its user holds it.

import { native, type NativeHandle, type NativeSenderInfo } from '../../internal/binding.js';
import { onAbort } from '../../internal/abort-listeners.js';
import { invalidArgument } from '../../internal/check.js';
import { DisposedError, PacegateError } from '../../internal/errors.js';
import { toPacegateError } from '../../internal/native-error.js';
import { frameRefused, scanFailure } from '../scan-errors.js';
import { slotReader, TRANSMIT_PHASE, type ReadSlot } from './sender-slots.js';
import type { JoinableBucket } from '../../limiters/bucket/bucket-place.js';
import {
  checkRate,
  checkSenderOptions,
  type PacketSenderOptions,
  type SenderSettings,
} from './sender-options.js';
import {
  senderStatistics,
  transmitReport,
  type PacketSenderStatistics,
  type SendReport,
} from './sender-statistics.js';
import {
  checkFrame,
  checkTransmitOptions,
  fromValue,
  type TransmitJob,
  type TransmitOptions,
} from './transmit-options.js';

/** Closes the native half of senders that were dropped without being closed. */
const dropped = new FinalizationRegistry<NativeHandle>((handle) => {
  native.sender_close(handle);
});

/** Between two looks at a transmit: short ones end soon, long ones cost nothing. */
const MAX_POLL_MS = 16;

/**
 * Sends raw frames on one interface, at most `rate` a second and at most as fast as `limiter` allows. Needs the privilege
 * to (CAP_NET_RAW on Linux; `pacegate doctor` tells).
 *
 * `transmit()` sends a template many times from a native thread: what JavaScript does meanwhile does not matter to its
 * pace. `send()` sends frames of one's own during the call. Only for networks you are authorised to send to.
 *
 * @example
 * ```ts
 * import { PacketSender } from 'pacegate/scan';
 *
 * using sender = PacketSender.open({ interface: 'eth0', rate: 10_000 });
 * const report = await sender.transmit({ template, vary: 'ipv4-destination', from: '10.0.0.1', count: 254 });
 * console.log(`${report.sent} sent, ${report.packetsPerSecond.toFixed(0)}/s`);
 * ```
 */
export class PacketSender implements Disposable {
  /** 0 once it is closed. */
  #handle: NativeHandle;
  #rate: number;
  /** From the start of a transmit until its report is made. */
  #isTransmitting = false;
  readonly #info: NativeSenderInfo;
  readonly #slot: ReadSlot;

  /**
   * Opens the interface; sends nothing.
   *
   * @throws PacegateError `ERR_PACEGATE_INVALID_ARGUMENT` or `_OUT_OF_RANGE` for options, `_NOT_PERMITTED`,
   * `_NO_SUCH_INTERFACE`, `_INTERFACE_DOWN`, `_NOT_SUPPORTED` (a backend that cannot be had here, with the reason),
   * `_DISPOSED` for a limiter that is, `_SYSTEM`
   */
  static open(options: PacketSenderOptions): PacketSender {
    return new PacketSender(checkSenderOptions(options));
  }

  private constructor({ native: settings, limiter }: SenderSettings) {
    this.#handle = this.#call(() => native.sender_open(settings));
    dropped.register(this, this.#handle, this);
    if (limiter !== undefined) this.#chargeTo(limiter);
    this.#rate = settings.rate;
    this.#info = native.sender_info(this.#handle);
    this.#slot = slotReader(native.sender_slots(this.#handle));
  }

  /** How frames are sent: `packet`, `rawip`, `xdp` or `pcap`. */
  get backend(): string {
    return this.#info.backend;
  }

  /** Whether frames begin with an Ethernet header; else with their IP header. */
  get takesEthernet(): boolean {
    return this.#info.ethernet;
  }

  /** Packets a second; Infinity for as fast as the device takes them. */
  get rate(): number {
    return this.#rate;
  }

  /** Live figures, also while a transmit runs and after `close()`. */
  get statistics(): PacketSenderStatistics {
    // Frames of `send()` that `xdp` held have left meanwhile.
    if (this.#handle !== 0) native.sender_take_departures(this.#handle);
    return senderStatistics(this.#slot, this.#info.backend, this.#rate);
  }

  /**
   * Sends what rate, limiter and device allow at this moment, from the first frame on; never waits. Time that passed
   * since counts up to `catchUpMs`.
   *
   * @param frames - whole frames, see {@link TransmitOptions.template}; copied during the call
   * @returns how many were taken
   * @throws PacegateError for what is no frame (`frames[3]` is named) or too large, and while a transmit runs
   * (`ERR_PACEGATE_TRANSMIT_RUNNING`), then nothing is sent; when the device refuses the first frame for good
   * (`ERR_PACEGATE_SYSTEM`, `_INTERFACE_DOWN`); after `close()`
   */
  send(frames: readonly Uint8Array[]): number {
    if (!Array.isArray(frames)) throw invalidArgument('frames', frames, 'a list of Uint8Arrays');
    frames.forEach((frame, index) => checkFrame(`frames[${index}]`, frame, this.#info));
    this.#checkIdle();
    const taken = this.#call(() => native.sender_send(this.#handle, frames));
    if (taken < 0) throw frameRefused(-taken);
    return taken;
  }

  /**
   * Sends `count` frames made from a template, on a native thread; one transmit at a time. The process stays alive until
   * it is over. Frames that the device refuses for good are counted and passed over; when it is busy they wait.
   *
   * @returns when all were sent or refused, or when it was aborted or the sender closed (`complete: false`)
   * @throws (rejects) PacegateError for wrong options or a template that does not hold what varies, while another
   * transmit runs (`ERR_PACEGATE_TRANSMIT_RUNNING`), when the device took nothing for 5 s (`ERR_PACEGATE_SYSTEM`,
   * `_INTERFACE_DOWN`, `_NO_SUCH_INTERFACE`), after `close()`
   */
  async transmit(options: TransmitOptions): Promise<SendReport> {
    this.#checkAlive();
    const job = checkTransmitOptions(options, this.#info, (template, vary) =>
      this.#call(() => native.sender_inspect(this.#handle, template, vary)),
    );
    this.#checkIdle();
    const isWanted = job.signal?.aborted !== true;
    const { template, vary, first, count } = job;
    this.#call(() => {
      native.sender_transmit(this.#handle, template, vary, first, isWanted ? count : 0);
    });
    this.#isTransmitting = true;
    try {
      await this.#transmitted(job.signal);
      return this.#report(job);
    } finally {
      this.#isTransmitting = false;
    }
  }

  /**
   * Changes the rate from now on, also of the transmit under way.
   *
   * @throws PacegateError for a rate that `open` would refuse, and after `close()`
   */
  setRate(rate: number): void {
    const checked = checkRate(rate);
    this.#checkAlive();
    native.sender_set_rate(this.#handle, checked);
    this.#rate = checked;
  }

  /** Closes the device. A transmit under way ends and resolves with what was sent. May be called twice. */
  close(): void {
    if (this.#handle === 0) return;
    dropped.unregister(this);
    native.sender_close(this.#handle);
    this.#handle = 0;
  }

  /** As {@link close}. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** Once the device is open: a bucket that has been shared stays so, and goes without leases. */
  #chargeTo(limiter: JoinableBucket): void {
    try {
      const { place, madeWith } = limiter.join();
      native.sender_charge_to(this.#handle, place, madeWith.rate, madeWith.burst);
    } catch (error) {
      this.close();
      throw toPacegateError(error);
    }
  }

  #checkAlive(): void {
    if (this.#handle === 0) throw new DisposedError('PacketSender');
  }

  #checkIdle(): void {
    this.#checkAlive();
    if (!this.#isTransmitting) return;
    throw new PacegateError(
      'ERR_PACEGATE_TRANSMIT_RUNNING',
      'this PacketSender transmits: await that, abort it, or open another one',
    );
  }

  #call<T>(body: () => T): T {
    try {
      return body();
    } catch (error) {
      throw toPacegateError(error);
    }
  }

  /** Looks now and then, instead of being called; the timer is what keeps process and sender alive. */
  async #transmitted(signal: AbortSignal | undefined): Promise<void> {
    const forget =
      signal &&
      onAbort(signal, () => {
        if (this.#handle !== 0) native.sender_stop(this.#handle);
      });
    for (let ms = 1; this.#slot('phase') === TRANSMIT_PHASE.running; ms *= 2) {
      await new Promise((resolve) => setTimeout(resolve, Math.min(ms, MAX_POLL_MS)));
    }
    forget?.();
  }

  #report({ count, first, vary }: TransmitJob): SendReport {
    if (this.#slot('phase') === TRANSMIT_PHASE.failed) throw scanFailure(this.#slot('faultErrno'));
    const report = transmitReport(this.#slot);
    const done = report.sent + report.failed;
    const complete = done === count;
    return { ...report, complete, next: complete ? undefined : fromValue(first + done, vary) };
  }
}
