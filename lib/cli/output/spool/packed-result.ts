// A result in eight 32-bit words, so that millions of them fit on a disk and sort without becoming objects.

import type { ScanResult } from '../../../scan/index.js';
import { nativeReasons, otherReasons, portStates, type ScanReason } from '../../../scan/reasons.js';
import { formatIpv4, formatIpv6Groups, parseAddress } from '../../../scan/targets/address.js';

/** Words of one packed result. */
export const WORDS = 8;
export const PACKED_BYTES = WORDS * Uint32Array.BYTES_PER_ELEMENT;

/** A result, and the time of day at which it was noted, in seconds since 1970. */
export interface TimedResult extends ScanResult {
  readonly atS: number;
}

// Word 0: family << 8 | ttl, 0 = none · 1 to 4: the address, an IPv4 one in word 1 · 5: port << 16 | state << 8 | reason ·
// 6: round-trip time in microseconds, NO_RTT = none · 7: time of day in seconds.
const NO_RTT = 0xffff_ffff;
/** Number of the first reason that is not native; they are counted down, whatever comes to the native ones. */
const OTHER_REASON = 255;

const DOT = 46;
const ZERO = 48;

/** Packs `result` into `words` from `at` on. */
export function pack(result: ScanResult, atS: number, words: Uint32Array, at: number): void {
  const { address } = result;
  const family = address.includes(':') ? 6 : 4;
  words[at] = (family << 8) | (result.ttl ?? 0);
  if (family === 4) packIpv4(address, words, at + 1);
  else packIpv6(address, words, at + 1);
  const state = portStates.indexOf(result.state);
  words[at + 5] = ((result.port << 16) | (state << 8) | reasonCode(result.reason)) >>> 0;
  const rttUs = result.rttMs === undefined ? NO_RTT : Math.round(result.rttMs * 1000);
  words[at + 6] = Math.min(rttUs, NO_RTT);
  words[at + 7] = atS;
}

/** The text is canonical: this is several times as fast as reading any text. */
function packIpv4(address: string, words: Uint32Array, at: number): void {
  let value = 0;
  let part = 0;
  for (let i = 0; i < address.length; i++) {
    const code = address.charCodeAt(i);
    if (code !== DOT) part = part * 10 + (code - ZERO);
    else {
      value = value * 256 + part;
      part = 0;
    }
  }
  words[at] = value * 256 + part;
  words.fill(0, at + 1, at + 4);
}

function packIpv6(address: string, words: Uint32Array, at: number): void {
  const value = parseAddress(address)?.value ?? 0n;
  for (let i = 0; i < 4; i++) {
    words[at + i] = Number((value >> BigInt(96 - 32 * i)) & 0xffff_ffffn);
  }
}

/** Makes a result again of what {@link pack} has written. */
export function unpack(words: Uint32Array, at: number): TimedResult {
  const word = (i: number): number => words[at + i] ?? 0;
  const ttl = word(0) & 255;
  const rttUs = word(6);
  const reason = word(5) & 255;
  return {
    address: word(0) >>> 8 === 4 ? formatIpv4(word(1)) : formatIpv6Groups(groups(word)),
    port: word(5) >>> 16,
    protocol: 'tcp',
    state: portStates[(word(5) >>> 8) & 255] ?? 'unknown',
    reason: otherReasons[OTHER_REASON - reason] ?? nativeReasons[reason] ?? 'no-response',
    ...(rttUs === NO_RTT ? {} : { rttMs: rttUs / 1000 }),
    ...(ttl === 0 ? {} : { ttl }),
    atS: word(7),
  };
}

function groups(word: (i: number) => number): number[] {
  return [1, 2, 3, 4].flatMap((i) => [word(i) >>> 16, word(i) & 0xffff]);
}

function reasonCode(reason: ScanReason): number {
  const other = (otherReasons as readonly ScanReason[]).indexOf(reason);
  if (other >= 0) return OTHER_REASON - other;
  return (nativeReasons as readonly ScanReason[]).indexOf(reason);
}

/** Orders packed results by IP version, address and port; 0 for two of the same port. */
export function comparePacked(a: Uint32Array, at: number, b: Uint32Array, bt: number): number {
  const host = compareHosts(a, at, b, bt);
  return host === 0 ? ((a[at + 5] ?? 0) >>> 16) - ((b[bt + 5] ?? 0) >>> 16) : host;
}

/** Orders packed results by IP version and address alone. */
export function compareHosts(a: Uint32Array, at: number, b: Uint32Array, bt: number): number {
  const family = ((a[at] ?? 0) >>> 8) - ((b[bt] ?? 0) >>> 8);
  if (family !== 0) return family;
  for (let i = 1; i <= 4; i++) {
    const difference = (a[at + i] ?? 0) - (b[bt + i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
