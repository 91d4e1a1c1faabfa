// Contenders in processes of their own: none shares type feedback, heap or timers with another.
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';

const program = path.join(import.meta.dirname, 'contender-process.js');
const ANSWER_TIMEOUT_MS = 120_000;

/** What a process is started for. */
export interface Assignment {
  readonly task: string;
  readonly contender: string;
  /** Whatever the task understands. */
  readonly options: object;
}

export type Answer = { readonly result: unknown } | { readonly fault: string };

/** One contender in one process, which does one task as often as it is asked. */
export class ContenderProcess {
  readonly #child: ChildProcess;
  readonly #name: string;
  /** Rejects when the process ends. */
  readonly #ended: Promise<never>;

  constructor(assignment: Assignment) {
    this.#name = `${assignment.contender} (${assignment.task})`;
    this.#child = fork(program, [JSON.stringify(assignment)], {
      execArgv: ['--expose-gc', '--no-warnings'],
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    this.#ended = once(this.#child, 'exit').then(([code]) => {
      throw new Error(`${this.#name} ended with ${String(code)}`);
    });
    this.#ended.catch(() => undefined); // who asks it hears of it
  }

  /** Does the task once more; the first call includes making ready. */
  async ask<Result>(): Promise<Result> {
    const signal = AbortSignal.timeout(ANSWER_TIMEOUT_MS);
    this.#child.send('go');
    const message = once(this.#child, 'message', { signal });
    const [answer] = (await Promise.race([message, this.#ended])) as [Answer];
    if ('fault' in answer) throw new Error(`${this.#name}: ${answer.fault}`);
    return answer.result as Result;
  }

  async close(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.kill('SIGKILL');
    await once(this.#child, 'exit');
  }
}

/** Starts a process each, hands them over, and ends them all whatever happens. */
export async function withProcesses<Result>(
  assignments: readonly Assignment[],
  use: (processes: readonly ContenderProcess[]) => Promise<Result>,
): Promise<Result> {
  const processes = assignments.map((assignment) => new ContenderProcess(assignment));
  try {
    return await use(processes);
  } finally {
    await Promise.all(processes.map((process) => process.close()));
  }
}
