import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

/** Starts a program of this folder on the built package; it is killed when the test is over. */
export function startProgram(name: string, ...args: string[]): ChildProcess {
  const file = fileURLToPath(new URL(`programs/${name}.mjs`, import.meta.url));
  const child = fork(file, args, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  return child;
}

/** Runs a program of this folder to its end; returns the messages it sent, or throws when it ended badly. */
export async function runProgram(name: string, ...args: string[]): Promise<unknown[]> {
  const child = startProgram(name, ...args);
  const messages: unknown[] = [];
  child.on('message', (message) => messages.push(message));
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  if (code !== 0) throw new Error(`${name} ended with ${String(code ?? signal)}`);
  return messages;
}
