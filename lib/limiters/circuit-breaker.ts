import { invalidArgument } from '../internal/check.js';
import { readClock } from '../internal/clock-alarms.js';
import { wholeNs } from '../internal/duration.js';
import { DisposedError } from '../internal/errors.js';
import { EventSource } from '../internal/event-source.js';
import { CallWindow } from './breaker/call-window.js';
import {
  checkCircuitBreakerOptions,
  checkCircuitState,
  type CheckedCircuitBreakerOptions,
  type CircuitBreakerOptions,
  type CircuitState,
} from './breaker/breaker-options.js';
import type { CircuitCall, CircuitStatistics } from './breaker/circuit-call.js';
import { CircuitOpenError } from './breaker/circuit-open-error.js';
import { Trials } from './breaker/trials.js';

/** Events of a {@link CircuitBreaker} and what their listeners are given. */
export interface CircuitBreakerEvents {
  /** Its state is now `state`, and was `previous`. */
  stateChange: [state: CircuitState, previous: CircuitState];
}

/**
 * Keeps calls from a service that fails anyway. Closed, it lets everything through and counts; once there are
 * `minimumCalls` results in the window and `failureRate` of them are failures it opens, and refuses everything for
 * `openMs`. Then it is half-open: `halfOpenCalls` calls may try. When all of these succeed it closes, at the first
 * failure it opens again. Trials that have not reported for `openMs` are given up, and others may try.
 *
 * {@link run} does all of it for one call. A result that comes after the state has changed belongs to the past, and
 * changes nothing.
 *
 * No timer is used: an open breaker becomes half-open when it is looked at or asked next.
 *
 * @example
 * ```ts
 * import { CircuitBreaker } from 'pacegate';
 *
 * const breaker = new CircuitBreaker({ failureRate: 0.5, minimumCalls: 20, openMs: 5_000 });
 * breaker.on('stateChange', (state) => console.log(`store: ${state}`));
 * const value = await breaker.run(() => fetch('http://127.0.0.1:8080/value'));
 * ```
 */
export class CircuitBreaker extends EventSource<CircuitBreakerEvents> {
  readonly #options: CheckedCircuitBreakerOptions;
  readonly #window: CallWindow;
  readonly #trials: Trials;
  #state: CircuitState = 'closed';
  #isForced = false;
  #isDisposed = false;
  /** Grows with every change of state: a result counts in its own epoch only. */
  #epoch = 0;
  /** Of an open breaker: when it opened. Of a half-open one: when the latest trial began. */
  #sinceNs = 0n;
  #allowedCalls = 0;
  #rejectedCalls = 0;
  #successes = 0;
  #failures = 0;
  #lateResults = 0;
  #timesOpened = 0;

  /** @throws PacegateError `ERR_PACEGATE_INVALID_ARGUMENT`, `ERR_PACEGATE_OUT_OF_RANGE` */
  constructor(options?: CircuitBreakerOptions) {
    super(['stateChange']);
    this.#options = checkCircuitBreakerOptions(options);
    this.#window = new CallWindow(this.#options.windowMs);
    this.#trials = new Trials(this.#options.halfOpenCalls);
  }

  /**
   * What it is doing now.
   *
   * @throws PacegateError after dispose
   */
  get state(): CircuitState {
    this.#settle();
    return this.#state;
  }

  /**
   * Milliseconds until calls may try again; 0 unless it is open, Infinity while it is held open.
   *
   * @throws PacegateError after dispose
   */
  get retryAfterMs(): number {
    this.#settle();
    if (this.#state !== 'open') return 0;
    if (this.#isForced) return Infinity;
    return Math.max(0, this.#options.openMs - this.#elapsedMs());
  }

  /**
   * Whether a call may be made; then report it by {@link success} or {@link failure}. These say nothing about *which*
   * call they report, so one that was begun in an earlier state counts in the present one when that is closed, or
   * half-open with trials under way. {@link begin} and {@link run} know better.
   *
   * @throws PacegateError after dispose
   */
  tryAcquire(): boolean {
    this.#settle();
    const isAllowed =
      this.#state === 'closed' || (this.#state === 'half-open' && this.#trials.mayBegin);
    if (!isAllowed) {
      this.#rejectedCalls++;
      return false;
    }
    this.#allowedCalls++;
    if (this.#state === 'half-open') {
      this.#trials.begin();
      this.#sinceNs = readClock(this.#options.clock);
    }
    return true;
  }

  /**
   * As {@link tryAcquire}, with a call of its own to report; undefined: it may not be made.
   *
   * @throws PacegateError after dispose
   */
  begin(): CircuitCall | undefined {
    if (!this.tryAcquire()) return undefined;
    const epoch = this.#epoch;
    const { round } = this.#trials;
    let isOver = false;
    const end = (outcome: 'success' | 'failure' | 'nothing'): void => {
      if (isOver) return;
      isOver = true;
      this.#endCall(epoch, round, outcome);
    };
    return {
      success: () => {
        end('success');
      },
      failure: () => {
        end('failure');
      },
      [Symbol.dispose]: () => {
        end('nothing');
      },
    };
  }

  /**
   * A call that {@link tryAcquire} allowed succeeded.
   *
   * @throws PacegateError after dispose
   */
  success(): void {
    this.#report(false);
  }

  /**
   * A call that {@link tryAcquire} allowed failed.
   *
   * @throws PacegateError after dispose
   */
  failure(): void {
    this.#report(true);
  }

  /**
   * Calls `fn` if that may be, and counts how it ends.
   *
   * @returns what `fn` returns
   * @throws (rejects) CircuitOpenError `ERR_PACEGATE_CIRCUIT_OPEN` when the call was not made; what `fn` throws, which
   * counts as a failure; a PacegateError for what is no function, and after dispose
   */
  async run<T>(fn: () => Promise<T> | T): Promise<T> {
    if (typeof fn !== 'function') throw invalidArgument('fn', fn, 'a function');
    const call = this.begin();
    if (call === undefined) throw new CircuitOpenError(this.retryAfterMs);
    let result: T;
    try {
      result = await fn();
    } catch (error) {
      call.failure();
      throw error;
    }
    call.success();
    return result;
  }

  /**
   * Holds a state, whatever the results: `closed` lets everything through, `open` nothing, `half-open` at most
   * `halfOpenCalls` calls at a time. Undefined ends that: it begins anew, closed and with nothing counted.
   *
   * @throws PacegateError for what is no state, and after dispose
   */
  force(state: CircuitState | undefined): void {
    const wanted = checkCircuitState(state);
    this.#settle();
    this.#isForced = wanted !== undefined;
    this.#enter(wanted ?? 'closed');
  }

  /**
   * How it has done so far.
   *
   * @throws PacegateError after dispose
   */
  statistics(): CircuitStatistics {
    this.#settle();
    const { calls, failures } = this.#window.counts(wholeNs(readClock(this.#options.clock)));
    return {
      state: this.#state,
      isForced: this.#isForced,
      allowedCalls: this.#allowedCalls,
      rejectedCalls: this.#rejectedCalls,
      successes: this.#successes,
      failures: this.#failures,
      lateResults: this.#lateResults,
      abandonedTrials: this.#trials.abandoned,
      timesOpened: this.#timesOpened,
      windowCalls: calls,
      failureRate: calls === 0 ? 0 : failures / calls,
    };
  }

  /**
   * Ends the breaker: any later call throws `ERR_PACEGATE_DISPOSED`, calls under way end as they would. May be
   * called twice.
   */
  [Symbol.dispose](): void {
    this.#isDisposed = true;
    this.removeListeners();
  }

  /** The end of a call that says which one it is. */
  #endCall(epoch: number, round: number, outcome: 'success' | 'failure' | 'nothing'): void {
    if (epoch !== this.#epoch || this.#isDisposed) {
      if (outcome !== 'nothing') this.#lateResults++;
      return;
    }
    if (this.#state === 'half-open') this.#trials.end(round);
    if (outcome !== 'nothing') this.#conclude(outcome === 'failure');
  }

  /** The end of a call that does not say which one it is. */
  #report(isFailure: boolean): void {
    this.#settle();
    if (this.#state === 'open' || (this.#state === 'half-open' && !this.#trials.areUnderWay)) {
      this.#lateResults++;
      return;
    }
    if (this.#state === 'half-open') this.#trials.end(this.#trials.round);
    this.#conclude(isFailure);
  }

  #conclude(isFailure: boolean): void {
    if (isFailure) this.#failures++;
    else this.#successes++;
    if (this.#state === 'closed') this.#count(isFailure);
    else if (this.#isForced) return;
    else if (isFailure) this.#enter('open');
    else if (this.#trials.succeed()) this.#enter('closed');
  }

  #count(isFailure: boolean): void {
    const nowNs = wholeNs(readClock(this.#options.clock));
    this.#window.add(isFailure, nowNs);
    if (this.#isForced) return;
    const { calls, failures } = this.#window.counts(nowNs);
    const { minimumCalls, failureRate } = this.#options;
    if (calls >= minimumCalls && failures >= failureRate * calls) this.#enter('open');
  }

  /** Does what time has brought about. The clock is not read while everything is well. */
  #settle(): void {
    if (this.#isDisposed) throw new DisposedError('CircuitBreaker');
    if (this.#state === 'open') {
      if (!this.#isForced && this.#elapsedMs() >= this.#options.openMs) this.#enter('half-open');
    } else if (this.#state === 'half-open' && this.#trials.areUnderWay && !this.#trials.mayBegin) {
      if (this.#elapsedMs() >= this.#options.openMs) this.#trials.giveUp();
    }
  }

  #enter(state: CircuitState): void {
    const previous = this.#state;
    this.#state = state;
    this.#epoch++;
    this.#trials.clear();
    this.#window.clear();
    if (state === 'open') {
      this.#sinceNs = readClock(this.#options.clock);
      if (previous !== 'open') this.#timesOpened++;
    }
    if (state !== previous) this.emit('stateChange', state, previous);
  }

  #elapsedMs(): number {
    return Number(readClock(this.#options.clock) - this.#sinceNs) / 1e6;
  }
}
