import { RecentRate } from '../statistics/recent-rate.js';

/** How a `KeyedLimiter` has done since it was made or reset. */
export interface KeyedStatistics {
  /** Requests decided: allowed and blocked. */
  totalRequests: number;
  allowedRequests: number;
  /** Refused, for whatever reason. */
  blockedRequests: number;
  /** Requests of new keys that found no room, and were decided by the bucket such keys share; among the others. */
  overflowRequests: number;
  /** allowed / total; 1 before the first request. */
  successRate: number;
  /** Tokens granted per second, over the last second. */
  actualRate: number;
  /** Keys remembered, as `size`. */
  keys: number;
  /** Keys forgotten before their `idleMs`, to make room. */
  evictedKeys: number;
  /** Native memory. */
  bytes: number;
}

/** The part of {@link KeyedStatistics} that is counted here, one or many requests at a time. */
export class KeyedCounters {
  // A window of one second, as with any rate above 8/s: what all keys together may have is unknown.
  readonly #recent = new RecentRate(Infinity);
  #allowed = 0;
  #blocked = 0;

  allow(nowNs: number, cost: number, requests = 1): void {
    this.#allowed += requests;
    this.#recent.add(nowNs, cost * requests);
  }

  block(requests = 1): void {
    this.#blocked += requests;
  }

  clear(): void {
    this.#allowed = 0;
    this.#blocked = 0;
    this.#recent.clear();
  }

  statistics(
    nowNs: number,
  ): Omit<KeyedStatistics, 'overflowRequests' | 'keys' | 'evictedKeys' | 'bytes'> {
    const total = this.#allowed + this.#blocked;
    return {
      totalRequests: total,
      allowedRequests: this.#allowed,
      blockedRequests: this.#blocked,
      successRate: total === 0 ? 1 : this.#allowed / total,
      actualRate: this.#recent.perSecond(nowNs),
    };
  }
}
