import { alarmsOf } from '../internal/clock-alarms.js';
import { wholeNs } from '../internal/duration.js';
import { DisposedError, PacegateError } from '../internal/errors.js';
import type { AlarmClock } from '../internal/system-timer.js';
import { checkCompositeCost, type CompositeCost } from './composite/composite-cost.js';
import { CompositeLine } from './composite/composite-line.js';
import { checkCompositeOptions, type CompositeOptions } from './composite/composite-options.js';
import { type CompositeDecision, type MemberCounts, MemberSet } from './composite/member-set.js';
import {
  type AcquireOptions,
  checkAcquireOptions,
  type Limiter,
  type LimiterStatistics,
} from './decision.js';
import { LimiterCounters } from './statistics/limiter-counters.js';

/** How a {@link CompositeLimiter} has done. `actualRate` is in requests a second, whatever they cost. */
export interface CompositeStatistics extends LimiterStatistics {
  /** By name: how often each limit was the one that refused. */
  limits: Record<string, MemberCounts>;
}

/**
 * Several limits at once: a request is allowed when all of them allow it, and charged to all; when one refuses it is
 * charged to none, and the decision names that one.
 *
 * All limits are looked at before any is charged. Where somebody else takes from one in between (a limit shared with
 * another thread or process) what was taken from the others goes back.
 *
 * A request costs the same of every limit, or of each its own: `{ requests: 1, tokens: 800 }`.
 *
 * The limits stay whose they were: others may use them, and disposing of the composite leaves them alone, unless
 * `ownsLimits` is given.
 *
 * @example
 * ```ts
 * import { CompositeLimiter, TokenBucket } from 'pacegate';
 *
 * const limiter = new CompositeLimiter({
 *   limits: {
 *     requests: new TokenBucket({ rate: 5 }),
 *     tokens: new TokenBucket({ rate: 1_000, burst: 10_000 }),
 *   },
 *   ownsLimits: true,
 * });
 * if (await limiter.acquire({ tokens: 800 }, { timeoutMs: 5_000 })) {
 *   limiter.refund({ tokens: 350 }); // the answer was shorter
 * }
 * const { refusedBy } = limiter.check({ tokens: 20_000 }); // 'tokens'
 * ```
 */
export class CompositeLimiter implements Limiter {
  readonly #options: ReturnType<typeof checkCompositeOptions>;
  readonly #names: readonly string[];
  readonly #members: MemberSet;
  readonly #alarms: AlarmClock;
  readonly #counters: LimiterCounters;
  readonly #line: CompositeLine;
  #isDisposed = false;

  /** @throws PacegateError `ERR_PACEGATE_INVALID_ARGUMENT` */
  constructor(options: CompositeOptions) {
    this.#options = checkCompositeOptions(options);
    this.#names = Object.keys(this.#options.limits);
    this.#members = new MemberSet(this.#options.limits);
    this.#alarms = alarmsOf(this.#options.clock);
    this.#counters = new LimiterCounters(this.#members.rate);
    this.#line = new CompositeLine(this.#members, this.#alarms, (outcome, _cost, waitNs, atNs) => {
      this.#counters.endWait(outcome, 1, waitNs, wholeNs(atNs));
    });
  }

  /** Units per second of the slowest limit. */
  get rate(): number {
    return this.#members.rate;
  }

  /**
   * Takes from all limits when all allow it now and nobody waits for them; never waits.
   *
   * @returns whether it did; a refusal changes nothing
   * @throws PacegateError for a wrong cost, and after dispose
   */
  tryAcquire(cost: CompositeCost = 1): boolean {
    return this.#decide(cost).allowed;
  }

  /**
   * As {@link tryAcquire}, and explains the answer: `limit` and `remaining` are of the limit with the least left,
   * `retryAfterMs` and `resetMs` the longest of all.
   *
   * @throws PacegateError as tryAcquire
   */
  check(cost: CompositeCost = 1): CompositeDecision {
    const decision = this.#decide(cost);
    if (!decision.allowed) return decision;
    const { limit, remaining, resetMs } = this.#members.look(0);
    return { allowed: true, limit, remaining, retryAfterMs: 0, resetMs };
  }

  /**
   * What {@link check} would say; takes and counts nothing, so `remaining` is what is there now.
   *
   * @throws PacegateError as tryAcquire
   */
  peek(cost: CompositeCost = 1): CompositeDecision {
    this.#check(cost);
    const decision = this.#members.look(cost);
    return this.#line.size === 0 ? decision : this.#behindTheLine(cost, decision);
  }

  /**
   * Waits until all limits allow it, by priority, then first come, first served. Nothing is held while waiting. A wait
   * that would exceed `timeoutMs`, or a cost that can never be met, is refused at once. The process stays alive while
   * somebody waits.
   *
   * @returns true when all were charged; false when refused, after `timeoutMs`, and for all who wait when the
   * composite is disposed of
   * @throws (rejects) with `signal.reason` when aborted; with a PacegateError for wrong arguments and after dispose;
   * with what a limit throws
   */
  async acquire(cost: CompositeCost = 1, options?: AcquireOptions): Promise<boolean> {
    this.#check(cost);
    const patience = checkAcquireOptions(options);
    if (patience.signal?.aborted === true) throw patience.signal.reason;
    return this.#line.join(cost, patience);
  }

  /**
   * Milliseconds that `acquire(cost)` would wait if it were called now; Infinity for a cost that can never be met.
   * Exact while nobody waits, else an estimate.
   *
   * @throws PacegateError as tryAcquire
   */
  estimateWaitMs(cost: CompositeCost = 1): number {
    this.#check(cost);
    return this.#members.estimateWaitMs(cost, this.#line.ahead());
  }

  /**
   * Gives back to all limits, or to those named, what was taken and not used. Who waits may be served by it.
   *
   * @throws PacegateError for wrong units, and after dispose
   */
  refund(units: CompositeCost): void {
    this.#check(units, 'units');
    this.#members.refund(units, 0);
    this.#line.serve();
  }

  /**
   * A composite has no rate of its own to set: set that of one of its limits.
   *
   * @throws PacegateError `ERR_PACEGATE_NOT_SUPPORTED`, always
   */
  setRate(): never {
    const names = this.#names.join(', ');
    const message = `a CompositeLimiter has no rate of its own; set that of a limit (${names})`;
    throw new PacegateError('ERR_PACEGATE_NOT_SUPPORTED', message);
  }

  /**
   * How it has done so far.
   *
   * @throws PacegateError after dispose
   */
  statistics(): CompositeStatistics {
    this.#checkAlive();
    const all = this.#counters.statistics(wholeNs(this.#alarms.nowNs()));
    return { ...all, limits: this.#members.counts() };
  }

  /**
   * Empties the statistics, and resets the limits when they are its own. Who waits goes on waiting.
   *
   * @throws PacegateError after dispose
   */
  reset(): void {
    this.#checkAlive();
    this.#counters.clear();
    this.#members.clearCounts();
    if (this.#options.ownsLimits) this.#forEachOwn('reset');
    this.#line.serve();
  }

  /** Ends the composite: who waits gets false, any later call throws `ERR_PACEGATE_DISPOSED`. May be called twice. */
  [Symbol.dispose](): void {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    this.#line.close();
    if (this.#options.ownsLimits) this.#forEachOwn(Symbol.dispose);
  }

  #decide(cost: CompositeCost): CompositeDecision {
    this.#check(cost);
    const decision =
      this.#line.size === 0
        ? this.#members.take(cost)
        : this.#behindTheLine(cost, this.#members.look(cost));
    if (decision.allowed) {
      this.#counters.allow(wholeNs(this.#alarms.nowNs()), 1);
    } else {
      this.#counters.block();
      this.#members.countRefusal(decision.refusedBy);
    }
    return decision;
  }

  /** Refused, because others wait: what they wait for is not there for anybody. */
  #behindTheLine(cost: CompositeCost, decision: CompositeDecision): CompositeDecision {
    const waitMs = this.#members.estimateWaitMs(cost, this.#line.ahead());
    const refusedBy = decision.refusedBy ?? this.#line.awaited;
    return {
      ...decision,
      allowed: false,
      retryAfterMs: Math.max(waitMs, 1e-6),
      ...(refusedBy !== undefined && { refusedBy }),
    };
  }

  #forEachOwn(action: 'reset' | typeof Symbol.dispose): void {
    for (const limit of Object.values(this.#options.limits)) {
      const call = (limit as unknown as Record<string | symbol, unknown>)[action];
      if (typeof call === 'function') call.call(limit);
    }
  }

  #check(cost: CompositeCost, name = 'cost'): void {
    checkCompositeCost(name, cost, this.#names);
    this.#checkAlive();
  }

  #checkAlive(): void {
    if (this.#isDisposed) throw new DisposedError('CompositeLimiter');
  }
}
