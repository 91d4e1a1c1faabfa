// What a packet sender reports, from the counters that native code writes.

import { TRANSMIT_PHASE, type ReadSlot } from './sender-slots.js';

/** Live figures of a {@link PacketSender} since it was opened. */
export interface PacketSenderStatistics {
  /** `packet`, `rawip`, `xdp` or `pcap`. */
  readonly backend: string;
  /** Whether a `transmit()` is under way. */
  readonly isTransmitting: boolean;
  /** Frames the device took. */
  readonly sent: number;
  /** Frames it refused for good. */
  readonly failed: number;
  /** Times it had no room, and was asked again a little later. */
  readonly busyRetries: number;
  /** Times the limiter had no token for a frame that was due. */
  readonly limiterWaits: number;
  /** Packets given up because the sender was held up for longer than `catchUpMs`. */
  readonly forgone: number;
  /** Mean of all transmits, each from its first packet to its last. */
  readonly packetsPerSecond: number;
  /** Of the transmit under way, over the last second; 0 when there is none. */
  readonly currentPacketsPerSecond: number;
  /** What was asked for; Infinity for as fast as it goes. */
  readonly targetPacketsPerSecond: number;
  /** Mean over target, as a percentage above (positive) or below it; 0 where the target is Infinity. */
  readonly rateErrorPercent: number;
  /**
   * Gaps between departures in transmits, in microseconds: between single packets where the backend knows these
   * (`xdp`), else between batches.
   */
  readonly interDepartureUs: { readonly p50: number; readonly p99: number; readonly max: number };
  /** CPU time of the transmitting threads, in milliseconds. */
  readonly cpuMs: number;
}

/** How a `transmit()` ended. */
export interface SendReport {
  /** Frames the device took. */
  readonly sent: number;
  /** Frames it refused for good. */
  readonly failed: number;
  /** From the start of the sending thread to its end. */
  readonly durationMs: number;
  /** From the first packet to the last. */
  readonly packetsPerSecond: number;
  /** False when it was aborted, or the sender closed, before every frame was sent or refused. */
  readonly complete: boolean;
  /** Where it is not complete: the `from` with which another transmit goes on. Undefined for `vary: 'none'`. */
  readonly next: string | number | undefined;
}

/** The figures of a sender. */
export function senderStatistics(
  slot: ReadSlot,
  backend: string,
  targetRate: number,
): PacketSenderStatistics {
  const mean = perSecond(slot('pacedPackets'), slot('pacedNs'));
  const isTransmitting = slot('phase') === TRANSMIT_PHASE.running;
  return {
    backend,
    isTransmitting,
    sent: slot('sent'),
    failed: slot('failed'),
    busyRetries: slot('busy'),
    limiterWaits: slot('starved'),
    forgone: slot('forgone'),
    packetsPerSecond: mean,
    currentPacketsPerSecond: isTransmitting ? slot('currentRate') : 0,
    targetPacketsPerSecond: targetRate,
    rateErrorPercent: mean === 0 || targetRate === Infinity ? 0 : (mean / targetRate - 1) * 100,
    interDepartureUs: { p50: slot('gapP50Us'), p99: slot('gapP99Us'), max: slot('gapMaxUs') },
    cpuMs: slot('cpuNs') / 1e6,
  };
}

/** The report of the transmit that has just ended, but for where to go on. */
export function transmitReport(slot: ReadSlot): Omit<SendReport, 'next'> {
  const sent = slot('runSent');
  const durationNs = slot('runEndNs') - slot('runStartNs');
  // What left in one batch has no pace of its own.
  const paced = perSecond(slot('runPacedPackets'), slot('runPacedNs'));
  return {
    sent,
    failed: slot('runFailed'),
    durationMs: durationNs / 1e6,
    packetsPerSecond: paced > 0 ? paced : perSecond(sent, durationNs),
    complete: slot('phase') === TRANSMIT_PHASE.complete,
  };
}

function perSecond(packets: number, ns: number): number {
  return ns > 0 ? (packets * 1e9) / ns : 0;
}
