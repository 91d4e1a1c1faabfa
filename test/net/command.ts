// Runs programs, and keeps what they print.
import { spawn, type ChildProcess } from 'node:child_process';

export interface Finished {
  /** Exit code, or 128 + n where signal n ended it, as shells count. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly child: ChildProcess;
  readonly finished: Promise<Finished>;
}

const DEADLINE_MS = 20_000;
const SIGNAL_CODES: Readonly<Record<string, number>> = { SIGINT: 130, SIGKILL: 137, SIGTERM: 143 };

/**
 * Starts a program in its own process group, to run until it ends or endGroup() ends it.
 *
 * @param input - all of its standard input; null leaves that open, to be written to
 */
export function start(command: string, args: readonly string[], input?: string | null): Running {
  const child = spawn(command, args, { stdio: 'pipe', detached: true });
  const [out, err]: Buffer[][] = [[], []];
  child.stdout.on('data', (chunk: Buffer) => out?.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => err?.push(chunk));
  child.stdin.on('error', () => undefined); // it may end without reading
  if (input !== null) child.stdin.end(input);
  const finished = new Promise<Finished>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      resolve({
        code: code ?? SIGNAL_CODES[signal ?? ''] ?? 255,
        stdout: Buffer.concat(out ?? []).toString(),
        stderr: Buffer.concat(err ?? []).toString(),
      });
    });
  });
  return { child, finished };
}

/** Waits for a program's end; one that has not ended by the deadline is killed, and is a failure. */
export async function end({ child, finished }: Running): Promise<Finished> {
  const deadline = AbortSignal.timeout(DEADLINE_MS);
  const kill = (): void => {
    endGroup(child);
  };
  deadline.addEventListener('abort', kill);
  const result = await finished.finally(() => {
    deadline.removeEventListener('abort', kill);
  });
  if (!deadline.aborted) return result;
  const printed = result.stdout + result.stderr;
  throw new Error(`${child.spawnargs.join(' ')} did not end in ${DEADLINE_MS} ms: ${printed}`);
}

/** Runs a program; however it ends is a result. */
export function run(command: string, args: readonly string[], input?: string): Promise<Finished> {
  return end(start(command, args, input));
}

/** Runs a program that must succeed, and returns its standard output. */
export async function must(
  command: string,
  args: readonly string[],
  input?: string,
): Promise<string> {
  const { code, stdout, stderr } = await run(command, args, input);
  if (code !== 0) {
    throw new Error(`${command} ${args.join(' ')} ended with ${code}: ${stderr}${stdout}`);
  }
  return stdout;
}

/** Kills a program and whatever it started. */
export function endGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // It has ended already.
  }
}
