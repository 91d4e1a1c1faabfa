import { readClock } from '../../../internal/clock-alarms.js';
import { wholeNs } from '../../../internal/duration.js';
import { DisposedError } from '../../../internal/errors.js';
import { EventSource } from '../../../internal/event-source.js';
import { checkOutcome, type Outcome } from '../outcome.js';
import {
  degradationsOf,
  readAll,
  type Degradation,
  type Readings,
  type ResourceSource,
} from '../resources/resource-readings.js';
import { SystemReadings } from '../resources/system-readings.js';
import { every } from '../ticker.js';
import { ErrorWindow } from './error-window.js';
import { ladderOf, measureBetween, type MeasureName, type Measures } from './ladder.js';
import {
  describePressures,
  isClear,
  levelsOf,
  pressuresOf,
  type Levels,
  type Pressure,
  type PressureName,
} from './pressure.js';
import { RateBrake } from './rate-brake.js';
import {
  checkThrottleOptions,
  type CheckedThrottleOptions,
  type ResourceThrottleOptions,
} from './throttle-options.js';

/** One step of a {@link ResourceThrottle}: what holds from now on, and why. */
export interface ThrottleChange extends Measures {
  /** Steps taken, 0 for none. */
  readonly level: number;
  readonly direction: 'throttled' | 'recovered';
  /** Which measure was changed. */
  readonly measure: MeasureName;
  /** The readings that were too high, or that all are clear. */
  readonly reason: string;
}

/** Events of a {@link ResourceThrottle} and what their listeners are given. */
export interface ResourceThrottleEvents {
  /** One step was taken, or taken back. */
  change: [change: ThrottleChange];
  /** A reading cannot be had, or not as it should be; told again when it is for another reason. */
  degraded: [degradation: Degradation];
}

/** How a {@link ResourceThrottle} stands. */
export interface ResourceThrottleStatistics extends Measures {
  /** Steps taken, and how many there are. */
  readonly level: number;
  readonly levels: number;
  /** What was too high at the last look. */
  readonly pressures: readonly Pressure[];
  /** What the latest of the steps that hold was taken for; empty at level 0. */
  readonly cause: readonly Pressure[];
  /** What was read then; undefined before the first look. */
  readonly readings: Readings | undefined;
  /** Failures among recent outcomes; undefined while there are too few. */
  readonly errorPercent: number | undefined;
  readonly looks: number;
  readonly timesThrottled: number;
  readonly timesRecovered: number;
  /** What cannot be read, or not as it should be, and a rate that cannot be changed. */
  readonly degraded: readonly Degradation[];
}

/**
 * Lets a scan give way to its host. While processors, memory, failures, the lag of the event loop or descriptors are
 * above their thresholds it takes one step a second: first fewer workers, then longer waits, then a lower rate. When all
 * are clear for a while (what was too high at `clearShare` of its threshold, the others not above theirs) it takes the
 * steps back, one by one, in the opposite order. What cannot be read is reported
 * (`degraded`) and does without.
 *
 * A `ConnectionPool` takes it as `throttle`, and does the rest. Whoever has workers of his own reads `workerShare`, awaits
 * {@link wait} before each task, and reports outcomes by {@link observe}.
 *
 * It looks until it is disposed of, by a timer that does not keep the process alive; then everything is given back.
 *
 * @example
 * ```ts
 * import { TokenBucket } from 'pacegate';
 * import { ResourceThrottle } from 'pacegate/scan';
 *
 * const limiter = new TokenBucket({ rate: 500 });
 * using throttle = new ResourceThrottle({ limiter, thresholds: { cpuPercent: 60 } });
 * throttle.on('change', ({ level, measure, reason }) => console.log(`${level} ${measure}: ${reason}`));
 * await throttle.wait(); // before each task
 * throttle.observe({ success: true }); // after it
 * ```
 */
export class ResourceThrottle extends EventSource<ResourceThrottleEvents> {
  readonly #options: CheckedThrottleOptions;
  readonly #ladder: readonly Measures[];
  readonly #readings: ResourceSource;
  readonly #errors: ErrorWindow;
  readonly #brake: RateBrake;
  readonly #stopLooking: () => void;
  /** The remark about each reading that was told last. */
  readonly #told = new Map<string, string>();
  #isDisposed = false;
  #level = 0;
  #clearLooks = 0;
  #cause: readonly Pressure[] = [];
  /** What has been too high since the first of the steps that hold. */
  readonly #was = new Set<PressureName>();
  #looks = 0;
  #timesThrottled = 0;
  #timesRecovered = 0;
  #latest: { readonly readings: Readings; readonly pressures: readonly Pressure[] } | undefined;

  /** @throws PacegateError `ERR_PACEGATE_INVALID_ARGUMENT`, `ERR_PACEGATE_OUT_OF_RANGE` */
  constructor(options?: ResourceThrottleOptions) {
    super(['change', 'degraded']);
    this.#options = checkThrottleOptions(options);
    const { errorWindowMs, minimumOutcomes, limiter, clock, intervalMs } = this.#options;
    this.#ladder = ladderOf(this.#options);
    this.#errors = new ErrorWindow(errorWindowMs, minimumOutcomes);
    this.#brake = new RateBrake(limiter);
    this.#readings = this.#options.readings ?? new SystemReadings();
    this.#stopLooking = every(clock, intervalMs, () => {
      this.look();
    });
  }

  /** The part of the workers that may work now; above 0, 1 for all. */
  get workerShare(): number {
    return this.#measures.workerShare;
  }

  /** How long each task should wait before it begins, in milliseconds; 0 when all is well. */
  get waitMs(): number {
    return this.#measures.waitMs;
  }

  /** The part of the rate that is used now; above 0, 1 for all of it. */
  get rateShare(): number {
    return this.#measures.rateShare;
  }

  /**
   * Waits as long as a task should at present; resolves at once when all is well, and after dispose.
   *
   * @throws (rejects) `signal.reason` when aborted
   */
  async wait(signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    if (this.waitMs > 0) await this.#options.clock.sleep(this.waitMs, signal);
  }

  /**
   * Counts how a task ended; after dispose, nothing.
   *
   * @throws PacegateError for what is no outcome
   */
  observe(outcome: Outcome): void {
    this.#errors.add(!checkOutcome(outcome).success, this.#nowNs());
  }

  /**
   * Looks now, beside the looks that time brings, and takes a step if that is due.
   *
   * @throws PacegateError after dispose
   */
  look(): void {
    if (this.#isDisposed) throw new DisposedError('ResourceThrottle');
    const { thresholds, clearShare, recoverLooks } = this.#options;
    const readings = readAll(this.#readings);
    const levels = this.#levels(readings);
    const pressures = pressuresOf(levels, thresholds);
    this.#looks += 1;
    this.#latest = { readings, pressures };
    for (const { name } of pressures) this.#was.add(name);
    const clear = isClear(levels, thresholds, clearShare, this.#was);
    this.#clearLooks = clear ? this.#clearLooks + 1 : 0;
    if (pressures.length > 0) {
      this.#cause = pressures;
      this.#step(1, describePressures(pressures));
    } else if (this.#clearLooks >= recoverLooks) this.#step(-1, 'everything is clear again');
    this.#tellDegradations();
  }

  /** How it stands, and has done so far. */
  statistics(): ResourceThrottleStatistics {
    return {
      ...this.#measures,
      level: this.#level,
      levels: this.#ladder.length - 1,
      pressures: this.#latest?.pressures ?? [],
      cause: this.#level === 0 ? [] : this.#cause,
      readings: this.#latest?.readings,
      errorPercent: this.#errors.percent(this.#nowNs()),
      looks: this.#looks,
      timesThrottled: this.#timesThrottled,
      timesRecovered: this.#timesRecovered,
      degraded: this.#degradations(),
    };
  }

  /** Takes all steps back, tells of it, and looks no more. May be called twice. */
  [Symbol.dispose](): void {
    if (this.#isDisposed) return;
    this.#stopLooking();
    while (this.#level > 0) this.#step(-1, 'the throttle has ended');
    this.#isDisposed = true;
    if (this.#options.readings === undefined) this.#readings[Symbol.dispose]?.();
    this.removeListeners();
  }

  get #measures(): Measures {
    return this.#ladder[this.#level] ?? { workerShare: 1, waitMs: 0, rateShare: 1 };
  }

  #levels(readings: Readings): Levels {
    return levelsOf(readings, this.#errors.percent(this.#nowNs()));
  }

  /** One step up or down, where there is one. */
  #step(by: 1 | -1, reason: string): void {
    const before = this.#measures;
    const measures = this.#ladder[this.#level + by];
    this.#clearLooks = 0;
    if (measures === undefined) return;
    this.#level += by;
    if (this.#level === 0) this.#was.clear();
    if (by > 0) {
      this.#timesThrottled += 1;
      this.#errors.clear();
    } else this.#timesRecovered += 1;
    this.#brake.apply(measures.rateShare);
    this.emit('change', {
      ...measures,
      level: this.#level,
      direction: by > 0 ? 'throttled' : 'recovered',
      measure: measureBetween(before, measures),
      reason,
    });
  }

  #degradations(): Degradation[] {
    const { fault } = this.#brake;
    return [
      ...(this.#latest === undefined ? [] : degradationsOf(this.#latest.readings)),
      ...(fault === undefined ? [] : [{ name: 'rate', remark: fault }]),
    ];
  }

  #tellDegradations(): void {
    for (const degradation of this.#degradations()) {
      const { name, remark } = degradation;
      if (this.#told.get(name) === remark) continue;
      this.#told.set(name, remark);
      this.emit('degraded', degradation);
    }
  }

  #nowNs(): number {
    return wholeNs(readClock(this.#options.clock));
  }
}
