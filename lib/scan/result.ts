// One result, and the native engine's 32-byte records read into results.

import type { BackoffEvent } from './backoff-event.js';
import type { TarpitNotice } from './hosts/host-watch.js';
import { formatIpv4, formatIpv6Groups } from './targets/address.js';
import { nativeReasons, portStates, type PortState, type ScanReason } from './reasons.js';

/** What was found out about one port of one address. Every (address, port) of a scan gives exactly one. */
export interface ScanResult {
  /** The address in its canonical text. */
  readonly address: string;
  readonly port: number;
  readonly protocol: 'tcp';
  readonly state: PortState;
  /** What the state was judged from, such as `syn-ack`, `reset`, `admin-prohibited`, `no-response`. */
  readonly reason: ScanReason;
  /** From the probe to its answer, in milliseconds; absent without an answer. */
  readonly rttMs?: number;
  /** Time to live (IPv4) or hop limit (IPv6) of the answer; absent where the technique cannot see it. */
  readonly ttl?: number;
}

/** Bytes of one record in the native engine's ring. */
export const RESULT_RECORD_BYTES = 32;

/** Kinds of records in the order of their numbers. */
const KIND = { finding: 0, backoff: 1, allBackedOff: 2, tarpit: 3 } as const;

/** What records tell that are no results. */
export interface Notices {
  readonly backoffs: BackoffEvent[];
  readonly tarpits: TarpitNotice[];
}

/** Reads the first `count` records of `bytes`, each to the end of the list that takes its kind. */
export function decodeRecords(
  bytes: Uint8Array,
  count: number,
  results: ScanResult[],
  { backoffs, tarpits }: Notices,
  reasons: readonly ScanReason[] = nativeReasons,
): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at < count * RESULT_RECORD_BYTES; at += RESULT_RECORD_BYTES) {
    const kind = view.getUint8(at + 22);
    if (kind === KIND.finding) results.push(decodeResult(view, at, reasons));
    else if (kind === KIND.tarpit) tarpits.push(decodeTarpit(view, at));
    else backoffs.push(kind === KIND.backoff ? decodeBackoff(view, at) : { all: true });
  }
}

// Layout, little-endian but for the address: 0 address (16) · 16 port u16 · 18 family u8 · 19 state u8 · 20 reason u8 ·
// 21 ttl u8, 0 = none · 22 kind u8 · 23 level u8 · 24 round-trip time f32 in microseconds, NaN = none · 28 silence u32
// in milliseconds. A back-off has the bits of its address that count in the place of the port; a tarpit its open ports
// there, and its probed ones in the place of the silence.
function decodeResult(view: DataView, at: number, reasons: readonly ScanReason[]): ScanResult {
  const rttUs = view.getFloat32(at + 24, true);
  const ttl = view.getUint8(at + 21);
  return {
    address: decodeAddress(view, at),
    port: view.getUint16(at + 16, true),
    protocol: 'tcp',
    state: portStates[view.getUint8(at + 19)] ?? 'unknown',
    reason: reasons[view.getUint8(at + 20)] ?? 'no-response',
    ...(Number.isNaN(rttUs) ? {} : { rttMs: roundedMs(rttUs) }),
    ...(ttl === 0 ? {} : { ttl }),
  };
}

function decodeBackoff(view: DataView, at: number): BackoffEvent {
  const bits = view.getUint16(at + 16, true);
  const address = decodeAddress(view, at);
  const isWhole = bits === (view.getUint8(at + 18) === 4 ? 32 : 128);
  return {
    target: isWhole ? address : `${address}/${bits}`,
    level: view.getUint8(at + 23),
    remainingMs: view.getUint32(at + 28, true),
  };
}

function decodeTarpit(view: DataView, at: number): TarpitNotice {
  return {
    address: decodeAddress(view, at),
    open: view.getUint16(at + 16, true),
    probed: view.getUint32(at + 28, true),
  };
}

function decodeAddress(view: DataView, at: number): string {
  if (view.getUint8(at + 18) === 4) return formatIpv4(view.getUint32(at));
  return formatIpv6Groups(Array.from({ length: 8 }, (_, i) => view.getUint16(at + 2 * i)));
}

/** Milliseconds to the microsecond: further digits are noise and would only lengthen the output. */
export function roundedMs(us: number): number {
  return Math.round(us) / 1000;
}
