// Other programs: what they print, how long they take, and that they end.

import { spawn, type ChildProcess } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import path from 'node:path';

/** How a program ended. */
export interface ProgramOutcome {
  readonly stdout: string;
  readonly stderr: string;
  readonly seconds: number;
  /** It had not ended in time, and was killed. */
  readonly isLate: boolean;
  /** Empty when it ended well; else what it complained of. */
  readonly failure: string;
}

export interface RunOptions {
  readonly limitMs: number;
  readonly signal: AbortSignal;
  readonly input?: string;
  /** Interrupts the program as Ctrl-C does: for one that does not end by itself. */
  readonly stop?: AbortSignal;
}

export type Command = readonly [string, ...string[]];

/** Settings of the user's for their own scans are none of a bench. */
const ENVIRONMENT = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !name.startsWith('PACEGATE_')),
);

/** Starts a program of which nothing is left when the signal is aborted. */
export function startProgram(
  [command, ...args]: Command,
  stdio: 'pipe' | ('pipe' | 'ignore' | 'ipc')[],
  signal: AbortSignal,
): ChildProcess {
  return spawn(command, args, { stdio, signal, killSignal: 'SIGKILL', env: ENVIRONMENT });
}

/** Runs a program to its end. @throws (rejects) the signal's reason, and where it cannot be started */
export async function runProgram(command: Command, options: RunOptions): Promise<ProgramOutcome> {
  const { limitMs, signal, input = '', stop } = options;
  signal.throwIfAborted();
  const startMs = performance.now();
  const child = startProgram(command, 'pipe', signal);
  const [stdout, stderr] = [gathered(child, 'stdout'), gathered(child, 'stderr')];
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    child.kill('SIGKILL');
  }, limitMs);
  const interrupt = (): void => void child.kill('SIGINT');
  stop?.addEventListener('abort', interrupt);
  child.stdin?.on('error', () => undefined); // not every program reads it
  child.stdin?.end(input);
  try {
    const code = await ended(child);
    const seconds = (performance.now() - startMs) / 1000;
    const isWell = code === 0 || isLate || stop?.aborted === true;
    const failure = isWell ? '' : lastLine(stderr(), code);
    return { stdout: stdout(), stderr: stderr(), seconds, isLate, failure };
  } finally {
    clearTimeout(timer);
    stop?.removeEventListener('abort', interrupt);
  }
}

/** Its exit code, or the signal that ended it. */
async function ended(child: ChildProcess): Promise<number | string> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code: number | null, signal: string | null) => {
      resolve(code ?? signal ?? 'nothing');
    });
  });
}

function gathered(child: ChildProcess, name: 'stdout' | 'stderr'): () => string {
  const chunks: Buffer[] = [];
  child[name]?.on('data', (chunk: Buffer) => chunks.push(chunk));
  return () => Buffer.concat(chunks).toString();
}

function lastLine(text: string, code: number | string): string {
  return text.trim().split('\n').at(-1) ?? `ended with ${code}`;
}

/** Whether a program is on the path. */
export function isInstalled(name: string): boolean {
  const folders = (process.env['PATH'] ?? '').split(path.delimiter);
  return folders.some((folder) => {
    try {
      accessSync(path.join(folder, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
