import { checkNumber, checkOptions, invalidArgument } from '../../../internal/check.js';
import { checkClock, type Clock } from '../../../internal/clock.js';
import { readClock } from '../../../internal/clock-alarms.js';
import { msFromNs } from '../../../internal/duration.js';
import { EventSource } from '../../../internal/event-source.js';
import { checkOutcome, type Outcome } from '../outcome.js';
import {
  checkResourceSource,
  degradationsOf,
  readAll,
  type Degradation,
  type Readings,
  type ResourceSource,
} from '../resources/resource-readings.js';
import { SystemReadings } from '../resources/system-readings.js';
import { every } from '../ticker.js';
import { figuresOf, type PerformanceFigures } from './performance-figures.js';
import { SlotRing } from './slot-ring.js';

/** How a {@link PerformanceMonitor} is made. */
export interface PerformanceMonitorOptions {
  /** Where readings come from; by default this host. One that is given is the caller's to dispose of. */
  readings?: ResourceSource | undefined;
  /** Where time comes from; by default the system's monotonic clock. */
  clock?: Clock | undefined;
}

/** Events of a {@link PerformanceMonitor} and what their listeners are given. */
export interface PerformanceMonitorEvents {
  /** A second is over. */
  sample: [figures: PerformanceFigures];
}

/** A look at the resources belongs to the second that ends with it, though its timer comes a little late. */
const SAMPLE_MS = 1000;
const HOUR_MS = 3_600_000;

/**
 * Watches a scan in real time: requests a second, response times, waits, errors and resources, over any stretch of the last
 * hour. The last minute is kept by the second and the hour by the minute, in at most 2 MiB however much is observed.
 *
 * It reads the resources each second, by a timer that does not keep the process alive, until it is disposed of; what was
 * observed can be read on.
 *
 * @example
 * ```ts
 * import { PerformanceMonitor } from 'pacegate/scan';
 *
 * using monitor = new PerformanceMonitor();
 * monitor.on('sample', ({ requestsPerSecond, responseMs }) => {
 *   console.log(`${requestsPerSecond.toFixed(0)}/s, p99 ${responseMs.p99.toFixed(1)} ms`);
 * });
 * monitor.observe({ success: true, responseMs: 12.5 }); // after each task
 * console.log(monitor.statistics(60_000).errorRate);
 * ```
 */
export class PerformanceMonitor extends EventSource<PerformanceMonitorEvents> {
  readonly #clock: Clock;
  readonly #readings: ResourceSource;
  readonly #ownsReadings: boolean;
  readonly #beganNs: bigint;
  readonly #seconds = new SlotRing(1000, 60);
  readonly #minutes = new SlotRing(60_000, 60);
  readonly #stopSampling: () => void;
  #latest: Readings | undefined;
  #isDisposed = false;

  /** @throws PacegateError `ERR_PACEGATE_INVALID_ARGUMENT` */
  constructor(options: PerformanceMonitorOptions = {}) {
    super(['sample']);
    const given = checkOptions('options', options, ['readings', 'clock']);
    const { readings } = given;
    this.#clock = checkClock('clock', given['clock']);
    this.#ownsReadings = readings === undefined;
    this.#readings =
      readings === undefined ? new SystemReadings() : checkResourceSource('readings', readings);
    this.#beganNs = readClock(this.#clock);
    this.#stopSampling = every(this.#clock, SAMPLE_MS, () => {
      this.#sample();
    });
  }

  /**
   * Counts how a task ended.
   *
   * @throws PacegateError for what is no outcome
   */
  observe(outcome: Outcome): void {
    const checked = checkOutcome(outcome);
    const elapsedMs = this.#elapsedMs();
    this.#seconds.at(elapsedMs).observe(checked);
    this.#minutes.at(elapsedMs).observe(checked);
  }

  /** The latest readings of the resources; undefined in the first second. */
  get readings(): Readings | undefined {
    return this.#latest;
  }

  /** What could not be read at last, or not as it should be. */
  get degraded(): readonly Degradation[] {
    return this.#latest === undefined ? [] : degradationsOf(this.#latest);
  }

  /**
   * Figures of the time up to now.
   *
   * @param overMs - how far back, 1000 to 3 600 000; by default a minute. Up to a minute to the second, beyond it to the
   * minute, rounded up; the stretch that has just begun counts as one
   * @throws PacegateError for a wrong number
   */
  statistics(overMs = 60_000): PerformanceFigures {
    checkNumber('overMs', overMs, { min: 1000, max: HOUR_MS });
    const ring = overMs <= 60_000 ? this.#seconds : this.#minutes;
    const elapsedMs = this.#elapsedMs();
    const last = ring.numberAt(elapsedMs);
    const first = Math.max(last - Math.ceil(overMs / ring.slotMs) + 1, 0);
    const startMs = first * ring.slotMs;
    return figuresOf(ring.between(first, last, elapsedMs), startMs, elapsedMs - startMs);
  }

  /**
   * Second by second the last minute, or minute by minute the last hour, as far as the monitor is that old; the oldest
   * first. The last one has just begun.
   *
   * @throws PacegateError for another step
   */
  history(step: 'second' | 'minute' = 'second'): PerformanceFigures[] {
    const ring = this.#ringOf(step);
    const elapsedMs = this.#elapsedMs();
    const last = ring.numberAt(elapsedMs);
    const first = Math.max(last - ring.size + 1, 0);
    return ring.between(first, last, elapsedMs).map((slot, i) => {
      const startMs = (first + i) * ring.slotMs;
      return figuresOf([slot], startMs, Math.min(ring.slotMs, elapsedMs - startMs));
    });
  }

  /** Reads no more. May be called twice. */
  [Symbol.dispose](): void {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    this.#stopSampling();
    if (this.#ownsReadings) this.#readings[Symbol.dispose]?.();
    this.removeListeners();
  }

  #sample(): void {
    this.#latest = readAll(this.#readings);
    const elapsedMs = this.#elapsedMs();
    const withinMs = Math.max(elapsedMs - SAMPLE_MS / 2, 0);
    this.#seconds.at(withinMs).sample(this.#latest);
    this.#minutes.at(withinMs).sample(this.#latest);
    if (this.listenerCount('sample') === 0) return;
    const second = this.#seconds.numberAt(withinMs);
    const slots = this.#seconds.between(second, second, elapsedMs);
    this.emit('sample', figuresOf(slots, second * 1000, 1000));
  }

  #ringOf(step: unknown): SlotRing {
    if (step === 'second') return this.#seconds;
    if (step === 'minute') return this.#minutes;
    throw invalidArgument('step', step, "'second' or 'minute'");
  }

  #elapsedMs(): number {
    return Math.max(msFromNs(readClock(this.#clock) - this.#beganNs), 0);
  }
}
