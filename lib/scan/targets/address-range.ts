// Sets of addresses as sorted, disjoint, inclusive ranges: a /8 costs one object, not sixteen million.

import { addressBits, formatAddress, type Address, type AddressFamily } from './address.js';

/** All addresses of one family from `first` to `last`, both included. */
export interface AddressRange {
  readonly family: AddressFamily;
  readonly first: bigint;
  readonly last: bigint;
}

/** Bytes of one range in the form the native engine reads. */
export const RANGE_RECORD_BYTES = 33;

/** The network of `prefixLength` bits that holds `address`; host bits are allowed and masked away. */
export function networkRange(address: Address, prefixLength: number): AddressRange {
  const { family, value } = address;
  if (prefixLength === addressBits(family)) return { family, first: value, last: value };
  const hostBits = BigInt(addressBits(family) - prefixLength);
  const first = (value >> hostBits) << hostBits;
  return { family, first, last: first + (1n << hostBits) - 1n };
}

/** Number of addresses in the range. */
export function rangeSize(range: AddressRange): bigint {
  return range.last - range.first + 1n;
}

/** Number of addresses in all the ranges together; duplicates count twice unless normalised. */
export function totalSize(ranges: readonly AddressRange[]): bigint {
  return ranges.reduce((sum, range) => sum + rangeSize(range), 0n);
}

/** True when `outer` holds every address of `inner`. */
export function containsRange(outer: AddressRange, inner: AddressRange): boolean {
  return outer.family === inner.family && outer.first <= inner.first && inner.last <= outer.last;
}

/** Sorts (IPv4 before IPv6, ascending) and joins what overlaps or touches, so every address appears exactly once. */
export function normalizeRanges(ranges: readonly AddressRange[]): AddressRange[] {
  const merged: AddressRange[] = [];
  for (const range of [...ranges].sort(compareRanges)) {
    const previous = merged.at(-1);
    if (previous?.family === range.family && range.first <= previous.last + 1n) {
      if (range.last > previous.last) merged[merged.length - 1] = { ...previous, last: range.last };
    } else {
      merged.push(range);
    }
  }
  return merged;
}

function compareRanges(a: AddressRange, b: AddressRange): number {
  if (a.family !== b.family) return a.family - b.family;
  if (a.first === b.first) return 0;
  return a.first < b.first ? -1 : 1;
}

/**
 * What is in `ranges` and not in `removed`; both normalised, the answer too. Linear in the two lengths. A range that
 * stays as it is stays the same object: a list of a million takes no further memory.
 */
export function subtractRanges(
  ranges: readonly AddressRange[],
  removed: readonly AddressRange[],
): AddressRange[] {
  const kept: AddressRange[] = [];
  let next = 0;
  for (const range of ranges) {
    const { family, first, last } = range;
    let start = first;
    while (isBefore(removed[next], family, start)) next++;
    for (let i = next; start <= last; i++) {
      const hole = removed[i];
      if (hole?.family !== family || hole.first > last) break;
      if (hole.first > start) kept.push({ family, first: start, last: hole.first - 1n });
      start = hole.last + 1n;
    }
    if (start === first) kept.push(range);
    else if (start <= last) kept.push({ family, first: start, last });
  }
  return kept;
}

function isBefore(hole: AddressRange | undefined, family: AddressFamily, start: bigint): boolean {
  if (hole === undefined) return false;
  return hole.family < family || (hole.family === family && hole.last < start);
}

/** What is in both; both normalised, the answer too. */
export function intersectRanges(
  a: readonly AddressRange[],
  b: readonly AddressRange[],
): AddressRange[] {
  return subtractRanges(a, subtractRanges(a, b));
}

/** Writes a range as a network where it is one, else as `first-last`. */
export function formatRange(range: AddressRange): string {
  const first = formatAddress(range.family, range.first);
  const size = rangeSize(range);
  if (size === 1n) return first;
  const hostBits = size.toString(2).length - 1;
  if (size === 1n << BigInt(hostBits) && range.first % size === 0n) {
    return `${first}/${addressBits(range.family) - hostBits}`;
  }
  return `${first}-${formatAddress(range.family, range.last)}`;
}

/** Packs normalised ranges as records of 33 bytes: family, first, last; addresses in network order. */
export function encodeRanges(ranges: readonly AddressRange[]): Uint8Array {
  const bytes = new Uint8Array(ranges.length * RANGE_RECORD_BYTES);
  const view = new DataView(bytes.buffer);
  ranges.forEach((range, index) => {
    const at = index * RANGE_RECORD_BYTES;
    view.setUint8(at, range.family);
    writeAddress(view, at + 1, range.family, range.first);
    writeAddress(view, at + 17, range.family, range.last);
  });
  return bytes;
}

function writeAddress(view: DataView, at: number, family: AddressFamily, value: bigint): void {
  if (family === 4) {
    view.setUint32(at, Number(value));
  } else {
    view.setBigUint64(at, value >> 64n);
    view.setBigUint64(at + 8, value & 0xffff_ffff_ffff_ffffn);
  }
}
