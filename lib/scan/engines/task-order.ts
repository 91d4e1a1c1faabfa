// The order of a connect scan: a keyed bijection over [0, size), so that a seed and a position are the whole state.
// An unbalanced Feistel network with cycle walking (Black and Rogaway, "Ciphers with Arbitrary Finite Domains", 2002).

const ROUNDS = 4;

/** Visits every number from 0 to `size` - 1 exactly once, in an order fixed by the seed. Constant memory. */
export class TaskOrder {
  readonly size: number;
  readonly #rows: number;
  readonly #columns: number;
  readonly #keys: readonly number[];

  /**
   * @param size - from 1 to 2^53
   * @param seed - whole number from 0 to 2^53 - 1
   */
  constructor(size: number, seed: number) {
    this.size = size;
    this.#rows = Math.ceil(Math.sqrt(size));
    this.#columns = Math.ceil(size / this.#rows);
    const low = seed >>> 0;
    const high = Math.floor(seed / 4_294_967_296);
    this.#keys = Array.from({ length: ROUNDS }, (_, i) => mix(low, mix(high, i + 1)));
  }

  /** What stands at `position`, both from 0 to `size` - 1. */
  at(position: number): number {
    let row = Math.floor(position / this.#columns);
    let column = position - row * this.#columns;
    // rows * columns exceeds size by less than one row, so a second walk is rare. The pair, not the product, goes
    // round: near 2^53 a product beyond the size may be rounded, but never to below the size.
    for (;;) {
      [row, column] = this.#permute(row, column);
      const value = row * this.#columns + column;
      if (value < this.size) return value;
    }
  }

  #permute(row: number, column: number): [number, number] {
    for (const [round, key] of this.#keys.entries()) {
      if (round % 2 === 0) row = (row + mix(column, key)) % this.#rows;
      else column = (column + mix(row, key)) % this.#columns;
    }
    return [row, column];
  }
}

/** Scrambles 32 bits under a key; the finaliser of MurmurHash3 (public domain). */
function mix(value: number, key: number): number {
  let hash = (value ^ key) >>> 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) + Math.imul(key, 0x9e3779b1)) >>> 0;
}
