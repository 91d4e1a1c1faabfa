import { messageOf } from '../resources/resource-readings.js';
import type { RateTarget } from '../rate-target.js';

/**
 * Lowers a rate to a part of itself, and brings it back. Where somebody else changes the rate meanwhile, the part is one
 * of the new rate.
 */
export class RateBrake {
  readonly #target: RateTarget | undefined;
  #share = 1;
  /** What it set last, and the whole that is a part of. */
  #last: { readonly rate: number; readonly whole: number } | undefined;
  #fault: string | undefined;

  constructor(target: RateTarget | undefined) {
    this.#target = target;
  }

  /** Why the rate cannot be changed; undefined while it can. */
  get fault(): string | undefined {
    return this.#fault;
  }

  /** @param share - above 0, at most 1 */
  apply(share: number): void {
    if (this.#target === undefined || share === this.#share) return;
    try {
      const { rate } = this.#target;
      const whole = rate === this.#last?.rate ? this.#last.whole : rate / this.#share;
      this.#target.setRate(whole * share);
      this.#last = { rate: this.#target.rate, whole };
      this.#share = share;
      this.#fault = undefined;
    } catch (error) {
      // A limiter that is gone or keeps a least rate is no reason to end the program.
      this.#fault = messageOf(error);
    }
  }
}
