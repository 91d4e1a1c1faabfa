// Capture files, read as other programs read them.
import { readFileSync } from 'node:fs';
import { formatAddress } from '../../lib/scan/targets/address.js';

/** A TCP or ICMP packet, or a question or answer about a neighbour. */
export interface Packet {
  readonly timeNs: bigint;
  readonly kind: 'syn' | 'syn-ack' | 'reset' | 'icmp' | 'neighbour' | 'other';
  readonly from: string;
  readonly to: string;
  /** 0 for what is not TCP. */
  readonly toPort: number;
}

export interface Capture {
  readonly linkType: number;
  readonly packets: readonly Packet[];
  /** Bytes behind the last whole record. */
  readonly leftOver: number;
}

const ETHERNET = 1;
const TCP = 6;
const ICMPV6 = 58;
/** Solicitation and advertisement. */
const NDP_TYPES = new Set([135, 136]);

/** @throws when the file is no pcap file with nanoseconds */
export function readCapture(file: string): Capture {
  const bytes = readFileSync(file);
  if (bytes.readUInt32LE(0) !== 0xa1b23c4d) throw new Error(`${file} is no capture file`);
  const linkType = bytes.readUInt32LE(20);
  const packets: Packet[] = [];
  let at = 24;
  while (at + 16 <= bytes.length) {
    const end = at + 16 + bytes.readUInt32LE(at + 8);
    if (end > bytes.length) break;
    const timeNs =
      BigInt(bytes.readUInt32LE(at)) * 1_000_000_000n + BigInt(bytes.readUInt32LE(at + 4));
    const frame = bytes.subarray(at + 16, end);
    packets.push({ timeNs, ...(linkType === ETHERNET ? ofEthernet(frame) : ofIp(frame)) });
    at = end;
  }
  return { linkType, packets, leftOver: bytes.length - at };
}

type Content = Omit<Packet, 'timeNs'>;

function ofEthernet(frame: Buffer): Content {
  if (frame.readUInt16BE(12) === 0x0806) {
    return { kind: 'neighbour', from: '', to: '', toPort: 0 };
  }
  return ofIp(frame.subarray(14));
}

function ofIp(packet: Buffer): Content {
  const isV4 = packet.readUInt8(0) >> 4 === 4;
  const [from, to] = isV4
    ? [addressOf(packet.subarray(12, 16)), addressOf(packet.subarray(16, 20))]
    : [addressOf(packet.subarray(8, 24)), addressOf(packet.subarray(24, 40))];
  const protocol = packet.readUInt8(isV4 ? 9 : 6);
  const payload = packet.subarray(isV4 ? (packet.readUInt8(0) & 15) * 4 : 40);
  if (protocol === TCP) {
    return { kind: tcpKind(payload.readUInt8(13)), from, to, toPort: payload.readUInt16BE(2) };
  }
  const isNeighbour = protocol === ICMPV6 && NDP_TYPES.has(payload.readUInt8(0));
  return { kind: isNeighbour ? 'neighbour' : 'icmp', from, to, toPort: 0 };
}

function addressOf(bytes: Buffer): string {
  return formatAddress(bytes.length === 4 ? 4 : 6, BigInt(`0x${bytes.toString('hex')}`));
}

function tcpKind(flags: number): Content['kind'] {
  if ((flags & 4) !== 0) return 'reset';
  if ((flags & 18) === 18) return 'syn-ack';
  return (flags & 2) !== 0 ? 'syn' : 'other';
}
