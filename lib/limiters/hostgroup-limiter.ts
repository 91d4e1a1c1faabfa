import { checkNumber, outOfRange, show } from '../internal/check.js';
import { alarmsOf } from '../internal/clock-alarms.js';
import { DisposedError, PacegateError } from '../internal/errors.js';
import { EventSource } from '../internal/event-source.js';
import type { AlarmClock } from '../internal/system-timer.js';
import { type AcquireOptions, checkAcquireOptions } from './decision.js';
import {
  checkHostgroupOptions,
  checkTargetName,
  type HostgroupOptions,
} from './hostgroup/hostgroup-options.js';
import { makePermit, type TargetPermit } from './hostgroup/target-permit.js';
import { WaitHistogram } from './statistics/wait-histogram.js';
import { type Turn, TurnLine } from './waiting/turn-line.js';

/** Events of a {@link HostgroupLimiter} and what their listeners are given. */
export interface HostgroupEvents {
  /**
   * A target was finished, nobody waits for its place, and so fewer than `min` are active. Told once, and again only
   * after `min` have been active meanwhile.
   */
  belowMinimum: [active: number, min: number];
}

/** How a {@link HostgroupLimiter} has done since it was made. */
export interface HostgroupStatistics {
  max: number;
  min: number;
  active: number;
  waiting: number;
  /** The most that were active at once. */
  peakActive: number;
  /** Permits given. */
  granted: number;
  /** Permits given back by `release` or `using`. */
  released: number;
  /** Permits that were never given back, and found by the garbage collector: a fault of the program. */
  dropped: number;
  /** Calls of `tryAcquireTarget` that got none. */
  refused: number;
  timedOut: number;
  aborted: number;
  /** Mean time that permits were waited for, those given at once included. */
  averageWaitMs: number;
  /** Percentiles of the same; too high by at most 1/32. */
  waitMs: { p50: number; p90: number; p99: number; max: number };
}

type Waiter = Turn<string | undefined, TargetPermit>;

/**
 * Lets at most `max` targets be worked on at once. Each takes a permit and releases it, best by `using`; the same
 * target twice takes two. Who waits is served by priority, then in order of arrival.
 *
 * A permit that was lost without a release is recovered when the garbage collector finds it, and counted.
 *
 * @example
 * ```ts
 * import { HostgroupLimiter } from 'pacegate';
 *
 * const hosts = new HostgroupLimiter({ max: 16 });
 * async function scanHost(host: string): Promise<void> {
 *   using permit = await hosts.acquireTarget(host, { timeoutMs: 60_000 });
 *   console.log(`scanning ${permit.target}`);
 * }
 * ```
 */
export class HostgroupLimiter extends EventSource<HostgroupEvents> {
  readonly #min: number;
  readonly #alarms: AlarmClock;
  readonly #line: TurnLine<string | undefined, TargetPermit>;
  readonly #waits = new WaitHistogram();
  #max: number;
  #active = 0;
  #peakActive = 0;
  #granted = 0;
  #released = 0;
  #dropped = 0;
  #refused = 0;
  #timedOut = 0;
  #aborted = 0;
  /** Whether belowMinimum has been told since `min` were last active. */
  #isBelow = false;
  #isDisposed = false;

  /** @throws PacegateError `ERR_PACEGATE_INVALID_ARGUMENT`, `ERR_PACEGATE_OUT_OF_RANGE` */
  constructor(options?: HostgroupOptions) {
    super(['belowMinimum']);
    const { max, min, clock } = checkHostgroupOptions(options);
    this.#max = max;
    this.#min = min;
    this.#alarms = alarmsOf(clock);
    this.#line = new TurnLine(this.#alarms, {
      timedOut: (waiter) => {
        this.#timedOut++;
        waiter.reject(timeOut(waiter.request, waiter.timeoutMs));
      },
      gaveUp: () => {
        this.#aborted++;
      },
    });
  }

  /** Most targets at once. */
  get max(): number {
    return this.#max;
  }

  /** Fewer than these at once are worth a warning. */
  get min(): number {
    return this.#min;
  }

  /** Permits that are held. More than `max` for a while after that was lowered. */
  get active(): number {
    return this.#active;
  }

  /** How many wait for a permit. */
  get waiting(): number {
    return this.#line.size;
  }

  /**
   * Waits for a permit.
   *
   * @param target - what it is for; a name for whoever looks
   * @throws (rejects) PacegateError `ERR_PACEGATE_TIMED_OUT` when none came within `timeoutMs`; `signal.reason` when
   * aborted; DisposedError when the limiter was disposed of meanwhile; a PacegateError for wrong arguments
   */
  async acquireTarget(target?: string, options?: AcquireOptions): Promise<TargetPermit> {
    checkTargetName(target);
    const patience = checkAcquireOptions(options);
    this.#checkAlive();
    if (patience.signal?.aborted === true) throw patience.signal.reason;
    if (this.#active < this.#max) return this.#grant(target, 0);
    if (patience.timeoutMs > 0) return this.#line.join(target, patience);
    this.#timedOut++;
    throw timeOut(target, 0);
  }

  /**
   * A permit when one is to be had now, else undefined.
   *
   * @throws PacegateError for a wrong target, and after dispose
   */
  tryAcquireTarget(target?: string): TargetPermit | undefined {
    checkTargetName(target);
    this.#checkAlive();
    if (this.#active < this.#max) return this.#grant(target, 0);
    this.#refused++;
    return undefined;
  }

  /**
   * Changes how many may be active at once. More: those who wait are served now. Fewer: permits that are held stay
   * valid, and none are given until enough are back.
   *
   * @param max - a whole number, at least 1 and at least `min`
   * @throws PacegateError for another one, and after dispose; then nothing has changed
   */
  setMax(max: number): void {
    checkNumber('max', max, { min: 1, integer: true });
    if (max < this.#min) throw outOfRange('max', max, `at least min (${this.#min})`);
    this.#checkAlive();
    this.#max = max;
    this.#serve();
  }

  /**
   * How it has done so far.
   *
   * @throws PacegateError after dispose
   */
  statistics(): HostgroupStatistics {
    this.#checkAlive();
    const waits = this.#waits;
    return {
      max: this.#max,
      min: this.#min,
      active: this.#active,
      waiting: this.waiting,
      peakActive: this.#peakActive,
      granted: this.#granted,
      released: this.#released,
      dropped: this.#dropped,
      refused: this.#refused,
      timedOut: this.#timedOut,
      aborted: this.#aborted,
      averageWaitMs: waits.averageNs / 1e6,
      waitMs: {
        p50: waits.percentileNs(0.5) / 1e6,
        p90: waits.percentileNs(0.9) / 1e6,
        p99: waits.percentileNs(0.99) / 1e6,
        max: waits.maxNs / 1e6,
      },
    };
  }

  /**
   * Ends the limiter: who waits is refused with `ERR_PACEGATE_DISPOSED`, as is any later call. Permits may still be
   * released. May be called twice.
   */
  [Symbol.dispose](): void {
    this.#isDisposed = true;
    for (let first = this.#line.first; first !== undefined; first = this.#line.first) {
      this.#line.take(first);
      first.reject(new DisposedError('HostgroupLimiter'));
    }
    this.removeListeners();
  }

  #grant(target: string | undefined, waitNs: number): TargetPermit {
    this.#active++;
    this.#granted++;
    this.#waits.record(waitNs);
    if (this.#active > this.#peakActive) this.#peakActive = this.#active;
    if (this.#active >= this.#min) this.#isBelow = false;
    return makePermit(target, (isDropped) => {
      if (isDropped) this.#dropped++;
      else this.#released++;
      this.#active--;
      this.#serve();
      this.#warn();
    });
  }

  #serve(): void {
    if (this.#line.size === 0) return;
    const nowNs = this.#alarms.nowNs();
    for (
      let first: Waiter | undefined = this.#line.first;
      first !== undefined && this.#active < this.#max;
      first = this.#line.first
    ) {
      this.#line.take(first);
      first.resolve(this.#grant(first.request, Number(nowNs - first.joinedNs)));
    }
  }

  #warn(): void {
    if (this.#isBelow || this.#active >= this.#min) return;
    this.#isBelow = true;
    this.emit('belowMinimum', this.#active, this.#min);
  }

  #checkAlive(): void {
    if (this.#isDisposed) throw new DisposedError('HostgroupLimiter');
  }
}

function timeOut(target: string | undefined, timeoutMs: number): Error {
  const whose = target === undefined ? '' : ` for ${show(target)}`;
  return new PacegateError('ERR_PACEGATE_TIMED_OUT', `no permit${whose} within ${timeoutMs} ms`);
}
