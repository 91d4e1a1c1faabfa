// How a failed command ends: one line on standard error, and an exit code that tells what kind of failure it was.

import { isPacegateError } from '../internal/errors.js';

/** Exit codes of every command. */
export const EXIT = {
  done: 0,
  fault: 1,
  usage: 2,
  hungUp: 129,
  interrupted: 130,
  terminated: 143,
} as const;

/** The names that the library's messages begin with, as flags. */
const FLAGS: Readonly<Record<string, string>> = {
  maxRate: '--max-rate',
  maxRateCap: '--max-rate-cap',
  minRate: '--min-rate',
  precision: '--precision',
  catchUpMs: '--catch-up',
  shard: '--shard',
  shards: '--fleet-shards',
  maxTargetRate: '--max-target-rate',
  maxPrefixRate: '--max-prefix-rate',
  adaptiveRate: '--adaptive-rate',
  backoffLimitMs: '--backoff-limit',
  maxHostgroup: '--max-hostgroup',
  minHostgroup: '--min-hostgroup',
  hostgroupMode: '--hostgroup-mode',
  adaptiveTimeout: '--adaptive-timeout',
  hostTimeoutMs: '--host-timeout',
  tarpit: '--tarpit',
  retries: '--max-retries',
  timeoutMs: '--timeout',
  maxWorkers: '--max-workers',
  exclude: '--exclude',
  interface: '-e',
  backend: '--backend',
  pcap: '--pcap',
  seed: '--seed',
  resume: '--resume',
  ports: '-p',
};

const USAGE_CODES = new Set([
  'ERR_PACEGATE_INVALID_ARGUMENT',
  'ERR_PACEGATE_OUT_OF_RANGE',
  'ERR_PACEGATE_NOT_SUPPORTED',
]);

/** A failure as the user reads it. */
export interface Failure {
  /** One line, without its end. */
  readonly line: string;
  readonly exitCode: number;
}

/** True where standard error is for a program: then failures are JSON too. */
function isStatusJson(): boolean {
  return process.argv.includes('--status-ndjson');
}

/** A text of the library with the names of its options as flags, and those of an option's part as its flag. */
export function inFlags(text: string): string {
  return text
    .replace(/^(\w+)(?:\.\w+)*/, (name, word: string) => FLAGS[word] ?? name)
    .replace(/\b[a-z]+(?:[A-Z][a-z]+)+\b/g, (word) => FLAGS[word] ?? word);
}

/** Puts an error into one line: `pacegate: what is wrong [CODE]`. */
export function describeFailure(error: unknown): Failure {
  const code = codeOf(error);
  const message = error instanceof Error ? error.message : String(error);
  const text = message.replace(/\s+/g, ' ').trim();
  const named = inFlags(text);
  const time = new Date().toISOString();
  return {
    line: isStatusJson()
      ? JSON.stringify({ type: 'error', time, code, message: named })
      : `pacegate: ${named} [${code}]`,
    exitCode: USAGE_CODES.has(code) ? EXIT.usage : EXIT.fault,
  };
}

function codeOf(error: unknown): string {
  if (isPacegateError(error)) return error.code;
  const { code } = (error ?? {}) as { code?: unknown };
  return typeof code === 'string' ? code : 'ERR_PACEGATE_SYSTEM';
}
