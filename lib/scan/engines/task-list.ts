// The (address, port) pairs of a plan by number, without a list of them.

import { formatAddress, type AddressFamily } from '../targets/address.js';
import { rangeSize, type AddressRange } from '../targets/address-range.js';

/** One pair to probe. */
export interface Endpoint {
  readonly family: AddressFamily;
  readonly address: string;
  readonly port: number;
}

/** Pair `n` is address `n / ports` (all ranges counted through) and port `n % ports`. */
export class TaskList {
  readonly size: number;
  readonly #ranges: readonly AddressRange[];
  /** Number of addresses before each range. */
  readonly #offsets: readonly number[];
  readonly #ports: Uint16Array;

  /** The product of addresses and ports must not exceed 2^53. */
  constructor(ranges: readonly AddressRange[], ports: Uint16Array) {
    this.#ranges = ranges;
    this.#ports = ports;
    let addresses = 0;
    this.#offsets = ranges.map((range) => {
      const offset = addresses;
      addresses += Number(rangeSize(range));
      return offset;
    });
    this.size = addresses * ports.length;
  }

  /** The pair with this number, from 0 to `size` - 1. */
  at(index: number): Endpoint {
    const host = Math.floor(index / this.#ports.length);
    const place = this.#rangeOf(host);
    const range = this.#ranges[place];
    const port = this.#ports[index - host * this.#ports.length];
    if (index >= this.size || range === undefined || port === undefined)
      throw new RangeError(`no task ${index}`);
    const value = range.first + BigInt(host - (this.#offsets[place] ?? 0));
    return { family: range.family, address: formatAddress(range.family, value), port };
  }

  /** The last range that begins at or before this address number, by bisection. */
  #rangeOf(host: number): number {
    let low = 0;
    let high = this.#offsets.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((this.#offsets[middle] ?? 0) <= host) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}
