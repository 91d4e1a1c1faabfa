// A task in the hands of a worker: permits, attempts, and what they come to.

import type { Clock } from '../../internal/clock.js';
import type { AlarmClock } from '../../internal/system-timer.js';
import { attempt, type AttemptCall, type AttemptOutcome } from './attempts/attempt.js';
import { connectAttempt, type ConnectMeans } from './attempts/connect-attempt.js';
import type { RatePermits } from './permits/rate-permits.js';
import type { TargetPlaces } from './permits/target-places.js';
import type { PoolCounters, TaskEnd } from './pool-statistics.js';
import { checkAnswer, type CheckedTask, type ProbeAnswer } from './scan-task.js';
import type { WorkerLimit } from './worker-limit.js';

/** What tasks are run with. */
export interface RunMeans {
  readonly alarms: AlarmClock;
  readonly clock: Clock;
  readonly places: TargetPlaces | undefined;
  readonly rate: RatePermits | undefined;
  /** Undefined: as long as an attempt of the task. */
  readonly permitTimeoutMs: number | undefined;
  readonly connect: ConnectMeans;
  readonly workers: WorkerLimit;
  readonly counters: PoolCounters;
}

/** What a task came to. */
export interface Finding {
  readonly end: TaskEnd;
  readonly answer: ProbeAnswer;
  readonly error?: unknown;
}

/** Pause after this host ran short of descriptors or local ports. */
const BUSY_PAUSE_MS = 50;

const RATE_LIMITED: Finding = {
  end: 'rateLimited',
  answer: { state: 'unknown', reason: 'rate_limit_timeout' },
};

/** Runs one task; it remembers what was tried, as the task may go back to the queue. */
export class TaskRun {
  readonly #task: CheckedTask;
  readonly #signal: AbortSignal;
  readonly #means: RunMeans;
  readonly #call: AttemptCall;
  #attempts = 0;
  #refusals = 0;
  #waitedNs = 0n;

  constructor(task: CheckedTask, signal: AbortSignal, means: RunMeans) {
    this.#task = task;
    this.#signal = signal;
    this.#means = means;
    this.#call = callOf(task, means.connect);
  }

  /** Attempts that were made. */
  get attempts(): number {
    return this.#attempts;
  }

  /** How long it has waited for permits, and because a throttle asked for it. */
  get waitedNs(): bigint {
    return this.#waitedNs;
  }

  /**
   * Works on the task until it is settled.
   *
   * @returns undefined when this host was short of something: there has been a pause, and the task is to be run again
   * as soon as there is a worker for it
   * @throws (rejects) `signal.reason` when aborted, and what a limiter threw
   */
  async run(): Promise<Finding | undefined> {
    const { places } = this.#means;
    if (places === undefined) return this.#work();
    const release = await this.#timed(
      places.acquire(this.#task.address, this.#patienceMs, this.#signal),
    );
    if (release === undefined) return RATE_LIMITED;
    try {
      return await this.#work();
    } finally {
      release();
    }
  }

  get #patienceMs(): number {
    return this.#means.permitTimeoutMs ?? this.#task.timeoutMs;
  }

  async #work(): Promise<Finding | undefined> {
    for (;;) {
      if (!(await this.#permit())) return RATE_LIMITED;
      const outcome = await this.#attempt();
      if (outcome.kind === 'busy') return this.#retreat(outcome);
      if (outcome.kind === 'answer') return { end: 'completed', answer: outcome.answer };
      if (this.#attempts > this.#task.retries) return this.#fail(outcome);
    }
  }

  async #permit(): Promise<boolean> {
    const { clock, rate, workers } = this.#means;
    const { pauseMs } = workers;
    if (pauseMs > 0) await this.#timed(clock.sleep(pauseMs, this.#signal));
    return rate === undefined || this.#timed(rate.acquire(this.#patienceMs, this.#signal));
  }

  async #timed<T>(wait: Promise<T> | T): Promise<T> {
    const { alarms } = this.#means;
    const sinceNs = alarms.nowNs();
    try {
      return await wait;
    } finally {
      this.#waitedNs += alarms.nowNs() - sinceNs;
    }
  }

  async #attempt(): Promise<AttemptOutcome> {
    const { alarms, counters, rate, workers } = this.#means;
    if (this.#signal.aborted) {
      rate?.giveBack();
      throw this.#signal.reason;
    }
    workers.began();
    counters.attempts += 1;
    let outcome: AttemptOutcome | undefined;
    try {
      const { timeoutMs } = this.#task;
      outcome = await attempt(this.#call, timeoutMs, this.#signal, alarms, counters);
    } finally {
      if (outcome?.kind !== 'busy') workers.made();
    }
    if (outcome.kind !== 'busy') this.#attempts += 1;
    return outcome;
  }

  /** As if the attempt had not been made; the task keeps its worker through the pause. */
  async #retreat(outcome: AttemptOutcome): Promise<Finding | undefined> {
    const { alarms, clock, counters, workers } = this.#means;
    this.#refusals += 1;
    counters.attempts -= 1;
    counters.busyRetries += 1;
    if (!workers.refused(this.#refusals, alarms.nowNs())) return this.#fail(outcome);
    await clock.sleep(BUSY_PAUSE_MS, this.#signal);
    return undefined;
  }

  #fail(outcome: AttemptOutcome): Finding {
    if ('error' in outcome) {
      const answer = { state: 'unknown', reason: 'error' } as const;
      return { end: 'failed', answer, error: outcome.error };
    }
    if (outcome.kind === 'busy') {
      return { end: 'failed', answer: { state: 'unknown', reason: 'send-failed' } };
    }
    const isConnect = this.#task.given.probe === undefined;
    return { end: 'timedOut', answer: isConnect ? NO_RESPONSE : PROBE_TIMEOUT };
  }
}

const NO_RESPONSE = { state: 'filtered', reason: 'no-response' } as const;
const PROBE_TIMEOUT = { state: 'unknown', reason: 'probe_timeout' } as const;

function callOf(task: CheckedTask, means: ConnectMeans): AttemptCall {
  const { given } = task;
  const { probe } = given;
  if (probe === undefined) return connectAttempt(task, means);
  return async (signal) => ({ kind: 'answer', answer: checkAnswer(await probe(given, signal)) });
}
