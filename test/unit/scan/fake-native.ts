// A native scan surface in memory: the tests move it on by hand.

import type { NativeInterface, NativeScanPlan } from '../../../lib/internal/binding.js';
import type { ScanDependencies } from '../../../lib/scan/prepare.js';
import { SCAN_SLOT, SCAN_SLOT_COUNT } from '../../../lib/scan/scan-slots.js';

/** What a record is written from; addresses are IPv4 here. */
export interface FakeFinding {
  host: number;
  port: number;
  state: 0 | 1 | 2 | 3;
  reason: number;
  ttl?: number;
  rttUs?: number;
}

export class FakeNative {
  readonly slots = new Float64Array(SCAN_SLOT_COUNT);
  readonly calls: string[] = [];
  plan: NativeScanPlan | undefined;
  /** Where the limiter is, and what it was made with. */
  limiter: readonly unknown[] = [];
  records: Uint8Array[] = [];
  /** Parts of the caps, in the order in which they were set. */
  readonly capParts: number[] = [];
  /** What scan_create throws. */
  refusal: Error | undefined;
  whyNotRaw = '';
  notes: string[] = [];
  /** What scan_hosts gives. */
  hosts: number[] = [0];
  rawFault = 'not_permitted';
  interfaces: NativeInterface[] = [];

  find(finding: FakeFinding): void {
    this.records.push(encodeRecord(finding));
    const slot = (
      [SCAN_SLOT.open, SCAN_SLOT.closed, SCAN_SLOT.filtered, SCAN_SLOT.unknown] as const
    )[finding.state];
    this.set(slot, this.get(slot) + 1);
    this.set(SCAN_SLOT.settled, this.get(SCAN_SLOT.settled) + 1);
  }

  /** Ends the scan: 4 done, 5 stopped, 6 failed. */
  end(phase: 4 | 5 | 6, resumePosition = this.get(SCAN_SLOT.positions)): void {
    this.set(SCAN_SLOT.resumePosition, resumePosition);
    this.set(SCAN_SLOT.phase, phase);
  }

  set(slot: number, value: number): void {
    this.slots[slot] = value;
  }

  get(slot: number): number {
    return this.slots[slot] ?? 0;
  }

  /** The calls that a Scan makes. */
  surface(): ScanDependencies['native'] {
    const note = (call: string) => () => {
      this.calls.push(call);
    };
    return {
      scan_create: (plan, ...limiter) => {
        if (this.refusal !== undefined) throw this.refusal;
        this.plan = plan;
        this.limiter = limiter;
        this.calls.push('create');
        this.set(SCAN_SLOT.positions, (plan.ranges.length / 33) * plan.ports.length);
        return 7;
      },
      scan_start: note('start'),
      scan_pause: note('pause'),
      scan_resume: note('resume'),
      scan_stop: note('stop'),
      scan_set_rate: note('set_rate'),
      scan_set_cap_part: (_handle, part) => this.capParts.push(part),
      scan_drain: (_handle, records) => {
        const taken = this.records.splice(0, Math.floor(records.length / 32));
        taken.forEach((record, i) => {
          records.set(record, i * 32);
        });
        return taken.length;
      },
      scan_slots: () => this.slots,
      scan_backend: () => 'packet',
      scan_notes: () => this.notes,
      scan_hosts: () => Float64Array.from(this.hosts),
      scan_destroy: note('destroy'),
      host_can_send_raw: () => this.whyNotRaw,
      host_require_raw: () => {
        if (this.whyNotRaw === '') return;
        throw Object.assign(new Error(this.whyNotRaw), { fault: this.rawFault });
      },
      host_interfaces: () => this.interfaces,
    };
  }
}

export function encodeRecord({
  host,
  port,
  state,
  reason,
  ttl = 0,
  rttUs = Number.NaN,
}: FakeFinding): Uint8Array {
  const record = new Uint8Array(32);
  const view = new DataView(record.buffer);
  view.setUint32(0, host);
  view.setUint16(16, port, true);
  view.setUint8(18, 4);
  view.setUint8(19, state);
  view.setUint8(20, reason);
  view.setUint8(21, ttl);
  view.setFloat32(24, rttUs, true);
  return record;
}

/** What a record of a back-off is written from. */
export interface FakeBackoff {
  host: number;
  bits: number;
  level: number;
  remainingMs: number;
}

export function encodeBackoff(backoff: FakeBackoff | 'all'): Uint8Array {
  if (backoff === 'all') {
    const record = encodeRecord({ host: 0, port: 0, state: 3, reason: 0 });
    record[22] = 2;
    return record;
  }
  const { host, bits, level, remainingMs } = backoff;
  const record = encodeRecord({ host, port: bits, state: 2, reason: 9 });
  record[22] = 1;
  record[23] = level;
  new DataView(record.buffer).setUint32(28, remainingMs, true);
  return record;
}

/** A target with 55 of 64 probed ports open. */
export function encodeTarpit(host: number): Uint8Array {
  const record = encodeRecord({ host, port: 55, state: 0, reason: 0 });
  record[22] = 3;
  new DataView(record.buffer).setUint32(28, 64, true);
  return record;
}
