const SUB_BUCKETS = 32;
const POWERS = 54;

/**
 * Distribution of waits in fixed memory: 32 equal buckets to each power of two of nanoseconds, so a percentile is
 * too high by at most 1/32 of itself. Waits of zero cost a counter and no memory.
 */
export class WaitHistogram {
  #counts: Uint32Array | undefined;
  #zeros = 0;
  #recorded = 0;
  #sumNs = 0;
  #maxNs = 0;

  /** @param ns - 0 to 2^53 */
  record(ns: number): void {
    this.#recorded++;
    if (!(ns >= 1)) {
      this.#zeros++;
      return;
    }
    this.#sumNs += ns;
    if (ns > this.#maxNs) this.#maxNs = ns;
    this.#counts ??= new Uint32Array(POWERS * SUB_BUCKETS);
    const power = Math.min(Math.floor(Math.log2(ns)), POWERS - 1);
    const sub = Math.min(Math.floor((ns / 2 ** power - 1) * SUB_BUCKETS), SUB_BUCKETS - 1);
    const index = power * SUB_BUCKETS + Math.max(sub, 0);
    this.#counts[index] = (this.#counts[index] ?? 0) + 1;
  }

  /** Counts what another one has recorded, too. */
  add(other: WaitHistogram): void {
    this.#recorded += other.#recorded;
    this.#zeros += other.#zeros;
    this.#sumNs += other.#sumNs;
    this.#maxNs = Math.max(this.#maxNs, other.#maxNs);
    if (other.#counts === undefined) return;
    this.#counts ??= new Uint32Array(POWERS * SUB_BUCKETS);
    for (const [index, count] of other.#counts.entries()) {
      this.#counts[index] = (this.#counts[index] ?? 0) + count;
    }
  }

  /** How many were recorded. */
  get recorded(): number {
    return this.#recorded;
  }

  get averageNs(): number {
    return this.#recorded === 0 ? 0 : this.#sumNs / this.#recorded;
  }

  get maxNs(): number {
    return this.#maxNs;
  }

  /** The wait that at least the share `q` of the records does not exceed; 0 when there are none. */
  percentileNs(q: number): number {
    const wanted = q * this.#recorded;
    let seen = this.#zeros;
    if (seen >= wanted || this.#counts === undefined) return 0;
    for (const [index, count] of this.#counts.entries()) {
      seen += count;
      if (count === 0 || seen < wanted) continue;
      const floor = 2 ** Math.floor(index / SUB_BUCKETS);
      return Math.min(floor * (1 + ((index % SUB_BUCKETS) + 1) / SUB_BUCKETS), this.#maxNs);
    }
    return this.#maxNs;
  }

  clear(): void {
    this.#counts = undefined;
    this.#zeros = 0;
    this.#recorded = 0;
    this.#sumNs = 0;
    this.#maxNs = 0;
  }
}
