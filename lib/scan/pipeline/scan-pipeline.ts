import { checkNumber, checkOptions, invalidArgument } from '../../internal/check.js';
import { EventSource } from '../../internal/event-source.js';
import { prepareLater, prepareNow } from '../prepare.js';
import type { PortState } from '../reasons.js';
import { invalidState } from '../scan-errors.js';
import type { ScanField } from '../scan-plan.js';
import type { ScanWarning } from '../statistics.js';
import { localBroadcasts, systemLookup } from '../targets/resolve.js';
import { CompletionStream } from '../pool/completion-stream.js';
import { READ_AHEAD, type ConnectionPool } from '../pool/connection-pool.js';
import type { PoolStatistics } from '../pool/pool-statistics.js';
import { RETRIES_BOUNDS, TIMEOUT_BOUNDS, type TaskResult } from '../pool/scan-task.js';
import { PairOrder, type Pair } from './pair-order.js';
import {
  checkPipelineOptions,
  type PipelineOptions,
  type PipelineSettings,
} from './pipeline-options.js';
import { planPipeline, type PipelinePlan } from './pipeline-plan.js';
import type { PipelineState } from './pipeline-state.js';
import { runStages, type PlacedStage, type Stage, type StageOptions } from './stages.js';

/** Events of a pipeline and what their listeners are given. */
export interface PipelineEvents {
  /** The pipeline goes on, but not as one might expect: `targets-left-out`. */
  warning: [warning: ScanWarning];
}

/** How far a pipeline has come. */
export interface PipelineStatistics {
  /** Pairs in all (of the shard), and with a result, those of the pipelines it goes on from included. */
  readonly total: number;
  readonly settled: number;
  /** Pairs of this run by their state. */
  readonly open: number;
  readonly closed: number;
  readonly filtered: number;
  readonly unknown: number;
  /** Open ports for which a stage failed. */
  readonly stageFailures: number;
  /** Of the pool, once there is one. */
  readonly pool: PoolStatistics | undefined;
}

/** A result on its way to the reader. */
interface Found {
  readonly position: number;
  readonly result: TaskResult;
}

/**
 * Targets times ports, in random order, each a task in a pool; open ports then go through the stages the user adds.
 * Iterate over it, once: it starts with the first `next()`, keeps to the pace of the reader, and leaving the loop ends
 * it. What has to be waited for (names to resolve) is an error of the loop.
 *
 * Scan only networks you are authorised to scan.
 *
 * @example
 * ```ts
 * import { ScanPipeline } from 'pacegate/scan';
 *
 * const pipeline = new ScanPipeline({ targets: '127.0.0.0/28', ports: '80,8080', maxRate: 200 }).pipe(
 *   async ({ address, port }, signal) => {
 *     const response = await fetch(`http://${address}:${port}/`, { method: 'HEAD', signal });
 *     return response.headers.get('server');
 *   },
 * );
 * for await (const { address, port, state, data, error } of pipeline) {
 *   if (state === 'open') console.log(`${address}:${port}`, data ?? error);
 * }
 * ```
 *
 * @typeParam Data - what the last stage finds, or, without stages, the probe
 */
export class ScanPipeline<Data = unknown>
  extends EventSource<PipelineEvents>
  implements AsyncIterable<TaskResult<Data>>
{
  readonly #settings: PipelineSettings;
  readonly #stages: PlacedStage[] = [];
  readonly #states = { open: 0, closed: 0, filtered: 0, unknown: 0 };
  readonly #wanted: ReadonlySet<PortState>;
  #stageFailures = 0;
  #plan: PipelinePlan | undefined;
  #order: PairOrder | undefined;
  #pool: ConnectionPool | undefined;
  #warnings: readonly string[] = [];
  #isBegun = false;

  /**
   * @throws PacegateError `ERR_PACEGATE_INVALID_ARGUMENT`, `ERR_PACEGATE_OUT_OF_RANGE`, and
   * `ERR_PACEGATE_NOT_PERMITTED` for more than 65 536 public addresses without `iAmAuthorised`
   */
  constructor(options: PipelineOptions<Data>) {
    super(['warning']);
    this.#settings = checkPipelineOptions(options);
    this.#wanted = new Set(this.#settings.field.states);
    const field = prepareNow(this.#settings.field, { localBroadcasts });
    if (field !== undefined) this.#arrange(field);
  }

  /**
   * Adds a stage: a function that is called for each open port, as a task of its own under the limits of the pool. What
   * it returns is `data` of the result, and of what the next stage is given. One that fails leaves the port open, its
   * `error` in the result, and ends the stages for this port.
   *
   * @returns this pipeline
   * @throws PacegateError `ERR_PACEGATE_INVALID_ARGUMENT`, `ERR_PACEGATE_OUT_OF_RANGE`, also once it has begun
   */
  pipe<Out>(stage: Stage<Data, Out>, options: StageOptions = {}): ScanPipeline<Out> {
    if (this.#isBegun) throw invalidState('a pipeline takes no further stage once it has begun');
    if (typeof stage !== 'function') throw invalidArgument('stage', stage, 'a function');
    this.#stages.push({ ...checkStage(stage, options), call: stage as Stage<unknown, unknown> });
    return this as unknown as ScanPipeline<Out>;
  }

  /**
   * Where the pipeline stands, for the `resume` option of a later one: which results have been read. Those that were
   * under way come again, and no others.
   *
   * @throws PacegateError (`ERR_PACEGATE_INVALID_ARGUMENT`) before host names are resolved: there is no plan yet
   */
  state(): PipelineState {
    if (this.#plan === undefined || this.#order === undefined) {
      throw invalidState('the pipeline has no state before its targets are resolved');
    }
    const { seed, planHash } = this.#plan;
    return { version: 1, kind: 'pipeline', seed, ...this.#order.place, planHash };
  }

  /** Live figures; they stay after the end. */
  statistics(): PipelineStatistics {
    const plan = this.#plan;
    return {
      total: plan === undefined ? 0 : plan.endPosition - plan.firstPosition,
      settled: this.#order?.settled ?? 0,
      ...this.#states,
      stageFailures: this.#stageFailures,
      pool: this.#pool?.statistics(),
    };
  }

  /**
   * Begins, and gives the results in the order in which they come.
   *
   * @throws PacegateError (`ERR_PACEGATE_INVALID_ARGUMENT`) the second time; (rejects) `ERR_PACEGATE_UNKNOWN_HOST`,
   * `signal.reason` when aborted, `ERR_PACEGATE_DISPOSED` when the pool it was given is closed
   */
  [Symbol.asyncIterator](): AsyncGenerator<TaskResult<Data>, undefined> {
    if (this.#isBegun) throw invalidState('a pipeline is iterated over once; make another one');
    this.#isBegun = true;
    return this.#run();
  }

  async *#run(): AsyncGenerator<TaskResult<Data>, undefined> {
    const order = this.#order ?? (await this.#prepare());
    for (const message of this.#warnings) {
      this.emit('warning', { code: 'targets-left-out', message });
    }
    const { pool, end } = this.#settings.openPool();
    this.#pool = pool;
    const work = {
      run: (pair: Pair, signal: AbortSignal) => this.#probe(pair, pool, order, signal),
      room: () => pool.workers + READ_AHEAD,
    };
    try {
      const found = new CompletionStream(order, work, this.#settings.field.signal);
      for await (const { position, result } of found) {
        order.settle(position);
        yield result as TaskResult<Data>;
      }
    } finally {
      await end();
    }
  }

  async #prepare(): Promise<PairOrder> {
    const means = { localBroadcasts, lookup: systemLookup };
    return this.#arrange(await prepareLater(this.#settings.field, means));
  }

  #arrange(field: ScanField): PairOrder {
    const { field: settings, resume } = this.#settings;
    const { ports, seed, shard } = settings;
    this.#plan = planPipeline({ ports, seed, shard, resume }, field);
    this.#warnings = field.warnings;
    this.#order = new PairOrder(this.#plan);
    return this.#order;
  }

  async #probe(
    { address, port, position }: Pair,
    pool: ConnectionPool,
    order: PairOrder,
    signal: AbortSignal,
  ): Promise<Found | undefined> {
    const { attempt, probe } = this.#settings;
    const found = await pool.submit({ target: address, port, probe, ...attempt }, { signal });
    const isOpen = found.state === 'open';
    const result = isOpen ? await runStages(found, this.#stages, pool, signal) : found;
    this.#states[result.state] += 1;
    if (isOpen && 'error' in result) this.#stageFailures += 1;
    if (this.#wanted.has(result.state)) return { position, result };
    order.settle(position);
    return undefined;
  }
}

function checkStage(stage: { readonly name: string }, options: StageOptions): StageOptions {
  const given = checkOptions('options', options, ['name', 'timeoutMs', 'retries']);
  const { name = stage.name === '' ? undefined : stage.name, timeoutMs, retries } = given;
  if (name !== undefined && typeof name !== 'string') throw invalidArgument('name', name, 'text');
  if (timeoutMs !== undefined) checkNumber('timeoutMs', timeoutMs, TIMEOUT_BOUNDS);
  if (retries !== undefined) checkNumber('retries', retries, RETRIES_BOUNDS);
  return { ...options, name };
}
