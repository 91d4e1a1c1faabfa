import type { LimiterStatistics } from '../decision.js';
import { RecentRate } from './recent-rate.js';
import { WaitHistogram } from './wait-histogram.js';
import type { WaitOutcome } from '../waiting/waiter.js';

/** Counts behind {@link LimiterStatistics}; a few additions per decision. Times are of the limiter's clock. */
export class LimiterCounters {
  readonly #recent: RecentRate;
  readonly #waits = new WaitHistogram();
  #allowed = 0;
  #blocked = 0;
  #timedOut = 0;

  /** @param rate - units per second, for the time that counts as recent */
  constructor(rate: number) {
    this.#recent = new RecentRate(rate);
  }

  /** @param calls - how many were granted these units together */
  allow(nowNs: number, units: number, calls = 1): void {
    this.#allowed += calls;
    this.#recent.add(nowNs, units);
  }

  block(): void {
    this.#blocked++;
  }

  /** A request that was prepared to wait. */
  endWait(outcome: WaitOutcome, units: number, waitNs: number, nowNs: number): void {
    if (outcome === 'granted') {
      this.allow(nowNs, units);
      this.#waits.record(waitNs);
    } else if (outcome === 'timed-out') {
      this.#timedOut++;
    } else {
      this.#blocked++;
    }
  }

  setRate(rate: number): void {
    this.#recent.setRate(rate);
  }

  clear(): void {
    this.#allowed = 0;
    this.#blocked = 0;
    this.#timedOut = 0;
    this.#recent.clear();
    this.#waits.clear();
  }

  statistics(nowNs: number): LimiterStatistics {
    const total = this.#allowed + this.#blocked + this.#timedOut;
    const waits = this.#waits;
    return {
      totalRequests: total,
      allowedRequests: this.#allowed,
      blockedRequests: this.#blocked,
      timedOutRequests: this.#timedOut,
      successRate: total === 0 ? 1 : this.#allowed / total,
      actualRate: this.#recent.perSecond(nowNs),
      averageWaitMs: waits.averageNs / 1e6,
      waitMs: {
        p50: waits.percentileNs(0.5) / 1e6,
        p90: waits.percentileNs(0.9) / 1e6,
        p99: waits.percentileNs(0.99) / 1e6,
        max: waits.maxNs / 1e6,
      },
    };
  }
}
