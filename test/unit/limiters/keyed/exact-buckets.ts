/** Ticks of 1/256 ns a second: with a rate that divides them, native arithmetic is exact. */
export const TICKS_PER_SECOND = 256_000_000_000n;

interface ExactBucket {
  /** The tick at which it will be full. */
  fullAt: bigint;
  blockedUntil: bigint;
}

/** One bucket per key in whole numbers; nothing is ever forgotten. */
export class ExactBuckets {
  readonly #buckets = new Map<string | number, ExactBucket>();
  readonly #price: bigint;
  readonly #capacity: bigint;

  constructor(rate: number, burst: number) {
    this.#price = TICKS_PER_SECOND / BigInt(rate);
    if (this.#price * BigInt(rate) !== TICKS_PER_SECOND) throw new Error(`${rate} does not divide`);
    this.#capacity = this.#price * BigInt(burst);
  }

  /** Whether the key may have `cost` now. */
  allows(key: string | number, cost: number, now: bigint): boolean {
    const { fullAt, blockedUntil } = this.#at(key, now);
    return blockedUntil <= now && fullAt - now + BigInt(cost) * this.#price <= this.#capacity;
  }

  take(key: string | number, cost: number, now: bigint): void {
    this.#at(key, now).fullAt += BigInt(cost) * this.#price;
  }

  reward(key: string | number, tokens: number, now: bigint): void {
    const bucket = this.#at(key, now);
    bucket.fullAt -= BigInt(tokens) * this.#price;
    if (bucket.fullAt < now) bucket.fullAt = now;
  }

  block(key: string | number, ticks: bigint, now: bigint): void {
    this.#at(key, now).blockedUntil = now + ticks;
  }

  delete(key: string | number): void {
    this.#buckets.delete(key);
  }

  isBlocked(key: string | number, now: bigint): boolean {
    return this.#at(key, now).blockedUntil > now;
  }

  #at(key: string | number, now: bigint): ExactBucket {
    let bucket = this.#buckets.get(key);
    if (bucket === undefined) this.#buckets.set(key, (bucket = { fullAt: now, blockedUntil: 0n }));
    if (bucket.fullAt < now) bucket.fullAt = now;
    return bucket;
  }
}
