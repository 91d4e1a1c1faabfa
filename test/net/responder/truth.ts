// What a responder answers at (address, port); truth.h says the same in C, and a test compares the two.

/** Per mille of all ports; what they leave is silent. */
export interface Shares {
  readonly open?: number;
  readonly closed?: number;
  readonly prohibited?: number;
}

export type Kind = 'open' | 'closed' | 'prohibited' | 'silent';

/** MurmurHash3's 32-bit finaliser over the state and one more word. */
function mix(state: number, word: number): number {
  let mixed = ((state ^ word) + 0x9e3779b9) | 0;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

/** An address as 32-bit words: one for IPv4, four for IPv6. */
export type Words = readonly number[];

/** @param address - of IPv6 without an embedded IPv4 address and without a zone */
export function wordsOf(address: string): Words {
  if (!address.includes(':')) {
    return [address.split('.').reduce((word, byte) => word * 256 + Number(byte), 0)];
  }
  const [head = [], tail = []] = address
    .split('::')
    .map((half) => (half === '' ? [] : half.split(':').map((group) => Number.parseInt(group, 16))));
  const groups = [...head, ...Array<number>(8 - head.length - tail.length).fill(0), ...tail];
  return [0, 2, 4, 6].map((i) => (groups[i] ?? 0) * 65_536 + (groups[i + 1] ?? 0));
}

export function truthHash(key: number, address: Words, port: number): number {
  let state = mix(key, address.length === 1 ? 4 : 6);
  for (const word of address) state = mix(state, word);
  return mix(state, port);
}

/** The kind of every port, for whoever knows the key. */
export class Truth {
  readonly #key: number;
  readonly #ends: readonly (readonly [Kind, number])[];

  constructor(key: number, { open = 0, closed = 0, prohibited = 0 }: Shares) {
    this.#key = key;
    this.#ends = [
      ['open', open],
      ['closed', open + closed],
      ['prohibited', open + closed + prohibited],
    ];
  }

  kind(address: string | Words, port: number): Kind {
    const words = typeof address === 'string' ? wordsOf(address) : address;
    const place = Math.floor((truthHash(this.#key, words, port) * 1000) / 2 ** 32);
    return this.#ends.find(([, end]) => place < end)?.[0] ?? 'silent';
  }
}
