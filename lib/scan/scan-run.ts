// A scan as its user holds it: results to iterate over, events, figures, control.

import { checkNumber } from '../internal/check.js';
import { EventSource } from '../internal/event-source.js';
import { toPacegateError } from '../internal/native-error.js';
import { fixedRateInstead } from './auto-rate.js';
import type { BackoffEvent } from './backoff-event.js';
import { DeliveredPosition } from './delivered-position.js';
import type { EngineCounters, ScanEngine } from './engines/scan-engine.js';
import { watchEngine } from './engines/watch-engine.js';
import { HostWatch } from './hosts/host-watch.js';
import { lossWarnings } from './loss-warnings.js';
import { MinRateWatch } from './min-rate-watch.js';
import type { ScanSettings } from './options.js';
import { makeEngine, planFor, prepareLater, prepareNow, type ScanDependencies } from './prepare.js';
import { RATE_BOUNDS } from './pace-options.js';
import { resumePoint, stateAt } from './resume-point.js';
import { ResultQueue } from './result-queue.js';
import type { ScanResult } from './result.js';
import { invalidState } from './scan-errors.js';
import type { ScanField, ScanPlan } from './scan-plan.js';
import type { ScanState } from './state.js';
import {
  scanStatistics,
  type ScanStatistics,
  type ScanSummary,
  type ScanWarning,
} from './statistics.js';

/** Events of a scan and what their listeners are given. */
export interface ScanEvents {
  /** Four times a second while the scan runs, and once at its end. */
  progress: [statistics: ScanStatistics];
  /** The scan goes on, but not as one might expect. */
  warning: [warning: ScanWarning];
  /** A target, or all of them, are left alone for a while; see `adaptiveRate`. */
  backoff: [backoff: BackoffEvent];
}

/** Results fetched from the engine in one piece. */
const BATCH = 2048;
const PROGRESS_MS = 250;

/**
 * A scan under way. Iterate over it for its results, or await `done` for its summary, or both.
 *
 * Iterating holds the scan to the reader's pace: while results wait to be read, sending slows down, and nothing is
 * lost. Leaving the loop early stops the scan. A scan that nobody iterates over runs at full speed and counts; its
 * first 65 536 results are kept for a later reader.
 *
 * `done` rejects with what made the scan impossible (an unknown host, no privilege, a device that failed). When the
 * scan is iterated over, the loop throws the same error, and `done` need not be looked at.
 *
 * What a listener throws is the program's error and not the scan's: it becomes an uncaught exception of the process, and
 * where the program takes those, the scan goes on and its results and the other listeners lose nothing.
 */
export class Scan extends EventSource<ScanEvents> implements AsyncIterable<ScanResult> {
  /** Resolves when everything is settled, or when the scan has been stopped (`complete: false`). */
  readonly done: Promise<ScanSummary>;
  readonly #settings: ScanSettings;
  readonly #dependencies: ScanDependencies;
  readonly #queue = new ResultQueue();
  readonly #warnings: ScanWarning[] = [];
  readonly #startNs: bigint;
  readonly #stop = (): void => {
    this.#isStopping = true;
    this.#running?.stop();
  };
  readonly #minRateWatch: MinRateWatch;
  readonly #hostWatch: HostWatch;
  #rate: number;
  #plan: ScanPlan | undefined;
  #engine: ScanEngine | undefined;
  #delivered: DeliveredPosition | undefined;
  #endNs: bigint | undefined;
  #isStopping = false;
  #isPaused = false;
  #nextProgressMs = 0;

  /** @internal Scans are made by `scan()`. */
  constructor(
    settings: ScanSettings,
    dependencies: ScanDependencies,
    field = prepareNow(settings, dependencies),
  ) {
    super(['progress', 'warning', 'backoff']);
    this.#settings = settings;
    this.#rate = this.#settings.maxRate;
    this.#hostWatch = new HostWatch(this.#settings.hosts);
    const nowMs = (): number => Number(dependencies.clock.nowNs()) / 1e6;
    this.#minRateWatch = new MinRateWatch(settings.minRate, nowMs);
    this.#dependencies = dependencies;
    this.#startNs = dependencies.clock.nowNs();
    const { signal } = this.#settings;
    if (signal?.aborted === true) this.#isStopping = true;
    else signal?.addEventListener('abort', this.#stop, { once: true });
    this.done = this.#run(field);
  }

  /** Live figures; they stay after the end. */
  get statistics(): ScanStatistics {
    const { clock } = this.#dependencies;
    return scanStatistics({
      counters: this.#engine?.counters(),
      backend: this.#engine?.backend ?? '',
      targetRate: this.#rate,
      elapsedMs: Number((this.#endNs ?? clock.nowNs()) - this.#startNs) / 1e6,
      settledBefore: this.#plan?.settledBefore ?? 0,
    });
  }

  /** Packets a second that are asked for now: `maxRate`, or what `setRate()` made of it. The cap of an automatic rate. */
  get rate(): number {
    return this.#rate;
  }

  /**
   * Where the scan stands, for the `resume` option of a later one. While it is iterated over, that is never ahead of the
   * results: what the reader has not been given, and what it was given last and has not come back from, is probed again.
   *
   * @throws PacegateError (`ERR_PACEGATE_INVALID_ARGUMENT`) before host names are resolved: there is no plan yet
   */
  state(): ScanState {
    if (this.#plan === undefined)
      throw invalidState('the scan has no state before its targets are resolved');
    const point = this.#queue.isRead ? this.#delivered?.point : undefined;
    return stateAt(this.#plan, point ?? resumePoint(this.#plan, this.#engine));
  }

  /** Sends nothing until `resume()`; answers under way still become results. */
  pause(): void {
    this.#isPaused = true;
    this.#running?.pause();
  }

  /** Ends a pause. */
  resume(): void {
    this.#isPaused = false;
    this.#minRateWatch.reset();
    this.#running?.resume();
  }

  /**
   * Changes `maxRate` while the scan runs: for the next packet, or, where the backend holds packets until their time,
   * for those it does not hold yet. An automatic rate gets it as its cap.
   *
   * @param rate - packets a second, at least `minRate` where there is one
   * @throws PacegateError (`ERR_PACEGATE_INVALID_ARGUMENT`, `ERR_PACEGATE_OUT_OF_RANGE`)
   */
  setRate(rate: number): void {
    const { minRate = RATE_BOUNDS.min } = this.#settings;
    this.#rate = checkNumber('rate', rate, { ...RATE_BOUNDS, min: minRate });
    this.#minRateWatch.reset();
    this.#running?.setRate(rate);
  }

  /** Sends no more, waits one time-out for answers under way, and ends. Resolves then; never rejects. */
  async stop(): Promise<void> {
    this.#stop();
    await this.done.catch(() => undefined);
  }

  /**
   * Reads the results in the order in which they become known. Several iterators share them.
   *
   * @throws PacegateError (`ERR_PACEGATE_INVALID_ARGUMENT`) when unread results have been given up already
   */
  [Symbol.asyncIterator](): AsyncIterator<ScanResult, undefined> {
    const iterator = this.#queue.iterator(() => this.stop());
    this.done.catch(() => undefined); // the iterator reports it
    return iterator;
  }

  /** The engine, until it is closed: then it has nothing more to be told. */
  get #running(): ScanEngine | undefined {
    return this.#endNs === undefined ? this.#engine : undefined;
  }

  async #run(field: ScanField | undefined): Promise<ScanSummary> {
    try {
      const plan = await this.#begin(field);
      if (this.#engine !== undefined) await this.#follow(plan, this.#engine);
      return this.#summarize(plan);
    } catch (thrown) {
      const error = toPacegateError(thrown);
      this.#queue.fail(error);
      throw error;
    } finally {
      this.#endNs = this.#dependencies.clock.nowNs();
      this.#settings.signal?.removeEventListener('abort', this.#stop);
      this.#engine?.close();
      this.#queue.end();
    }
  }

  /** Works the plan out and starts the engine, unless the scan was stopped before or a resumed one is complete. */
  async #begin(field: ScanField | undefined): Promise<ScanPlan> {
    const known = field ?? (await prepareLater(this.#settings, this.#dependencies));
    for (const message of known.warnings) this.#warn('targets-left-out', message);
    const warn = this.#warn.bind(this);
    const plan = planFor(this.#settings, known, this.#dependencies, warn);
    this.#plan = plan;
    this.#delivered = new DeliveredPosition(this.#queue, resumePoint(plan, undefined));
    for (const warning of this.#hostWatch.begin(plan.addresses)) warn(...warning);
    if (this.#isStopping || plan.startPosition === plan.endPosition) return plan;
    const engine = makeEngine(plan, this.#dependencies, warn);
    this.#engine = engine;
    this.#rate = fixedRateInstead(this.#settings, plan, this.#rate, warn);
    if (this.#rate !== plan.rate) engine.setRate(this.#rate);
    if (this.#isPaused) engine.pause();
    engine.start();
    return plan;
  }

  async #follow(plan: ScanPlan, engine: ScanEngine): Promise<void> {
    await watchEngine(engine, this.#dependencies.pollMs, (counters, isOver) => {
      const point = resumePoint(plan, engine);
      const isDrained = this.#drain(engine, isOver);
      if (isDrained) this.#delivered?.look(point, isOver);
      this.#watchLosses(counters);
      for (const warning of this.#hostWatch.look(engine, counters)) this.#warn(...warning);
      this.#tellProgress(isOver);
      const isHeld = this.#isPaused || this.#isStopping;
      const slow = isHeld ? undefined : this.#minRateWatch.look(counters);
      if (slow !== undefined) this.#warn('below-min-rate', slow);
    });
  }

  /** A reader that lags holds the engine back, but not its end. Returns whether that was all the engine had. */
  #drain(engine: ScanEngine, isOver: boolean): boolean {
    let isDrained = false;
    while (!isDrained && (isOver || this.#isStopping || !this.#queue.isFull)) {
      const results = engine.drain(BATCH);
      this.#queue.push(results);
      isDrained = results.length < BATCH;
    }
    for (const backoff of engine.takeBackoffs?.() ?? []) this.emit('backoff', backoff);
    if (this.#queue.discarded > 0 && !this.#hasWarned('results-unread')) {
      this.#warn('results-unread', 'nobody reads the results: from now on they are only counted');
    }
    return isDrained;
  }

  #watchLosses(counters: EngineCounters): void {
    for (const [code, message] of lossWarnings(counters)) {
      if (!this.#hasWarned(code)) this.#warn(code, message);
    }
  }

  #hasWarned(code: string): boolean {
    return this.#warnings.some((warning) => warning.code === code);
  }

  #tellProgress(isOver: boolean): void {
    const nowMs = performance.now();
    if (!isOver && nowMs < this.#nextProgressMs) return;
    this.#nextProgressMs = nowMs + PROGRESS_MS;
    if (this.listenerCount('progress') > 0) this.emit('progress', this.statistics);
  }

  /** Told a turn later, so that a listener added right after `scan()` hears the first ones too. */
  #warn(code: string, message: string): void {
    const warning = { code, message };
    this.#warnings.push(warning);
    queueMicrotask(() => {
      this.emit('warning', warning);
    });
  }

  #summarize(plan: ScanPlan): ScanSummary {
    const point = resumePoint(plan, this.#engine);
    // What a reader that has left was not given is to be probed again; any other gets it yet.
    const state = this.#queue.hasLost ? this.state() : stateAt(plan, point);
    const { statistics } = this;
    return {
      complete: point.position === plan.endPosition,
      technique: plan.technique,
      addresses: plan.addresses,
      ports: plan.ports.length,
      seed: plan.seed,
      durationMs: statistics.elapsedMs,
      statistics,
      state,
      warnings: [...this.#warnings],
    };
  }
}
