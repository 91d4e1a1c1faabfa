// The unit of the rate that every attempt takes.

import type { AlarmClock } from '../../../internal/system-timer.js';
import type { Limiter } from '../../../limiters/decision.js';
import { PermitLine } from './permit-line.js';

/** Units of a limiter, one an attempt. */
export class RatePermits {
  readonly #limiter: Limiter;
  readonly #line: PermitLine<true>;

  constructor(limiter: Limiter, alarms: AlarmClock) {
    this.#limiter = limiter;
    const source = {
      ask: async (_target: string, signal: AbortSignal) =>
        (await limiter.acquire(1, { signal })) || undefined,
      giveBack: () => {
        this.giveBack();
      },
      isMoving: () => false,
    };
    this.#line = new PermitLine<true>(source, alarms);
  }

  get waiting(): number {
    return this.#line.size;
  }

  /** As {@link PermitLine.join}: false when there was none in time. */
  async acquire(patienceMs: number, signal: AbortSignal): Promise<boolean> {
    return (await this.#line.join('', patienceMs, signal)) !== undefined;
  }

  /** For an attempt that was not made. */
  giveBack(): void {
    try {
      this.#limiter.refund(1);
    } catch {
      // It was disposed of meanwhile: there is nothing to give back to.
    }
  }
}
