import { onAbort } from '../../internal/abort-listeners.js';
import { checkBoolean, checkOptions, checkSignal, invalidArgument } from '../../internal/check.js';
import { tcpConnector } from '../engines/connect-probe.js';
import { systemLookup } from '../targets/resolve.js';
import { CompletionStream } from './completion-stream.js';
import { checkPoolOptions, type PoolOptions, type PoolSettings } from './pool-options.js';
import type { PoolStatistics } from './pool-statistics.js';
import { checkTask, type ScanTask, type TaskResult } from './scan-task.js';
import { TaskScheduler } from './task-scheduler.js';

/** How a task, or a batch of them, is handed in. */
export interface SubmitOptions {
  /** Ends it, begun or not. */
  signal?: AbortSignal | undefined;
}

/** How a pool is closed. */
export interface CloseOptions {
  /** Whether what is worked on is ended, too; false by default. */
  abort?: boolean | undefined;
  /** Ends what is still worked on when it is aborted: `AbortSignal.timeout(5000)` leaves it five seconds. */
  signal?: AbortSignal | undefined;
}

/** Tasks of a batch that are pulled before there is a worker for them. */
export const READ_AHEAD = 16;

/**
 * Works on tasks, so many at a time: attempts to connect, or functions of the user's, all under the same limits of
 * rate, hosts, time and descriptors. Every task handed in ends exactly once: by a result, or by a rejection where it
 * was aborted, or refused because the pool was closed.
 *
 * Scan only networks you are authorised to scan.
 *
 * @example
 * ```ts
 * import { TokenBucket } from 'pacegate';
 * import { ConnectionPool } from 'pacegate/scan';
 *
 * await using pool = new ConnectionPool({ maxWorkers: 20, limiter: new TokenBucket({ rate: 200 }) });
 * const tasks = [22, 80, 443].map((port) => ({ target: '127.0.0.1', port }));
 * for await (const { port, state, reason } of pool.submitBatch(tasks)) {
 *   console.log(port, state, reason);
 * }
 * ```
 */
export class ConnectionPool {
  readonly #settings: PoolSettings;
  readonly #scheduler: TaskScheduler;

  /** @throws PacegateError `ERR_PACEGATE_INVALID_ARGUMENT`, `ERR_PACEGATE_OUT_OF_RANGE` */
  constructor(options?: PoolOptions) {
    this.#settings = checkPoolOptions(options);
    const means = { connector: tcpConnector, lookup: systemLookup };
    this.#scheduler = new TaskScheduler(this.#settings, means);
  }

  /** Tasks that may be worked on at once now. */
  get workers(): number {
    return this.#scheduler.workers;
  }

  /**
   * Hands one task in. Tasks are begun in order of arrival.
   *
   * @returns what became of it; time-outs, exceptions and permits that did not come are results, see {@link TaskResult}
   * @throws (rejects) `signal.reason` when aborted; PacegateError `ERR_PACEGATE_DISPOSED` when the pool is closed before
   * the task has ended, `ERR_PACEGATE_INVALID_ARGUMENT` and `ERR_PACEGATE_OUT_OF_RANGE` for a wrong task
   */
  async submit<Data = unknown>(
    task: ScanTask<Data>,
    options?: SubmitOptions,
  ): Promise<TaskResult<Data>> {
    const signal = checkSubmitOptions(options);
    const result = await this.#scheduler.submit(checkTask(task, this.#settings), signal);
    return result as TaskResult<Data>;
  }

  /**
   * Hands in tasks as there are workers for them, and gives their results in the order in which they come. At most
   * `maxWorkers` + 16 tasks of the batch are in memory, results that nobody has read yet included: a slow consumer holds
   * it up. It begins with the first `next()`; leaving the loop ends what is under way and lets `tasks` go.
   *
   * The loop throws, after the results of what was under way, what `tasks` threw, the error for a wrong task, and
   * `ERR_PACEGATE_DISPOSED` when the pool is closed; and `signal.reason` when aborted, which ends what is under way.
   *
   * @throws PacegateError `ERR_PACEGATE_INVALID_ARGUMENT` for what cannot be iterated over
   */
  submitBatch<Data = unknown>(
    tasks: Iterable<ScanTask<Data>> | AsyncIterable<ScanTask<Data>>,
    options?: SubmitOptions,
  ): AsyncIterableIterator<TaskResult<Data>, undefined> {
    checkIterable(tasks);
    const work = {
      run: (task: ScanTask<Data>, signal: AbortSignal) => this.submit(task, { signal }),
      room: () => this.workers + READ_AHEAD,
    };
    return new CompletionStream(tasks, work, checkSubmitOptions(options));
  }

  /** How the pool has done; also after its end. */
  statistics(): PoolStatistics {
    return this.#scheduler.statistics();
  }

  /**
   * Takes no more tasks, refuses those not begun, and resolves when those that are worked on have ended. May be called
   * again, to end them sooner.
   *
   * @throws (rejects) PacegateError `ERR_PACEGATE_INVALID_ARGUMENT` for wrong options
   */
  async close(options: CloseOptions = {}): Promise<void> {
    const given = checkOptions('options', options, ['abort', 'signal']);
    const signal = checkSignal('signal', given['signal']);
    const abort = checkBoolean('abort', given['abort'], false) || signal?.aborted === true;
    const closed = this.#scheduler.close();
    const end = (): void => {
      this.#scheduler.abortAll();
    };
    if (abort) end();
    const forget = abort || signal === undefined ? undefined : onAbort(signal, end);
    await closed;
    forget?.();
  }

  /** As {@link close} without options. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

function checkSubmitOptions(options: unknown): AbortSignal | undefined {
  if (options === undefined) return undefined;
  return checkSignal('options.signal', checkOptions('options', options, ['signal'])['signal']);
}

function checkIterable(tasks: unknown): void {
  const isIterable =
    typeof tasks === 'object' &&
    tasks !== null &&
    (Symbol.asyncIterator in tasks || Symbol.iterator in tasks);
  if (!isIterable) throw invalidArgument('tasks', tasks, 'an iterable or async iterable of tasks');
}
