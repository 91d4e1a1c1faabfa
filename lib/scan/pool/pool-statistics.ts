// What a pool counts.

import { RecentRate } from '../../limiters/statistics/recent-rate.js';
import { WaitHistogram } from '../../limiters/statistics/wait-histogram.js';

/** Percentiles of times in milliseconds, too high by at most 1/32. */
export interface DurationsMs {
  readonly mean: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
}

/** Tasks by how they ended; each is in exactly one of these. */
export interface TaskCounts {
  /** The probe gave an answer. */
  readonly completed: number;
  /** The last attempt ended by an exception, or this host could make none. */
  readonly failed: number;
  /** Nobody answered in time. */
  readonly timedOut: number;
  /** No permit in time. */
  readonly rateLimited: number;
  /** From when a worker took the task to its result, less `waitMs`. */
  readonly durationMs: DurationsMs;
  /** Waits for permits, and those a throttle asked for. */
  readonly waitMs: DurationsMs;
}

/**
 * How a `ConnectionPool` has done since it was made. At any time
 * `submitted = queued + active + completed + failed + timedOut + rateLimited + aborted + refused`.
 */
export interface PoolStatistics extends TaskCounts {
  /** Tasks handed in, those of a batch when they are pulled. */
  readonly submitted: number;
  /** Tasks that wait for a worker. */
  readonly queued: number;
  /** Tasks with a worker. */
  readonly active: number;
  /** The part of `active` that waits for a permit of the hostgroup or the limiter. */
  readonly waiting: number;
  /** Tasks ended by their signal, by a consumer who broke off, or by `close({ abort: true })`, without a result. */
  readonly aborted: number;
  /** Tasks not begun because the pool was closed. */
  readonly refused: number;
  /** Attempts made, repeated ones included. */
  readonly attempts: number;
  /** Attempts this host had no descriptor or local port for; they were made again later. */
  readonly busyRetries: number;
  /** Probes that run on though their time is over: they do not heed their signal. */
  readonly overdue: number;
  /** Workers there may be now, and at most. */
  readonly workers: number;
  readonly maxWorkers: number;
  readonly peakActive: number;
  /** Results over the last second. */
  readonly tasksPerSecond: number;
  /** Since the pool was made. */
  readonly elapsedMs: number;
  /** Of the first 256 names of tasks; tasks without a name, and of further names, count in the whole alone. */
  readonly byName: Readonly<Record<string, TaskCounts>>;
}

/** How a task ended that has a result. */
export type TaskEnd = 'completed' | 'failed' | 'timedOut' | 'rateLimited';

/** Times of a task that has a result. */
export interface TaskTimes {
  readonly durationNs: number;
  readonly waitNs: number;
}

const MAX_NAMES = 256;

/** Ends of the tasks of one name, or of all. */
class TaskTally {
  readonly #ends = { completed: 0, failed: 0, timedOut: 0, rateLimited: 0 };
  readonly #durations = new WaitHistogram();
  readonly #waits = new WaitHistogram();

  ended(end: TaskEnd, times: TaskTimes): void {
    this.#ends[end] += 1;
    this.#durations.record(times.durationNs);
    this.#waits.record(times.waitNs);
  }

  counts(): TaskCounts {
    const [durationMs, waitMs] = [summary(this.#durations), summary(this.#waits)];
    return { ...this.#ends, durationMs, waitMs };
  }
}

function summary(times: WaitHistogram): DurationsMs {
  return {
    mean: times.averageNs / 1e6,
    p50: times.percentileNs(0.5) / 1e6,
    p90: times.percentileNs(0.9) / 1e6,
    p99: times.percentileNs(0.99) / 1e6,
    max: times.maxNs / 1e6,
  };
}

/** Counters behind {@link PoolStatistics}: those of events; what is the case now is the pool's to say. */
export class PoolCounters {
  submitted = 0;
  aborted = 0;
  refused = 0;
  attempts = 0;
  busyRetries = 0;
  overdue = 0;
  peakActive = 0;
  readonly #all = new TaskTally();
  readonly #byName = new Map<string, TaskTally>();
  /** Any window of a second. */
  readonly #recent = new RecentRate(Infinity);

  ended(end: TaskEnd, name: string | undefined, times: TaskTimes, nowNs: number): void {
    this.#all.ended(end, times);
    this.#recent.add(nowNs, 1);
    if (name !== undefined) this.#tallyOf(name)?.ended(end, times);
  }

  snapshot(nowNs: number): TaskCounts & Pick<PoolStatistics, 'tasksPerSecond' | 'byName'> {
    const names = [...this.#byName].map(([name, tally]) => [name, tally.counts()] as const);
    return {
      ...this.#all.counts(),
      tasksPerSecond: this.#recent.perSecond(nowNs),
      byName: Object.fromEntries(names),
    };
  }

  #tallyOf(name: string): TaskTally | undefined {
    const known = this.#byName.get(name);
    if (known !== undefined || this.#byName.size >= MAX_NAMES) return known;
    const tally = new TaskTally();
    this.#byName.set(name, tally);
    return tally;
  }
}
