import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** How a program ended. */
export interface Ending {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

/** How to run a program. */
export interface RunOptions {
  /** Of node. */
  flags?: string[];
  /** It ends in the middle of things, where Node itself leaves memory behind: not for a leak checker to judge. */
  isAbrupt?: boolean;
}

const LIMIT_MS = 60_000;

/** Runs a program of this folder on the built package, in a process of its own; kills it after a minute. */
export function runProgram(
  name: string,
  { flags = [], isAbrupt = false }: RunOptions = {},
): Promise<Ending> {
  const env = isAbrupt ? { ...process.env, LSAN_OPTIONS: 'detect_leaks=0' } : process.env;
  const file = fileURLToPath(new URL(`programs/${name}.mjs`, import.meta.url));
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...flags, file], {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const limit = setTimeout(() => child.kill('SIGKILL'), LIMIT_MS);
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearTimeout(limit);
      resolve({ code, signal, stdout: stdout.trim(), stderr: stderr.trim() });
    });
  });
}
