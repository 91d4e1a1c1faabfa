// One target as text: an address, a network, a range, nmap's octet ranges, or a host name.

import { domainToASCII } from 'node:url';
import { invalidArgument, outOfRange } from '../../internal/check.js';
import { notSupported } from '../scan-errors.js';
import { addressBits, parseAddress, type Address } from './address.js';
import { networkRange, type AddressRange } from './address-range.js';

/** What one target means: addresses that are known now, or a name still to be resolved. */
export type ParsedTarget =
  | { readonly kind: 'ranges'; readonly text: string; readonly ranges: readonly AddressRange[] }
  | { readonly kind: 'name'; readonly text: string; readonly name: string };

/** One octet pattern may spread into at most this many separate ranges (`1-9.1-9.1-9.1-254` gives 729). */
const MAX_PATTERN_RANGES = 65_536;

const FORMS =
  'an address, a network (10.0.0.0/24), a range (10.0.0.1-10.0.0.9, 10.0.0.1-9) or a host name';

/** Splits a list at commas and white space; `#` starts a comment that ends with its line. */
export function splitTargets(text: string): string[] {
  if (text !== '' && !/[\s,#]/.test(text)) return [text];
  return text
    .replace(/#.*$/gm, '')
    .split(/[\s,]+/)
    .filter((part) => part !== '');
}

/**
 * Reads one target.
 *
 * @param text - the target, without surrounding white space
 * @param name - the argument to name in an error: `targets` or `exclude`
 * @throws PacegateError (`ERR_PACEGATE_INVALID_ARGUMENT`, `ERR_PACEGATE_OUT_OF_RANGE`, `ERR_PACEGATE_NOT_SUPPORTED`)
 */
export function parseTarget(text: string, name = 'targets'): ParsedTarget {
  if (text.includes('%')) {
    throw notSupported(
      `${name}: '${text}' has a zone id; write the address alone and name the interface by option`,
    );
  }
  const ranges = parseNetwork(text, name) ?? parseSpan(text, name) ?? parseOctets(text, name);
  if (ranges !== undefined) return { kind: 'ranges', text, ranges };
  return { kind: 'name', text, name: parseHostName(text, name) };
}

function parsePlain(text: string): Address | undefined {
  if (!text.startsWith('[')) return parseAddress(text);
  const bracketed = /^\[([^[\]]+)\]$/.exec(text)?.[1];
  const address = bracketed === undefined ? undefined : parseAddress(bracketed);
  return address?.family === 6 ? address : undefined;
}

function parseNetwork(text: string, name: string): AddressRange[] | undefined {
  const slash = text.indexOf('/');
  if (slash < 0) {
    const address = parsePlain(text);
    return address && [networkRange(address, addressBits(address.family))];
  }
  const address = parsePlain(text.slice(0, slash));
  const length = text.slice(slash + 1);
  if (address === undefined || !/^\d+$/.test(length)) throw invalidArgument(name, text, FORMS);
  const bits = addressBits(address.family);
  if (Number(length) > bits)
    throw outOfRange(name, text, `a network with a prefix length from 0 to ${bits}`);
  return [networkRange(address, Number(length))];
}

function parseSpan(text: string, name: string): AddressRange[] | undefined {
  const dash = text.indexOf('-');
  const first = dash < 0 ? undefined : parsePlain(text.slice(0, dash));
  const last = first && parsePlain(text.slice(dash + 1));
  if (first === undefined || last === undefined) return undefined;
  if (first.family !== last.family)
    throw invalidArgument(name, text, 'a range whose ends are of one IP version');
  if (last.value < first.value) throw outOfRange(name, text, 'a range that does not run backwards');
  return [{ family: first.family, first: first.value, last: last.value }];
}

/** nmap's form: each octet a number, a range or `*`, as in `10.0.0-1.1-254`. */
function parseOctets(text: string, name: string): AddressRange[] | undefined {
  if (!/^[\d*-]+(\.[\d*-]+){3}$/.test(text)) return undefined;
  const octets = text.split('.').map((octet) => parseOctet(octet, text, name));
  return expandOctets(octets, text, name);
}

interface OctetSpan {
  readonly first: number;
  readonly last: number;
}

function parseOctet(octet: string, text: string, name: string): OctetSpan {
  if (octet === '*') return { first: 0, last: 255 };
  const match = /^(0|[1-9]\d*)(?:-(0|[1-9]\d*))?$/.exec(octet);
  if (match === null) throw invalidArgument(name, text, FORMS);
  const first = Number(match[1]);
  const last = Number(match[2] ?? match[1]);
  if (first > 255 || last > 255) throw outOfRange(name, text, 'made of octets from 0 to 255');
  if (last < first) throw outOfRange(name, text, 'a range that does not run backwards');
  return { first, last };
}

/** Octets that are whole (0-255) from some place to the end make one range; each octet before them multiplies. */
function expandOctets(octets: readonly OctetSpan[], text: string, name: string): AddressRange[] {
  let split = octets.length - 1;
  while (split > 0 && isWhole(octets[split])) split--;
  const count = octets.slice(0, split).reduce((product, o) => product * (o.last - o.first + 1), 1);
  if (count > MAX_PATTERN_RANGES) {
    throw outOfRange(name, text, `a pattern of at most ${MAX_PATTERN_RANGES} separate ranges`);
  }
  let prefixes = [0n];
  for (const { first, last } of octets.slice(0, split)) {
    prefixes = prefixes.flatMap((prefix) =>
      Array.from({ length: last - first + 1 }, (_, i) => (prefix << 8n) | BigInt(first + i)),
    );
  }
  const { first, last } = octets[split] ?? { first: 0, last: 255 };
  const hostBits = BigInt(8 * (octets.length - 1 - split));
  const rest = (1n << hostBits) - 1n;
  return prefixes.map((prefix) => ({
    family: 4,
    first: ((prefix << 8n) | BigInt(first)) << hostBits,
    last: (((prefix << 8n) | BigInt(last)) << hostBits) | rest,
  }));
}

function isWhole(octet: OctetSpan | undefined): boolean {
  return octet?.first === 0 && octet.last === 255;
}

/**
 * A name of letters, digits, hyphens and underscores whose last label is not a number: what ends in a number is an
 * address written wrongly (`10.0.0.256`, `0x7f.1`, `1.2.3`), and no resolver is asked what it might mean.
 */
function parseHostName(text: string, name: string): string {
  const ascii = domainToASCII(text);
  const labels = ascii.replace(/\.$/, '').split('.');
  const isNumeric = [text, ascii].some((form) => /(^|\.)(\d+|0x[\da-f]*)\.?$/i.test(form));
  const isWellFormed = labels.every((label) => /^[a-z\d_]([a-z\d_-]{0,61}[a-z\d_])?$/.test(label));
  if (isNumeric || !isWellFormed || ascii.length > 253) throw invalidArgument(name, text, FORMS);
  return ascii;
}
