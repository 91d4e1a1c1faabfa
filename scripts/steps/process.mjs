// Child processes for the scripts: output is kept, shown only when it matters, and nothing outlives us.
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');

/** Where administrators' tools (ip, nft, setcap) live; a user's PATH often lacks these. */
const adminFolders = process.platform === 'win32' ? [] : ['/usr/local/sbin', '/usr/sbin', '/sbin'];

export const searchPath = [
  ...new Set([...(process.env.PATH ?? '').split(path.delimiter).filter(Boolean), ...adminFolders]),
];

const running = new Set();

/** A step that failed for a reason worth one line; `output` is what the tool printed. */
export class StepError extends Error {
  constructor(message, output = '') {
    super(message);
    this.output = output;
  }
}

/** Progress goes to stderr: stdout belongs to the results of whatever runs afterwards. */
export function say(line) {
  process.stderr.write(`${line}\n`);
}

/** Ends every child that `run` started, with whatever it started itself. */
export function endChildren(signal = 'SIGTERM') {
  for (const child of running) endTree(child, signal);
}

function endTree(child, signal) {
  try {
    if (process.platform === 'win32') child.kill(signal);
    else process.kill(-child.pid, signal);
  } catch {
    // It ended by itself in the meantime.
  }
}

function yieldToOthers({ pid }) {
  if (pid === undefined) return;
  try {
    os.setPriority(pid, os.constants.priority.PRIORITY_LOW);
    // Where Linux shares its time among sessions first, and this child has one of its own, that is what counts.
    writeFileSync(`/proc/${pid}/autogroup`, `${os.constants.priority.PRIORITY_LOW}`);
  } catch {
    // It ended by itself in the meantime, or there are no such groups.
  }
}

/**
 * Runs one command to its end with stdin closed. Never rejects: a command that cannot start, dies or
 * exceeds `timeoutMs` is a result with `ok: false` and the reason at the end of `output`. `niced` leaves the
 * processors to others.
 */
export function run(command, args, options = {}) {
  const { cwd = root, env = {}, timeoutMs = 600_000, niced = false } = options;
  return new Promise((resolve) => {
    const chunks = [];
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, PATH: searchPath.join(path.delimiter), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: process.platform !== 'win32', // its own process group, so that all of it can be ended
      shell: process.platform === 'win32' && command.endsWith('.cmd'),
      windowsHide: true,
    });
    running.add(child);
    if (niced) yieldToOthers(child);
    child.stdout.on('data', (chunk) => chunks.push(chunk));
    child.stderr.on('data', (chunk) => chunks.push(chunk));
    const timer = setTimeout(() => {
      chunks.push(Buffer.from(`\nended after ${timeoutMs / 1000} s without finishing\n`));
      endTree(child, 'SIGKILL');
    }, timeoutMs);
    const finish = (code, note) => {
      clearTimeout(timer);
      running.delete(child);
      if (note) chunks.push(Buffer.from(`${note}\n`));
      resolve({ ok: code === 0, code, output: Buffer.concat(chunks).toString() });
    };
    child.once('error', (error) => finish(1, `${command}: ${error.message}`));
    child.once('close', (code, signal) =>
      finish(code ?? 1, signal ? `${command} was ended by ${signal}` : undefined),
    );
  });
}

/** `run`, for a step that nothing can go on without. */
export async function must(what, command, args, options) {
  const result = await run(command, args, options);
  if (!result.ok) throw new StepError(`${what} failed`, result.output);
  return result.output;
}

export const runNode = (args, options) => run(process.execPath, args, options);
export const mustNode = (what, args, options) => must(what, process.execPath, args, options);

/** Prints a step's failure the way every script here does. */
export function report(error) {
  if (!(error instanceof StepError)) throw error;
  if (error.output) say(error.output.trimEnd());
  say(`pacegate: ${error.message}`);
}
