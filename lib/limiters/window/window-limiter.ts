import { type NativeHandle, native, SCRATCH } from '../../internal/binding.js';
import { checkNumber } from '../../internal/check.js';
import { type Clock, systemClock } from '../../internal/clock.js';
import { alarmsOf, readClock } from '../../internal/clock-alarms.js';
import { wholeNs } from '../../internal/duration.js';
import { DisposedError } from '../../internal/errors.js';
import { toPacegateError } from '../../internal/native-error.js';
import {
  type AcquireOptions,
  badCost,
  checkAcquireOptions,
  type Decision,
  isCost,
  type Limiter,
  type LimiterStatistics,
  UNDO,
} from '../decision.js';
import { LimiterCounters } from '../statistics/limiter-counters.js';
import { PlannedLine } from '../waiting/planned-line.js';
import { planOn } from './plan.js';
import { explainedDecision, readQuota } from './window-answer.js';
import type { WindowKind } from './window-kind.js';
import type { WindowQuota } from './window-options.js';

const { scratch, window_try_acquire, window_try_acquire_at } = native;

/** Frees the native half of limiters that were dropped without being disposed of. */
const dropped = new FinalizationRegistry<NativeHandle>((handle) => {
  native.window_destroy(handle);
});

/**
 * What limiters that count in windows have in common: everything but what they grant. Costs are numbers of units,
 * fractions allowed; 0 is always granted. While somebody waits, a request that does not wait is refused, unless all
 * who wait have a priority below 0.
 */
export abstract class WindowLimiter implements Limiter {
  #handle: NativeHandle;
  readonly #kind: WindowKind;
  /** Undefined: the system's clock, which native code reads itself. */
  readonly #ownClock: Clock | undefined;
  readonly #clock: Clock;
  #quota: WindowQuota;
  #isShared = false;
  readonly #counters: LimiterCounters;
  readonly #line: PlannedLine;

  /** @throws PacegateError when native code cannot make it */
  protected constructor(kind: WindowKind) {
    this.#kind = kind;
    this.#quota = kind.quota;
    this.#clock = kind.clock;
    this.#ownClock = kind.clock === systemClock ? undefined : kind.clock;
    this.#counters = new LimiterCounters(kind.quota.rate);
    this.#line = new PlannedLine(
      planOn(() => this.#handle),
      alarmsOf(kind.clock),
      (outcome, cost, waitNs, atNs) => {
        this.#counters.endWait(outcome, cost, waitNs, wholeNs(atNs));
      },
    );
    try {
      this.#handle = kind.create(readClock(kind.clock));
    } catch (error) {
      throw toPacegateError(error);
    }
    dropped.register(this, this.#handle, this);
  }

  /** Units per second, on average. */
  get rate(): number {
    return this.quota.rate;
  }

  /** Units of a window. */
  get limit(): number {
    return this.quota.limit;
  }

  /**
   * Bytes of native memory it holds at present.
   *
   * @throws PacegateError after dispose
   */
  get bytes(): number {
    return native.window_bytes(this.aliveHandle());
  }

  /**
   * Takes `cost` units when they are there and nobody waits for them; never waits.
   *
   * @returns whether it did; a refusal takes nothing
   * @throws PacegateError for a cost that is no finite number of at least 0, and after dispose
   */
  tryAcquire(cost = 1): boolean {
    if (!isCost(cost)) throw badCost('cost', cost);
    const handle = this.aliveHandle();
    if (this.#line.size > 0) return this.#tryBesideLine(cost);
    const clock = this.#ownClock;
    const isAllowed =
      clock === undefined
        ? window_try_acquire(handle, cost)
        : window_try_acquire_at(handle, cost, readClock(clock));
    if (isAllowed) this.#counters.allow(scratch[SCRATCH.nowNs] ?? 0, cost);
    else this.#counters.block();
    return isAllowed;
  }

  /**
   * Waits for `cost` units: higher `priority` first, then first come, first served. When it will be served is known
   * at once, so a wait that would exceed `timeoutMs`, or a cost above what there can ever be, is refused without
   * waiting. The process stays alive while somebody waits.
   *
   * @returns true when the units were taken; false when refused, and for all who wait when the limiter is disposed of
   * @throws (rejects) with `signal.reason` when aborted: those behind move up; with a PacegateError for wrong
   * arguments and after dispose
   */
  async acquire(cost = 1, options?: AcquireOptions): Promise<boolean> {
    if (!isCost(cost)) throw badCost('cost', cost);
    const patience = checkAcquireOptions(options);
    this.aliveHandle();
    if (patience.signal?.aborted === true) throw patience.signal.reason;
    return this.#line.join(cost, patience);
  }

  /**
   * As {@link tryAcquire}, and explains the answer.
   *
   * @throws PacegateError as tryAcquire
   */
  check(cost = 1): Decision {
    if (!isCost(cost)) throw badCost('cost', cost);
    const handle = this.aliveHandle();
    if (this.#mustWait(cost)) {
      this.#counters.block();
      return this.#decisionBehindLine(cost);
    }
    const clock = this.#ownClock;
    const isAllowed =
      clock === undefined
        ? native.window_check(handle, cost)
        : native.window_check_at(handle, cost, readClock(clock));
    if (isAllowed) {
      this.#counters.allow(scratch[SCRATCH.nowNs] ?? 0, cost);
      this.#line.replan();
    } else {
      this.#counters.block();
    }
    return this.#decision(isAllowed);
  }

  /**
   * What {@link check} would say; takes and counts nothing.
   *
   * @throws PacegateError as tryAcquire
   */
  peek(cost = 1): Decision {
    if (!isCost(cost)) throw badCost('cost', cost);
    const handle = this.aliveHandle();
    if (this.#mustWait(cost)) return this.#decisionBehindLine(cost);
    return this.#decision(native.window_peek_at(handle, cost, readClock(this.#clock)));
  }

  /**
   * Milliseconds that `acquire(cost)` would wait if it were called now; Infinity for what can never be met.
   *
   * @throws PacegateError as tryAcquire
   */
  estimateWaitMs(cost = 1): number {
    return this.peek(cost).retryAfterMs;
  }

  /**
   * Gives back units that were taken and not used; stops when everything is available. Those who wait move up. What
   * was taken first is given back first: the safe side, whichever it was. What was taken in a window that is over has
   * lapsed, and must not be given back.
   *
   * @param units - a finite number of at least 0
   * @throws PacegateError for a wrong number, and after dispose
   */
  refund(units: number): void {
    if (!isCost(units)) throw badCost('units', units);
    native.window_give_back_at(this.aliveHandle(), units, readClock(this.#clock));
    this.#line.replan();
  }

  /** @internal */
  [UNDO](units: number): void {
    native.window_undo_at(this.aliveHandle(), units, readClock(this.#clock));
    this.#line.replan();
  }

  /**
   * Changes the rate from now on; what is taken stays taken. Who waits now waits by the new rate, and is refused when
   * that is longer than its `timeoutMs`.
   *
   * @throws PacegateError for a rate the constructor would refuse, and after dispose; then nothing has changed
   */
  setRate(rate: number): void {
    const quota = this.#kind.quotaFor(checkNumber('rate', rate, { above: 0 }));
    const handle = this.aliveHandle();
    this.#line.rearrange((nowNs) => {
      native.window_set_quota_at(handle, quota.limit, quota.rate, quota.burst, nowNs);
      this.#quota = quota;
      this.#counters.setRate(quota.rate);
    });
  }

  /**
   * How it has done so far.
   *
   * @throws PacegateError after dispose
   */
  statistics(): LimiterStatistics {
    this.aliveHandle();
    return this.#counters.statistics(wholeNs(readClock(this.#clock)));
  }

  /**
   * Begins anew: nothing is taken, the statistics are empty. Who waits keeps its place and is served first.
   *
   * @throws PacegateError after dispose
   */
  reset(): void {
    const handle = this.aliveHandle();
    this.#counters.clear();
    this.#line.rearrange((nowNs) => {
      native.window_reset_at(handle, nowNs);
    });
  }

  /** Ends the limiter: who waits gets false, any later call throws `ERR_PACEGATE_DISPOSED`. May be called twice. */
  [Symbol.dispose](): void {
    if (this.#handle === 0) return;
    this.#line.close();
    dropped.unregister(this);
    native.window_destroy(this.#handle);
    this.#handle = 0;
  }

  /** What it grants at present: of a shared one, whoever has set it. */
  protected get quota(): WindowQuota {
    if (this.#isShared && this.#handle !== 0) this.#quota = readQuota(this.#handle);
    return this.#quota;
  }

  /** Moves its state to where others have it too; `move` does that. */
  protected becomeShared(move: (handle: NativeHandle) => void): void {
    try {
      move(this.aliveHandle());
    } catch (error) {
      throw toPacegateError(error);
    }
    this.#isShared = true;
    this.#line.replan();
  }

  /** @throws DisposedError after dispose */
  protected aliveHandle(): NativeHandle {
    if (this.#handle === 0) throw new DisposedError(this.#kind.name);
    return this.#handle;
  }

  /** Units granted within the last window. */
  protected usedUnits(): number {
    return native.window_used_at(this.aliveHandle(), readClock(this.#clock));
  }

  /** tryAcquire while somebody waits. */
  #tryBesideLine(cost: number): boolean {
    const nowNs = readClock(this.#clock);
    const isAllowed = !this.#mustWait(cost) && window_try_acquire_at(this.#handle, cost, nowNs);
    if (isAllowed) {
      this.#counters.allow(wholeNs(nowNs), cost);
      this.#line.replan();
    } else {
      this.#counters.block();
    }
    return isAllowed;
  }

  #mustWait(cost: number): boolean {
    return this.#line.isAhead() && cost > 0;
  }

  #decision(allowed: boolean): Decision {
    return explainedDecision(allowed, this.quota);
  }

  #decisionBehindLine(cost: number): Decision {
    const waitNs = this.#line.estimateNs(cost, readClock(this.#clock));
    scratch[SCRATCH.remaining] = 0;
    scratch[SCRATCH.waitNs] = waitNs;
    return this.#decision(false);
  }
}
