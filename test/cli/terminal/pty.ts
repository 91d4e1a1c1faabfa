// Programs on a terminal of their own, by `script` of util-linux.

import { spawn, spawnSync } from 'node:child_process';
import { MAIN } from '../run-cli.js';

export const hasPty =
  process.platform === 'linux' && String(spawnSync('script', ['-V']).stdout).includes('util-linux');

/** The command, for a shell. */
export const PACEGATE = `'${process.execPath}' '${MAIN}'`;

export interface Pty {
  /** What the terminal has shown so far. */
  readonly text: () => string;
  type(keys: string): void;
  /** The exit code. */
  readonly ended: Promise<number | null>;
}

/** Runs a script of bash on a new terminal. */
export function openPty(script: string, env: NodeJS.ProcessEnv = {}): Pty {
  const child = spawn('script', ['-qfec', `exec bash -c "$PTY_SCRIPT"`, '/dev/null'], {
    env: { ...process.env, LANG: 'C.UTF-8', LC_ALL: '', TERM: 'xterm', ...env, PTY_SCRIPT: script },
  });
  let text = '';
  child.stdout.on('data', (data: Buffer) => (text += data.toString()));
  return {
    text: () => text,
    type: (keys) => child.stdin.write(keys),
    ended: new Promise((resolve) => {
      child.on('close', (code) => {
        resolve(code);
      });
    }),
  };
}
