// Which task is worked on when. Every task ends exactly once: by its result, or by the reason why there is none.

import { onAbort } from '../../internal/abort-listeners.js';
import { alarmsOf } from '../../internal/clock-alarms.js';
import { msFromNs, wholeNs } from '../../internal/duration.js';
import { PacegateError } from '../../internal/errors.js';
import { LinkedList } from '../../internal/linked-list.js';
import type { AlarmClock } from '../../internal/system-timer.js';
import type { ConnectMeans } from './attempts/connect-attempt.js';
import { makeJob, resultOf, workOn, type Job, type JobWork } from './job.js';
import { RatePermits } from './permits/rate-permits.js';
import { TargetPlaces } from './permits/target-places.js';
import type { PoolSettings } from './pool-options.js';
import { PoolCounters, type PoolStatistics } from './pool-statistics.js';
import type { CheckedTask, TaskResult } from './scan-task.js';
import type { Finding, RunMeans } from './task-run.js';
import { WorkerLimit } from './worker-limit.js';

/**
 * Tasks begun in one turn of the event loop: to begin one costs about 100 us, and answers that have come meanwhile should
 * not seem late. It also lets timers and signals through where probes answer without waiting for anything.
 */
const MAX_BEGUN_PER_TURN = 64;

/** Tasks in order of arrival, as many at once as there are workers. */
export class TaskScheduler {
  readonly #alarms: AlarmClock;
  readonly #workers: WorkerLimit;
  readonly #places: TargetPlaces | undefined;
  readonly #rate: RatePermits | undefined;
  readonly #means: RunMeans;
  readonly #counters = new PoolCounters();
  readonly #startNs: bigint;
  readonly #queue = new LinkedList<Job>();
  /** Tasks begun for which this host was short of something: they come first, and a close does not refuse them. */
  readonly #repeats = new LinkedList<Job>();
  readonly #active = new Set<Job>();
  readonly #closers: (() => void)[] = [];
  #isClosed = false;
  #begunInTurn = 0;

  constructor(settings: PoolSettings, connect: ConnectMeans) {
    const { clock, hostgroup, limiter, permitTimeoutMs } = settings;
    const alarms = alarmsOf(clock);
    this.#alarms = alarms;
    this.#startNs = alarms.nowNs();
    this.#workers = new WorkerLimit(settings.maxWorkers, settings.throttle, () => {
      this.#pump();
    });
    this.#places = hostgroup && new TargetPlaces(hostgroup, alarms);
    this.#rate = limiter && new RatePermits(limiter, alarms);
    this.#means = {
      alarms,
      clock,
      places: this.#places,
      rate: this.#rate,
      permitTimeoutMs,
      connect,
      workers: this.#workers,
      counters: this.#counters,
    };
  }

  /** Tasks that may be worked on now. */
  get workers(): number {
    return this.#workers.now;
  }

  /**
   * Takes a task on.
   *
   * @throws (rejects) `signal.reason` when aborted; PacegateError `ERR_PACEGATE_DISPOSED` when closed before its end
   */
  submit(task: CheckedTask, signal: AbortSignal | undefined): Promise<TaskResult> {
    this.#counters.submitted += 1;
    return new Promise((resolve, reject) => {
      const job = makeJob(task, resolve, reject);
      if (this.#isClosed) {
        this.#refuse(job);
      } else if (signal?.aborted === true) {
        this.#endAborted(job, signal.reason);
      } else {
        if (signal !== undefined) {
          job.forget = onAbort(signal, () => {
            this.#abort(job, signal.reason);
          });
        }
        this.#queue.push(job);
        this.#pump();
      }
    });
  }

  /** Resolves when nothing is worked on any more. What waits for a worker is refused. */
  close(): Promise<void> {
    this.#isClosed = true;
    this.#workers.close();
    for (const job of this.#queue) {
      this.#queue.remove(job);
      this.#refuse(job);
    }
    return new Promise((resolve) => {
      this.#closers.push(resolve);
      this.#tellClosers();
    });
  }

  /** Ends what is worked on. */
  abortAll(): void {
    const reason = closed('while this task was worked on');
    for (const job of this.#repeats) this.#abort(job, reason);
    for (const job of this.#active) this.#abort(job, reason);
  }

  statistics(): PoolStatistics {
    const nowNs = this.#alarms.nowNs();
    const counters = this.#counters;
    return {
      submitted: counters.submitted,
      queued: this.#queue.size + this.#repeats.size,
      active: this.#active.size,
      waiting: (this.#places?.waiting ?? 0) + (this.#rate?.waiting ?? 0),
      ...counters.snapshot(wholeNs(nowNs)),
      aborted: counters.aborted,
      refused: counters.refused,
      attempts: counters.attempts,
      busyRetries: counters.busyRetries,
      overdue: counters.overdue,
      workers: this.#workers.now,
      maxWorkers: this.#workers.max,
      peakActive: counters.peakActive,
      elapsedMs: msFromNs(nowNs - this.#startNs),
    };
  }

  #pump(): void {
    while (this.#begunInTurn < MAX_BEGUN_PER_TURN && this.#active.size < this.#workers.now) {
      const list = this.#repeats.size > 0 ? this.#repeats : this.#queue;
      const job = list.first;
      if (job === undefined) return;
      list.remove(job);
      this.#begin(job);
    }
  }

  readonly #nextTurn = (): void => {
    this.#begunInTurn = 0;
    this.#pump();
  };

  #begin(job: Job): void {
    if (this.#begunInTurn === 0) setImmediate(this.#nextTurn);
    this.#begunInTurn += 1;
    job.place = 'active';
    const work = workOn(job, this.#means);
    const { run, ender } = work;
    this.#active.add(job);
    this.#counters.peakActive = Math.max(this.#counters.peakActive, this.#active.size);
    run.run().then(
      (finding) => {
        this.#active.delete(job);
        if (finding === undefined) this.#repeat(job);
        else this.#settle(job, work, finding);
        this.#goOn();
      },
      (error: unknown) => {
        this.#active.delete(job);
        if (ender.signal.aborted) this.#endAborted(job, ender.signal.reason);
        else this.#settle(job, work, broken(error));
        this.#goOn();
      },
    );
  }

  #goOn(): void {
    this.#pump();
    this.#tellClosers();
  }

  #repeat(job: Job): void {
    job.place = 'repeated';
    this.#repeats.push(job);
  }

  #settle(job: Job, work: JobWork, finding: Finding): void {
    const nowNs = this.#alarms.nowNs();
    const waitNs = Number(work.run.waitedNs);
    const durationNs = Number(nowNs - work.sinceNs) - waitNs;
    const times = { durationNs, waitNs };
    this.#counters.ended(finding.end, job.task.given.name, times, wholeNs(nowNs));
    leave(job);
    job.resolve(resultOf(job, work, finding, times));
    this.#workers.tell(finding.answer.state !== 'unknown', times);
  }

  /** One that is worked on comes to its end by its signal, within this turn. */
  #abort(job: Job, reason: unknown): void {
    if (job.place === 'active') {
      job.work?.ender.abort(reason);
      return;
    }
    (job.place === 'queued' ? this.#queue : this.#repeats).remove(job);
    this.#endAborted(job, reason);
    this.#tellClosers();
  }

  #endAborted(job: Job, reason: unknown): void {
    this.#counters.aborted += 1;
    leave(job);
    job.reject(reason);
  }

  #refuse(job: Job): void {
    this.#counters.refused += 1;
    leave(job);
    job.reject(closed('before this task was begun'));
  }

  #tellClosers(): void {
    if (this.#active.size > 0 || this.#repeats.size > 0) return;
    for (const tell of this.#closers.splice(0)) tell();
  }
}

function leave(job: Job): void {
  job.place = 'ended';
  job.forget();
}

function broken(error: unknown): Finding {
  return { end: 'failed', answer: { state: 'unknown', reason: 'error' }, error };
}

function closed(when: string): Error {
  return new PacegateError('ERR_PACEGATE_DISPOSED', `the pool was closed ${when}`);
}
