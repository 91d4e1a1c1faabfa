// The yardstick: what a good engineer writes when a limiter is needed and none is at hand.

/** Refills on each call by the time that passed; numbers only, nothing allocated. */
export class HandWrittenBucket {
  readonly #tokensPerMs: number;
  readonly #burst: number;
  #tokens: number;
  #updatedMs: number;

  constructor(ratePerSecond: number, burst: number) {
    this.#tokensPerMs = ratePerSecond / 1000;
    this.#burst = burst;
    this.#tokens = burst;
    this.#updatedMs = performance.now();
  }

  tryTake(cost = 1): boolean {
    const nowMs = performance.now();
    const refilled = this.#tokens + (nowMs - this.#updatedMs) * this.#tokensPerMs;
    this.#updatedMs = nowMs;
    this.#tokens = Math.min(this.#burst, refilled);
    if (this.#tokens < cost) return false;
    this.#tokens -= cost;
    return true;
  }
}

/** The same for many keys. It forgets none, like most that are written by hand. */
export class HandWrittenBuckets<Key> {
  readonly #buckets = new Map<Key, HandWrittenBucket>();
  readonly #ratePerSecond: number;
  readonly #burst: number;

  constructor(ratePerSecond: number, burst: number) {
    this.#ratePerSecond = ratePerSecond;
    this.#burst = burst;
  }

  tryTake(key: Key, cost = 1): boolean {
    let bucket = this.#buckets.get(key);
    if (bucket === undefined) {
      bucket = new HandWrittenBucket(this.#ratePerSecond, this.#burst);
      this.#buckets.set(key, bucket);
    }
    return bucket.tryTake(cost);
  }
}
