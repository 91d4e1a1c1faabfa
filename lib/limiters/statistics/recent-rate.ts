const SHORTEST_NS = 1e9;
const UNITS = 8;

/**
 * Units per second over the last second, or over the time that eight units take where that is longer. Two windows
 * side by side, each without its start and with its end: what the older one still contributes is estimated from its
 * share, so nothing but two sums is kept.
 */
export class RecentRate {
  #windowNs = SHORTEST_NS;
  #startNs = -Infinity;
  #current = 0;
  #previous = 0;

  constructor(rate: number) {
    this.setRate(rate);
  }

  setRate(rate: number): void {
    this.#windowNs = Math.max(SHORTEST_NS, (UNITS / rate) * 1e9);
  }

  add(nowNs: number, units: number): void {
    if (nowNs - this.#startNs > this.#windowNs) this.#turn(nowNs);
    this.#current += units;
  }

  perSecond(nowNs: number): number {
    if (nowNs - this.#startNs > this.#windowNs) this.#turn(nowNs);
    // A clock that went back counts as one that stands still.
    const share = Math.max(nowNs - this.#startNs, 0) / this.#windowNs;
    return ((this.#previous * (1 - share) + this.#current) * 1e9) / this.#windowNs;
  }

  clear(): void {
    this.#current = 0;
    this.#previous = 0;
  }

  #turn(nowNs: number): void {
    const isNext = nowNs - this.#startNs <= 2 * this.#windowNs;
    this.#previous = isNext ? this.#current : 0;
    this.#startNs = isNext ? this.#startNs + this.#windowNs : nowNs;
    this.#current = 0;
  }
}
