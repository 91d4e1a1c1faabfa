// One ICMP error as a program sees it, and the native engine's 72-byte records read into such.

import { formatIpv4, formatIpv6Groups, type AddressFamily } from '../targets/address.js';

/** Somebody says that a packet did not arrive: ICMPv4 types 3 and 11, ICMPv6 types 1 and 3. */
export interface UnreachableEvent {
  /** Where the packet was going: the destination quoted in the error, which need not be who sent the error. */
  readonly target: string;
  /** Who says so: the target, or a router or firewall before it. */
  readonly from: string;
  /** ICMPv4: 3 unreachable, 11 time exceeded. ICMPv6: 1 unreachable, 3 time exceeded. */
  readonly type: number;
  /** Of its type: ICMPv4 3/13 and ICMPv6 1/1 are "administratively prohibited". */
  readonly code: number;
  readonly family: AddressFamily;
  /** IP protocol of the quoted packet: 6 TCP, 17 UDP, 1 ICMP. */
  readonly protocol: number;
  /** Whose packet it was: the quoted source. */
  readonly source: string;
  /** Quoted ports; absent where the protocol is neither TCP nor UDP. */
  readonly sourcePort?: number;
  readonly targetPort?: number;
  /** The device by which the error came in. */
  readonly interface: string;
  /**
   * Whether the quoted packet was a probe of a scan that runs in this process: `true` when it carries the probe's
   * secret, `false` when it claims our source port and does not (a forgery; never act on it), `undefined` when it is
   * of somebody else.
   */
  readonly verified: boolean | undefined;
  /** When the kernel took it: nanoseconds of the monotonic clock, as `systemClock` and `process.hrtime` count. */
  readonly at: bigint;
}

/** Bytes of one event in the native engine's ring. */
export const EVENT_RECORD_BYTES = 72;

/** IP protocols whose ports are quoted. */
const PORTED: readonly number[] = [6, 17];
/** The monitor's judgement by its number: foreign, genuine, forged. */
const VERIFIED: readonly (boolean | undefined)[] = [undefined, true, false];

/**
 * Reads the first `count` records of `bytes`.
 *
 * @param nameOf - of the interface with this index
 */
export function decodeEvents(
  bytes: Uint8Array,
  count: number,
  nameOf: (interfaceIndex: number) => string,
): UnreachableEvent[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: count }, (_, i) => decodeEvent(view, i * EVENT_RECORD_BYTES, nameOf));
}

// Layout, little-endian but for the addresses: 0 time u64 · 8 target (16) · 24 from (16) · 40 source (16) ·
// 56 interface u32 · 60 source port u16 · 62 target port u16 · 64 family u8 · 65 type u8 · 66 code u8 · 67 protocol u8 ·
// 68 origin u8.
function decodeEvent(
  view: DataView,
  at: number,
  nameOf: (interfaceIndex: number) => string,
): UnreachableEvent {
  const family = view.getUint8(at + 64) === 6 ? 6 : 4;
  const protocol = view.getUint8(at + 67);
  const sourcePort = view.getUint16(at + 60, true);
  const targetPort = view.getUint16(at + 62, true);
  return {
    target: decodeAddress(view, at + 8, family),
    from: decodeAddress(view, at + 24, family),
    type: view.getUint8(at + 65),
    code: view.getUint8(at + 66),
    family,
    protocol,
    source: decodeAddress(view, at + 40, family),
    ...(PORTED.includes(protocol) ? { sourcePort, targetPort } : {}),
    interface: nameOf(view.getUint32(at + 56, true)),
    verified: VERIFIED[view.getUint8(at + 68)],
    at: view.getBigUint64(at, true),
  };
}

function decodeAddress(view: DataView, at: number, family: AddressFamily): string {
  if (family === 4) return formatIpv4(view.getUint32(at));
  return formatIpv6Groups(Array.from({ length: 8 }, (_, i) => view.getUint16(at + 2 * i)));
}
