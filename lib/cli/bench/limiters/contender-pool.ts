// The threads of all contenders; they are idle but for the one that is asked.

import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { ThreadAnswer, ThreadTask } from './contender-thread.js';

const PROGRAM = new URL('./contender-thread.js', import.meta.url);

/** One contender in one case. */
export class ContenderThread {
  readonly task: ThreadTask;
  /** Nanoseconds a call, round by round. */
  readonly rounds: number[] = [];
  /** Why it takes no part any more. */
  failure: string | undefined;
  readonly #worker: Worker;

  constructor(task: ThreadTask) {
    this.task = task;
    this.#worker = new Worker(PROGRAM, { workerData: task });
    this.#worker.on('error', () => undefined); // told to who measures
  }

  /** One round. @throws (rejects) the signal's reason */
  async measure(timeMs: number, signal: AbortSignal): Promise<void> {
    if (this.failure !== undefined) return;
    this.#worker.postMessage(timeMs);
    try {
      const [answer] = (await once(this.#worker, 'message', { signal })) as [ThreadAnswer];
      if (answer.ns !== undefined) this.rounds.push(answer.ns);
      this.failure = answer.failure;
    } catch (error) {
      signal.throwIfAborted();
      this.failure = (error as Error).message;
    }
  }

  async end(): Promise<void> {
    await this.#worker.terminate();
  }
}
