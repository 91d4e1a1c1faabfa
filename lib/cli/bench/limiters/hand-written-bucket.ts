// The yardstick: what a good engineer writes when a limiter is needed and none is at hand.

/** Refills on each call by the time that passed; numbers only, nothing allocated. */
export class HandWrittenBucket {
  readonly #tokensPerMs: number;
  readonly #burst: number;
  #tokens: number;
  #updatedMs = performance.now();

  constructor(ratePerSecond: number, burst: number) {
    this.#tokensPerMs = ratePerSecond / 1000;
    this.#burst = burst;
    this.#tokens = burst;
  }

  tryTake(): boolean {
    const nowMs = performance.now();
    const refilled = this.#tokens + (nowMs - this.#updatedMs) * this.#tokensPerMs;
    this.#updatedMs = nowMs;
    this.#tokens = Math.min(this.#burst, refilled);
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}
