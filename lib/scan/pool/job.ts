// A task from being handed in to its end.

import type { Linked } from '../../internal/linked-list.js';
import { roundedMs } from '../result.js';
import type { TaskTimes } from './pool-statistics.js';
import type { CheckedTask, TaskResult } from './scan-task.js';
import { TaskRun, type Finding, type RunMeans } from './task-run.js';

/** Where a task is: in one of the two queues, with a worker, or at its end. */
export type JobPlace = 'queued' | 'repeated' | 'active' | 'ended';

/** What a task has once a worker has taken it: hundreds of thousands may wait for one. */
export interface JobWork {
  readonly run: TaskRun;
  /** Ends it. */
  readonly ender: AbortController;
  /** When a worker first took it. */
  readonly sinceNs: bigint;
}

/** A task a pool has taken on. */
export interface Job extends Linked<Job> {
  readonly task: CheckedTask;
  place: JobPlace;
  work: JobWork | undefined;
  /** Ends the watch on the signal of whoever handed it in. */
  forget: () => void;
  readonly resolve: (result: TaskResult) => void;
  readonly reject: (reason: unknown) => void;
}

export function makeJob(task: CheckedTask, resolve: Job['resolve'], reject: Job['reject']): Job {
  return {
    task,
    place: 'queued',
    work: undefined,
    forget: () => undefined,
    resolve,
    reject,
    previous: undefined,
    next: undefined,
  };
}

/** A worker takes it, for the first time or again. */
export function workOn(job: Job, means: RunMeans): JobWork {
  job.work ??= startWork(job.task, means);
  return job.work;
}

function startWork(task: CheckedTask, means: RunMeans): JobWork {
  const ender = new AbortController();
  const run = new TaskRun(task, ender.signal, means);
  return { run, ender, sinceNs: means.alarms.nowNs() };
}

/** What whoever handed the task in is given. */
export function resultOf(
  { task }: Job,
  { run }: JobWork,
  finding: Finding,
  times: TaskTimes,
): TaskResult {
  const { state, reason = 'user-set', rttMs, data } = finding.answer;
  const { port, name } = task.given;
  return {
    address: task.address,
    port,
    protocol: 'tcp',
    state,
    reason,
    ...(rttMs === undefined ? {} : { rttMs }),
    ...(name === undefined ? {} : { name }),
    ...(data === undefined ? {} : { data }),
    ...('error' in finding ? { error: finding.error } : {}),
    attempts: run.attempts,
    durationMs: roundedMs(times.durationNs / 1000),
    waitMs: roundedMs(times.waitNs / 1000),
  };
}
