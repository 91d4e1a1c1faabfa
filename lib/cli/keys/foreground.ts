// Is this process the one that the terminal listens to?

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/**
 * False for a job in the background: the system stops one that changes the terminal's mode or reads from it. Where it
 * cannot be told the answer is false too.
 */
export function isInForeground(): boolean {
  if (process.platform === 'win32') return true;
  try {
    return process.platform === 'linux'
      ? isForegroundStat(readFileSync('/proc/self/stat', 'latin1'))
      : execFileSync('ps', ['-o', 'stat=', '-p', String(process.pid)]).includes('+');
  } catch {
    return false;
  }
}

/** Reads `/proc/PID/stat`: behind the name, which may hold anything, state ppid pgrp session tty tpgid. */
export function isForegroundStat(stat: string): boolean {
  const [, , group, , , foreground] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return group !== undefined && group === foreground;
}
