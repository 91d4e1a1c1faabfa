// Native threads send and capture, or connect; here they are started, steered and read.

import { randomBytes, randomInt } from 'node:crypto';
import { getSystemErrorName } from 'node:util';
import type { NativeHandle, NativeScanCalls, NativeScanPlan } from '../../internal/binding.js';
import { toPacegateError } from '../../internal/native-error.js';
import { joinableBucket } from '../../limiters/bucket/bucket-place.js';
import { AUTO_RATE_START, autoRateStatistics } from '../auto-rate.js';
import type { BackoffEvent } from '../backoff-event.js';
import { recordingCounters } from '../recording.js';
import { decodeRecords, RESULT_RECORD_BYTES, type Notices, type ScanResult } from '../result.js';
import { connectReasons, nativeReasons, portStates, type ScanReason } from '../reasons.js';
import type { TarpitNotice } from '../hosts/host-watch.js';
import type { HostProgress } from '../hosts/host-progress.js';
import { scanFailure } from '../scan-errors.js';
import type { ScanPlan, Warn } from '../scan-plan.js';
import { SCAN_SLOT } from '../scan-slots.js';
import { encodeRanges } from '../targets/address-range.js';
import { defaultConcurrency } from './concurrency.js';
import type { EngineCounters, EnginePhase, ScanEngine } from './scan-engine.js';

/** Phases in the order of their numbers. */
const PHASES: readonly EnginePhase[] = [
  'created',
  'resolving',
  'sending',
  'draining',
  'done',
  'stopped',
  'failed',
];

/** With an automatic rate the next one is used too. Above the ports that Linux (32768-60999) and the IANA range hand out as local ones, but for a remainder. */
const SOURCE_PORTS = { first: 61_000, end: 65_535 } as const;

/** Drives one native scan. */
export class NativeScan implements ScanEngine {
  readonly technique: 'syn' | 'connect';
  readonly backend: string;
  readonly #native: NativeScanCalls;
  readonly #handle: number;
  readonly #capsOfRate: number | undefined;
  readonly #slots: Float64Array;
  readonly #plan: ScanPlan;
  readonly #warn: Warn;
  readonly #reasons: readonly ScanReason[];
  readonly #notices: Notices = { backoffs: [], tarpits: [] };
  /** Kept from one drain to the next: 64 KiB fifty times a second would keep the garbage collector busy. */
  #records = new Uint8Array();
  /** Taken at the end, when there is nobody left to ask. */
  #lastProgress: HostProgress | undefined;
  #hasToldOfShortage = false;
  #isClosed = false;

  /**
   * Opens the devices; sends nothing.
   *
   * @param warn - told why a backend that was wanted is not used, and, once, what this host ran short of
   * @throws PacegateError (`ERR_PACEGATE_NOT_PERMITTED`, `_NO_SUCH_INTERFACE`, `_INTERFACE_DOWN`, `_NO_ROUTE`,
   * `_NOT_SUPPORTED`, `_SYSTEM`; `_DISPOSED` for a limiter that is)
   */
  constructor(plan: ScanPlan, native: NativeScanCalls, warn: Warn) {
    this.technique = plan.technique;
    this.#native = native;
    this.#plan = plan;
    this.#warn = warn;
    this.#reasons = plan.technique === 'syn' ? nativeReasons : connectReasons;
    try {
      this.#handle = create(plan, native);
    } catch (error) {
      throw toPacegateError(error);
    }
    this.#capsOfRate = plan.capsOfRate;
    this.#shareCaps(plan.rate);
    this.#slots = native.scan_slots(this.#handle);
    this.backend = native.scan_backend(this.#handle);
    for (const note of native.scan_notes(this.#handle)) warn('backend-fallback', note);
  }

  start(): void {
    this.#native.scan_start(this.#handle);
  }

  pause(): void {
    this.#native.scan_pause(this.#handle);
  }

  resume(): void {
    this.#native.scan_resume(this.#handle);
  }

  setRate(rate: number): void {
    this.#native.scan_set_rate(this.#handle, rate);
    this.#shareCaps(rate);
  }

  #shareCaps(rate: number): void {
    if (this.#capsOfRate === undefined) return;
    this.#native.scan_set_cap_part(this.#handle, Math.min(rate / this.#capsOfRate, 1));
  }

  stop(): void {
    this.#native.scan_stop(this.#handle);
  }

  drain(max: number): ScanResult[] {
    const bytes = max * RESULT_RECORD_BYTES;
    if (this.#records.length !== bytes) this.#records = new Uint8Array(bytes);
    const results: ScanResult[] = [];
    // Records of another kind leave room: fewer than `max` results must mean that there are no more.
    for (let isMore = true; isMore && results.length < max;) {
      const room = (max - results.length) * RESULT_RECORD_BYTES;
      const count = this.#native.scan_drain(this.#handle, this.#records.subarray(0, room));
      isMore = count * RESULT_RECORD_BYTES === room;
      decodeRecords(this.#records, count, results, this.#notices, this.#reasons);
    }
    return results;
  }

  takeBackoffs(): BackoffEvent[] {
    return this.#notices.backoffs.splice(0);
  }

  takeTarpits(): TarpitNotice[] {
    return this.#notices.tarpits.splice(0);
  }

  counters(): EngineCounters {
    this.#watchShortage();
    const { firstPosition, startPosition, endPosition, settledBefore } = this.#plan;
    const slot = (name: keyof typeof SCAN_SLOT): number => this.#slots[SCAN_SLOT[name]] ?? 0;
    const recording = recordingCounters(this.#plan, slot);
    return {
      phase: PHASES[slot('phase')] ?? 'failed',
      positionsTotal: endPosition - firstPosition,
      positionsSettled: settledBefore + slot('settled'),
      resumePosition: Math.max(slot('resumePosition'), startPosition),
      sent: slot('sent'),
      sendFailures: slot('sendFailed'),
      busyRetries: slot('sendBusy'),
      received: slot('received'),
      kernelDropped: slot('receiveDropped'),
      invalid: slot('invalid'),
      duplicates: slot('duplicates'),
      late: slot('late'),
      open: slot('open'),
      closed: slot('closed'),
      filtered: slot('filtered'),
      noResponse: slot('noResponse'),
      unknown: slot('unknown'),
      icmpUnreachable: slot('icmpUnreachable'),
      targetRate: slot('targetRate'),
      currentRate: slot('currentRate'),
      forgone: slot('forgone'),
      interDepartureUs: {
        p50: slot('departureP50Us'),
        p99: slot('departureP99Us'),
        max: slot('departureMaxUs'),
      },
      cpuNs: slot('sendCpuNs') + slot('captureCpuNs'),
      pacedPackets: slot('pacedPackets'),
      pacedNs: slot('pacedNs'),
      activePackets: slot('activePackets'),
      activeNs: slot('activeNs'),
      silentNeighbours: slot('silentNeighbours'),
      backoff: {
        targets: slot('backedOffTargets'),
        parked: slot('parked'),
        isAll: slot('allBackedOff') === 1,
        full: slot('laneFull'),
        givenUp: slot('givenUp'),
      },
      smoothedRttUs: slot('smoothedRttUs'),
      hosts: {
        active: slot('activeHosts'),
        timedOut: slot('hostTimeouts'),
        tarpits: slot('tarpits'),
      },
      limiterWaits: slot('limiterWaits'),
      ...(this.#plan.autoRate ? { autoRate: autoRateStatistics(slot) } : {}),
      ...(recording === undefined ? {} : { recording }),
    };
  }

  /** Of connections. A device that sends packets is busy now and then, and nobody need know. */
  #watchShortage(): void {
    if (this.technique === 'syn' || this.#hasToldOfShortage) return;
    if ((this.#slots[SCAN_SLOT.sendBusy] ?? 0) === 0) return;
    this.#hasToldOfShortage = true;
    const code = getSystemErrorName(-(this.#slots[SCAN_SLOT.faultErrno] ?? 0));
    this.#warn('host-short', `this host ran short (${code}): fewer connections at once`);
  }

  hostProgress(): HostProgress {
    return this.#lastProgress ?? Array.from(this.#native.scan_hosts(this.#handle));
  }

  fault(): Error | undefined {
    if (PHASES[this.#slots[SCAN_SLOT.phase] ?? 0] !== 'failed') return undefined;
    return scanFailure(this.#slots[SCAN_SLOT.faultErrno] ?? 0);
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#lastProgress = this.hostProgress();
    this.#native.scan_destroy(this.#handle);
  }
}

/** A limiter that threads charge becomes a shared one. */
function create(plan: ScanPlan, native: NativeScanCalls): NativeHandle {
  const limiter = joinableBucket(plan.limiter);
  if (limiter === undefined) return native.scan_create(nativePlan(plan));
  const { place, madeWith } = limiter.join();
  return native.scan_create(nativePlan(plan), place, madeWith.rate, madeWith.burst);
}

function nativePlan(plan: ScanPlan): NativeScanPlan {
  return {
    ranges: encodeRanges(plan.ranges),
    ports: plan.ports,
    rate: plan.autoRate ? Math.min(plan.rate, AUTO_RATE_START) : plan.rate,
    autoRateCap: plan.autoRate ? plan.rate : 0,
    precision: plan.precision,
    catchUpMs: plan.catchUpMs,
    retries: plan.retries,
    timeoutMs: plan.timeoutMs,
    seed: BigInt(plan.seed),
    cookieKey: randomBytes(16),
    sourcePort: randomInt(SOURCE_PORTS.first, SOURCE_PORTS.end),
    interfaceName: plan.interfaceName,
    ...waysOut(plan),
    adaptiveRate: plan.backoff.adaptiveRate,
    backoffLimitMs: plan.backoff.backoffLimitMs,
    maxTargetRate: plan.backoff.maxTargetRate,
    maxPrefixRate: plan.backoff.maxPrefixRate.rate,
    capPrefixV4: plan.backoff.maxPrefixRate.prefixV4,
    capPrefixV6: plan.backoff.maxPrefixRate.prefixV6,
    adaptiveTimeout: plan.hosts.adaptiveTimeout,
    maxHostgroup: plan.hosts.max,
    minHostgroup: plan.hosts.min,
    hostgroupBarrier: plan.hosts.isBarrier,
    hostTimeoutMs: plan.hosts.timeoutMs,
    tarpitOpen: plan.hosts.tarpit.open,
    tarpitProbed: plan.hosts.tarpit.probed,
    tarpitSkip: plan.hosts.tarpit.isSkipped,
    hostProgress: Float64Array.from(plan.hostProgress),
    recordFile: plan.pcap?.file ?? '',
    recordGoesOn: plan.pcap?.goesOn ?? false,
    reportMask: plan.states.reduce((mask, state) => mask | (1 << portStates.indexOf(state)), 0),
    startPosition: plan.startPosition,
    endPosition: plan.endPosition,
  };
}

/** Through a device, or through the sockets of the operating system. */
function waysOut(plan: ScanPlan): Pick<NativeScanPlan, 'backend' | 'maxSockets'> {
  const maxSockets = plan.maxWorkers ?? defaultConcurrency();
  return { backend: plan.technique === 'syn' ? plan.backend : 'connect', maxSockets };
}
