// What is done to a port that was found open: one function after the other, each a task of its own.

import { PacegateError } from '../../internal/errors.js';
import type { ConnectionPool } from '../pool/connection-pool.js';
import type { ScanTask, TaskResult } from '../pool/scan-task.js';

/**
 * Looks closer at an open port.
 *
 * @typeParam In - what the stage before found, as `result.data`
 * @typeParam Out - what this one finds
 */
export type Stage<In, Out> = (result: TaskResult<In>, signal: AbortSignal) => Out | Promise<Out>;

/** How a stage is run. */
export interface StageOptions {
  /** For `PoolStatistics.byName`; by default the function's. */
  name?: string | undefined;
  /** Longest time of one attempt in milliseconds, 1 to 600 000; by default the pool's, whose own one is the pipeline's. */
  timeoutMs?: number | undefined;
  /** Further attempts after a time-out or an exception, 0 to 255; by default as `timeoutMs`. */
  retries?: number | undefined;
}

/** A stage of a pipeline. */
export interface PlacedStage extends StageOptions {
  readonly call: Stage<unknown, unknown>;
}

/**
 * Takes an open port through all stages. The port stays open whatever they come to; one that fails is the last, and its
 * `error` is in the result.
 *
 * @throws (rejects) as `pool.submit`
 */
export async function runStages(
  found: TaskResult,
  stages: readonly PlacedStage[],
  pool: ConnectionPool,
  signal: AbortSignal,
): Promise<TaskResult> {
  let result = found;
  for (const stage of stages) {
    const outcome = await pool.submit(taskOf(stage, result), { signal });
    const bare = withoutData(result);
    if (outcome.reason !== 'user-set') return { ...bare, error: faultOf(stage, outcome) };
    result = outcome.data === undefined ? bare : { ...bare, data: outcome.data };
  }
  return result;
}

function taskOf({ call, name, timeoutMs, retries }: PlacedStage, result: TaskResult): ScanTask {
  const probe = async (_task: ScanTask, signal: AbortSignal) => ({
    state: result.state,
    data: await call(result, signal),
  });
  const { address: target, port } = result;
  return { target, port, name, timeoutMs, retries, probe };
}

function withoutData(result: TaskResult): TaskResult {
  const bare: { -readonly [Name in keyof TaskResult]: TaskResult[Name] } = { ...result };
  delete bare.data;
  return bare;
}

function faultOf({ name = 'a stage' }: PlacedStage, { error, reason }: TaskResult): unknown {
  if (error !== undefined) return error;
  const what = reason === 'rate_limit_timeout' ? 'got no permit in time' : 'gave no answer in time';
  return new PacegateError('ERR_PACEGATE_TIMED_OUT', `${name} ${what}`);
}
