// Frames with right checksums, for tests that send them.
import { isIPv6 } from 'node:net';
import { parseAddress } from '../../../lib/scan/targets/address.js';

export const PROTOCOL = { icmp: 1, tcp: 6, udp: 17 } as const;

/** What a frame is made of. */
export interface FrameParts {
  /** MAC addresses, as `ip` writes them; absent for a bare IP packet. */
  readonly link?: { readonly source: string; readonly destination: string };
  readonly source: string;
  readonly destination: string;
  readonly protocol: keyof typeof PROTOCOL;
  /** Default 4000 and 9. */
  readonly sourcePort?: number;
  readonly destinationPort?: number;
  /** Bytes of payload, default 0. */
  readonly payload?: number;
}

/** A TCP SYN, a UDP datagram or an ICMP echo request. */
export function buildFrame(parts: FrameParts): Buffer {
  const [source, destination] = [bytesOf(parts.source), bytesOf(parts.destination)];
  const segment = transport(parts, Buffer.concat([source, destination]));
  const header = isIPv6(parts.source) ? ipv6Header : ipv4Header;
  const ip = header(source, destination, PROTOCOL[parts.protocol], segment.length);
  return Buffer.concat([linkHeader(parts), ip, segment]);
}

function linkHeader({ link, source }: FrameParts): Buffer {
  if (link === undefined) return Buffer.alloc(0);
  const mac = (text: string): Buffer => Buffer.from(text.replaceAll(':', ''), 'hex');
  const type = Buffer.from(isIPv6(source) ? '86dd' : '0800', 'hex');
  return Buffer.concat([mac(link.destination), mac(link.source), type]);
}

function ipv4Header(source: Buffer, destination: Buffer, protocol: number, bytes: number): Buffer {
  const header = Buffer.alloc(20);
  header.writeUInt8(0x45, 0);
  header.writeUInt16BE(20 + bytes, 2);
  header.writeUInt16BE(1, 4); // an identification of 0 would be replaced by the kernel
  header.writeUInt8(64, 8);
  header.writeUInt8(protocol, 9);
  header.set(source, 12);
  header.set(destination, 16);
  header.writeUInt16BE(checksum(header), 10);
  return header;
}

function ipv6Header(source: Buffer, destination: Buffer, protocol: number, bytes: number): Buffer {
  const header = Buffer.alloc(40);
  header.writeUInt8(0x60, 0);
  header.writeUInt16BE(bytes, 4);
  header.writeUInt8(protocol, 6);
  header.writeUInt8(64, 7);
  header.set(source, 8);
  header.set(destination, 24);
  return header;
}

function transport(parts: FrameParts, addresses: Buffer): Buffer {
  const { protocol, sourcePort = 4000, destinationPort = 9, payload = 0 } = parts;
  const header = Buffer.alloc(protocol === 'tcp' ? 20 : 8);
  const segment = Buffer.concat([header, Buffer.alloc(payload, 'pacegate ')]);
  if (protocol === 'icmp') {
    segment.writeUInt8(8, 0);
    segment.writeUInt16BE(checksum(segment), 2);
    return segment;
  }
  segment.writeUInt16BE(sourcePort, 0);
  segment.writeUInt16BE(destinationPort, 2);
  const pseudo = Buffer.alloc(4);
  pseudo.writeUInt8(PROTOCOL[protocol], 1);
  pseudo.writeUInt16BE(segment.length, 2);
  if (protocol === 'tcp') segment.writeUInt16BE(0x5002, 12);
  else segment.writeUInt16BE(segment.length, 4);
  const sum = checksum(Buffer.concat([addresses, pseudo, segment]));
  if (protocol === 'tcp') segment.writeUInt16BE(sum, 16);
  else segment.writeUInt16BE(sum === 0 ? 0xffff : sum, 6);
  return segment;
}

function bytesOf(address: string): Buffer {
  const parsed = parseAddress(address);
  if (parsed === undefined) throw new Error(`no address: ${address}`);
  const digits = parsed.family === 4 ? 8 : 32;
  return Buffer.from(parsed.value.toString(16).padStart(digits, '0'), 'hex');
}

/** RFC 1071. */
function checksum(bytes: Buffer): number {
  let sum = 0;
  for (const [i, byte] of bytes.entries()) sum += i % 2 === 0 ? byte * 256 : byte;
  while (sum > 0xffff) sum = (sum % 0x10000) + Math.floor(sum / 0x10000);
  return 0xffff - sum;
}
