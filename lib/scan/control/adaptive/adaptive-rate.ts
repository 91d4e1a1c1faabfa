import { checkNumber } from '../../../internal/check.js';
import { readClock } from '../../../internal/clock-alarms.js';
import { msFromNs } from '../../../internal/duration.js';
import { EventSource } from '../../../internal/event-source.js';
import { RATE_BOUNDS } from '../../pace-options.js';
import { checkOutcome, type Outcome } from '../outcome.js';
import type { RateTarget } from '../rate-target.js';
import {
  checkAdaptiveRateOptions,
  type AdaptiveRateOptions,
  type CheckedAdaptiveRateOptions,
} from './adaptive-rate-options.js';
import { OutcomeTally } from './outcome-tally.js';

/** A change of the rate, and what led to it. */
export interface RateChange {
  /** Units a second before and after. */
  readonly from: number;
  readonly to: number;
  /** `low-success`: too much failed; `good`: nearly everything succeeds, at once. */
  readonly cause: 'low-success' | 'good';
  /** The cause in a sentence, with its figures. */
  readonly reason: string;
  /** Share of successes among the outcomes that were judged. */
  readonly successRate: number;
  /** Mean wait for a permit, in milliseconds. */
  readonly averageWaitMs: number;
  /** How many outcomes were judged. */
  readonly outcomes: number;
}

/** Events of an {@link AdaptiveRate} and what their listeners are given. */
export interface AdaptiveRateEvents {
  /** The rate has been changed by it. */
  change: [change: RateChange];
}

/** How an {@link AdaptiveRate} has done since it was made. */
export interface AdaptiveRateStatistics {
  readonly rate: number;
  /** Of the stretch that is being judged. */
  readonly outcomes: number;
  readonly successRate: number;
  readonly averageWaitMs: number;
  /** How often it raised and lowered the rate. */
  readonly increases: number;
  readonly decreases: number;
  readonly lastChange: RateChange | undefined;
}

/**
 * Fits a rate to what comes of it: where less than 0.8 of the tasks succeed the rate is multiplied by 0.8, where more than
 * 0.95 do and permits are hardly waited for, by 1.1, up to `maxRate`. Every change is an event with its reason. It judges
 * while outcomes come in, stretch by stretch, and uses no timer. Outcomes that do not say how long they waited count as
 * if they had not.
 *
 * @example
 * ```ts
 * import { TokenBucket } from 'pacegate';
 * import { AdaptiveRate } from 'pacegate/scan';
 *
 * const limiter = new TokenBucket({ rate: 100 });
 * const adaptive = new AdaptiveRate({ limiter, maxRate: 500 });
 * adaptive.on('change', ({ from, to, reason }) => console.log(`${from} -> ${to}: ${reason}`));
 * adaptive.observe({ success: true, waitMs: 2 }); // after each task
 * ```
 */
export class AdaptiveRate extends EventSource<AdaptiveRateEvents> implements RateTarget {
  readonly #options: CheckedAdaptiveRateOptions;
  #tally = new OutcomeTally();
  /** Outcomes before this belong to an earlier rate. */
  #startMs: number;
  #increases = 0;
  #decreases = 0;
  #lastChange: RateChange | undefined;

  /** @throws PacegateError `ERR_PACEGATE_INVALID_ARGUMENT`, `ERR_PACEGATE_OUT_OF_RANGE` */
  constructor(options: AdaptiveRateOptions) {
    super(['change']);
    this.#options = checkAdaptiveRateOptions(options);
    this.#startMs = this.#nowMs();
  }

  /** Units a second, now. */
  get rate(): number {
    return this.#options.limiter.rate;
  }

  /**
   * Sets the rate by hand, within `minRate` and `maxRate`; what was observed before does not count any more. No event
   * tells of it.
   *
   * @param rate - units a second, above 0
   * @throws PacegateError for a wrong rate, and what the limiter throws; then nothing has changed
   */
  setRate(rate: number): void {
    const { minRate, maxRate, limiter } = this.#options;
    checkNumber('rate', rate, RATE_BOUNDS);
    limiter.setRate(Math.min(Math.max(rate, minRate), maxRate));
    this.#begin(this.#nowMs() + this.#options.settleMs);
  }

  /**
   * Counts how a task ended, and changes the rate when enough is known.
   *
   * @throws PacegateError for what is no outcome; what the limiter throws when its rate is changed
   */
  observe(outcome: Outcome): void {
    const checked = checkOutcome(outcome);
    const nowMs = this.#nowMs();
    if (nowMs < this.#startMs) return;
    this.#tally.add(checked);
    const { intervalMs, minimumOutcomes } = this.#options;
    if (nowMs - this.#startMs < intervalMs || this.#tally.outcomes < minimumOutcomes) return;
    this.#judge(nowMs);
  }

  /** How it has done so far. */
  statistics(): AdaptiveRateStatistics {
    return {
      rate: this.rate,
      outcomes: this.#tally.outcomes,
      successRate: this.#tally.successRate,
      averageWaitMs: this.#tally.averageWaitMs ?? 0,
      increases: this.#increases,
      decreases: this.#decreases,
      lastChange: this.#lastChange,
    };
  }

  #judge(nowMs: number): void {
    const change = this.#wantedChange();
    if (change === undefined) {
      this.#begin(nowMs);
      return;
    }
    this.#options.limiter.setRate(change.to);
    this.#begin(nowMs + this.#options.settleMs);
    if (change.to < change.from) this.#decreases += 1;
    else this.#increases += 1;
    this.#lastChange = change;
    this.emit('change', change);
  }

  #wantedChange(): RateChange | undefined {
    const { lowSuccessRate, highSuccessRate, maxWaitMs, minRate, maxRate } = this.#options;
    const { successRate, outcomes, averageWaitMs = 0 } = this.#tally;
    const { rate: from } = this;
    const figures = { from, successRate, averageWaitMs, outcomes };
    const succeeded = `${percent(successRate)} of ${outcomes} tasks succeeded`;
    if (successRate < lowSuccessRate) {
      const to = Math.max(from * this.#options.decreaseFactor, minRate);
      const reason = `${succeeded}, less than ${percent(lowSuccessRate)}`;
      return to < from ? { ...figures, to, cause: 'low-success', reason } : undefined;
    }
    if (successRate <= highSuccessRate || !(averageWaitMs < maxWaitMs)) return undefined;
    const to = Math.min(from * this.#options.increaseFactor, maxRate);
    const reason = `${succeeded} and waited ${averageWaitMs.toFixed(1)} ms on average`;
    return to > from ? { ...figures, to, cause: 'good', reason } : undefined;
  }

  #begin(startMs: number): void {
    this.#startMs = startMs;
    this.#tally = new OutcomeTally();
  }

  #nowMs(): number {
    return msFromNs(readClock(this.#options.clock));
  }
}

function percent(share: number): string {
  return `${Number((share * 100).toFixed(1))} %`;
}
