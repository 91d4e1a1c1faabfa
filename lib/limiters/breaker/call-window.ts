const BUCKETS = 10;

/**
 * Results of the recent past in fixed memory: ten buckets of a tenth of the window each. What counts is the bucket of
 * now and the nine before it, so the window is 9/10 to 1 of its length.
 */
export class CallWindow {
  readonly #bucketNs: number;
  readonly #successes = new Float64Array(BUCKETS);
  readonly #failures = new Float64Array(BUCKETS);
  #successCount = 0;
  #failureCount = 0;
  /** Number of the bucket of now, since the clock's zero. */
  #latest = -Infinity;

  constructor(windowMs: number) {
    this.#bucketNs = (windowMs * 1e6) / BUCKETS;
  }

  add(isFailure: boolean, nowNs: number): void {
    const index = this.#advance(nowNs);
    if (isFailure) {
      this.#failures[index] = (this.#failures[index] ?? 0) + 1;
      this.#failureCount++;
    } else {
      this.#successes[index] = (this.#successes[index] ?? 0) + 1;
      this.#successCount++;
    }
  }

  /** Results in the window, and how many of them are failures. */
  counts(nowNs: number): { calls: number; failures: number } {
    this.#advance(nowNs);
    return { calls: this.#successCount + this.#failureCount, failures: this.#failureCount };
  }

  clear(): void {
    this.#successes.fill(0);
    this.#failures.fill(0);
    this.#successCount = 0;
    this.#failureCount = 0;
    this.#latest = -Infinity;
  }

  /** Empties what has left the window; a clock that went back stands still. @returns the index of the bucket of now */
  #advance(nowNs: number): number {
    const bucket = Math.floor(nowNs / this.#bucketNs);
    if (bucket - this.#latest >= BUCKETS) {
      this.clear();
      this.#latest = bucket;
    }
    while (this.#latest < bucket) this.#empty(++this.#latest % BUCKETS);
    return this.#latest % BUCKETS;
  }

  #empty(index: number): void {
    this.#successCount -= this.#successes[index] ?? 0;
    this.#failureCount -= this.#failures[index] ?? 0;
    this.#successes[index] = 0;
    this.#failures[index] = 0;
  }
}
