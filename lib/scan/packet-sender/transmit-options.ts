// The options of a transmit, checked before anything is sent.

import {
  checkNumber,
  checkOptions,
  checkSignal,
  invalidArgument,
  outOfRange,
} from '../../internal/check.js';
import { InvalidRangeError } from '../../internal/errors.js';
import type { NativeSenderInfo, NativeVaried } from '../../internal/binding.js';
import { formatIpv4, parseAddress } from '../targets/address.js';
import { oneOf } from './sender-options.js';

/** What {@link PacketSender.transmit} sends. */
export interface TransmitOptions {
  /**
   * The frame: from its Ethernet header on (`backend: 'packet'`, `'xdp'`), or from its IP header on (`'rawip'`). Its
   * checksums must be right: they are kept right, not computed. A UDP checksum of 0 (none) stays 0.
   */
  template: Uint8Array;
  /**
   * What counts up by one from frame to frame: the destination of an IPv4 packet with TCP, UDP or ICMP; the destination
   * port of TCP or UDP over IPv4 or IPv6; or nothing.
   */
  vary: 'ipv4-destination' | 'destination-port' | 'none';
  /** The first value, an address or a port; by default the template's own. {@link SendReport.next} goes on. */
  from?: string | number;
  /** Frames to send; with `from` it must not lead beyond 255.255.255.255 or port 65535. */
  count: number;
  /** Ends the transmit early: its report then has `complete: false`. */
  signal?: AbortSignal;
}

/** {@link TransmitOptions} checked. */
export interface TransmitJob {
  readonly template: Uint8Array;
  readonly vary: NativeVaried;
  /** Of the varied field. */
  readonly first: number;
  readonly count: number;
  readonly signal: AbortSignal | undefined;
}

const KNOWN = ['template', 'vary', 'from', 'count', 'signal'];
const VARIED = ['none', 'ipv4-destination', 'destination-port'] as const;
const ETHERNET_HEADER = 14;
const LAST_PORT = 65_535;
const LAST_IPV4 = 0xffff_ffff;

/**
 * Checks every option.
 *
 * @param inspect - finds the varied field's value in the template, or throws that it does not fit
 * @throws PacegateError (`ERR_PACEGATE_INVALID_ARGUMENT`, `ERR_PACEGATE_OUT_OF_RANGE`)
 */
export function checkTransmitOptions(
  options: unknown,
  info: NativeSenderInfo,
  inspect: (template: Uint8Array, vary: NativeVaried) => number,
): TransmitJob {
  const given = checkOptions('options', options, KNOWN);
  const { from } = given;
  const template = checkFrame('template', given['template'], info);
  if (given['vary'] === undefined) {
    throw invalidArgument('vary', undefined, `one of ${VARIED.join(', ')}`);
  }
  const vary = oneOf('vary', given['vary'], VARIED);
  const count = checkNumber('count', given['count'], { min: 0, integer: true });
  const signal = checkSignal('signal', given['signal']);
  const inTemplate = inspect(template, vary);
  const first = from === undefined ? inTemplate : checkFrom(from, vary);
  checkEnd(first, count, vary);
  return { template, vary, first, count, signal };
}

/** @throws PacegateError for what is no frame, or one that the interface cannot send */
export function checkFrame(name: string, frame: unknown, info: NativeSenderInfo): Uint8Array {
  if (!(frame instanceof Uint8Array)) throw invalidArgument(name, frame, 'a Uint8Array');
  const header = info.ethernet ? ETHERNET_HEADER : 0;
  if (frame.length === 0 || frame.length < header) {
    const least = info.ethernet ? 'at least an Ethernet header (14 bytes)' : 'an IP packet';
    throw new InvalidRangeError(`${name} must be ${least}, not ${frame.length} bytes`);
  }
  if (frame.length > info.largestFrame) {
    const limit = `at most ${info.largestFrame} bytes (${whatLimits(info, header)})`;
    throw new InvalidRangeError(`${name} must be ${limit}, not ${frame.length}`);
  }
  return frame;
}

function whatLimits({ backend, mtu, largestFrame }: NativeSenderInfo, header: number): string {
  if (largestFrame < mtu + header) return `more does not go through backend ${backend}`;
  return `an MTU of ${mtu}${header > 0 ? ' and an Ethernet header' : ''}`;
}

/** The `from` of the frame with this value in its varied field. */
export function fromValue(value: number, vary: NativeVaried): string | number | undefined {
  if (vary === 'none') return undefined;
  return vary === 'ipv4-destination' ? formatIpv4(value) : value;
}

function checkFrom(from: unknown, vary: NativeVaried): number {
  if (vary === 'none') throw invalidArgument('from', from, "absent, as vary is 'none'");
  if (vary === 'destination-port') {
    return checkNumber('from', from, { min: 0, max: LAST_PORT, integer: true });
  }
  const address = typeof from === 'string' ? parseAddress(from) : undefined;
  if (address?.family !== 4) throw invalidArgument('from', from, 'an IPv4 address');
  return Number(address.value);
}

function checkEnd(first: number, count: number, vary: NativeVaried): void {
  if (vary === 'none') return;
  const last = vary === 'ipv4-destination' ? LAST_IPV4 : LAST_PORT;
  const most = last - first + 1;
  if (count <= most) return;
  const range = `from ${String(fromValue(first, vary))} to ${String(fromValue(last, vary))}`;
  throw outOfRange('count', count, `at most ${most}: there are no more values ${range}`);
}
