// IP addresses as integers. Text is accepted in its strict forms only: dotted quads without leading zeros, hex or
// missing parts (the forms that different programs read differently), and IPv6 as RFC 4291 section 2.2 writes it.

import { isIPv4, isIPv6 } from 'node:net';

/** The IP version of an address. */
export type AddressFamily = 4 | 6;

/** One address: `value` is its 32 or 128 bits as an unsigned integer. */
export interface Address {
  readonly family: AddressFamily;
  readonly value: bigint;
}

/** Number of bits in an address of this family. */
export function addressBits(family: AddressFamily): number {
  return family === 4 ? 32 : 128;
}

/** The highest address of a family. */
export function lastAddress(family: AddressFamily): bigint {
  return (1n << BigInt(addressBits(family))) - 1n;
}

/**
 * Reads one address, or gives undefined where the text is not one. Zone ids (`fe80::1%eth0`) are not part of an
 * address and give undefined.
 */
export function parseAddress(text: string): Address | undefined {
  if (isIPv4(text)) return { family: 4, value: ipv4Value(text) };
  if (isIPv6(text) && !text.includes('%')) return { family: 6, value: ipv6Value(text) };
  return undefined;
}

const DOT = 0x2e;
const ZERO = 0x30;

/** By character: lists of a million addresses come through here. */
function ipv4Value(text: string): bigint {
  let value = 0;
  let octet = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === DOT) {
      value = value * 256 + octet;
      octet = 0;
    } else {
      octet = octet * 10 + code - ZERO;
    }
  }
  return BigInt(value * 256 + octet);
}

function ipv6Value(text: string): bigint {
  const [head = '', tail] = text.split('::');
  const high = ipv6Groups(head);
  if (tail === undefined) return joinGroups(high);
  const low = ipv6Groups(tail);
  const zeros = new Array<number>(8 - high.length - low.length).fill(0);
  return joinGroups([...high, ...zeros, ...low]);
}

function ipv6Groups(text: string): number[] {
  if (text === '') return [];
  return text.split(':').flatMap((part) => {
    if (!part.includes('.')) return [Number.parseInt(part, 16)];
    const value = Number(ipv4Value(part));
    return [Math.floor(value / 65_536), value % 65_536];
  });
}

function joinGroups(groups: readonly number[]): bigint {
  return groups.reduce((value, group) => (value << 16n) | BigInt(group), 0n);
}

/** Writes an address in its canonical text (IPv6 as RFC 5952 asks: lower case, the longest run of zeros as `::`). */
export function formatAddress(family: AddressFamily, value: bigint): string {
  return family === 4 ? formatIpv4(Number(value)) : formatIpv6(value);
}

/** Writes an IPv4 address given as an unsigned 32-bit number. */
export function formatIpv4(value: number): string {
  return `${value >>> 24}.${(value >>> 16) & 255}.${(value >>> 8) & 255}.${value & 255}`;
}

function formatIpv6(value: bigint): string {
  const groups = Array.from({ length: 8 }, (_, i) =>
    Number((value >> BigInt(112 - 16 * i)) & 0xffffn),
  );
  return formatIpv6Groups(groups);
}

/** Writes an IPv6 address given as its eight 16-bit groups. */
export function formatIpv6Groups(groups: readonly number[]): string {
  const gap = longestZeroRun(groups);
  const hex = groups.map((group) => group.toString(16));
  if (gap.length < 2) return hex.join(':');
  return `${hex.slice(0, gap.start).join(':')}::${hex.slice(gap.start + gap.length).join(':')}`;
}

function longestZeroRun(groups: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  let start = 0;
  groups.forEach((group, index) => {
    if (group !== 0) start = index + 1;
    else if (index + 1 - start > best.length) best = { start, length: index + 1 - start };
  });
  return best;
}
