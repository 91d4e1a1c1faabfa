// One thing a pool is to do, and what comes of it.

import { isIP } from 'node:net';
import {
  checkNumber,
  checkOptionalNumber,
  checkOptions,
  invalidArgument,
} from '../../internal/check.js';
import { portStates, scanReasons, type PortState, type ScanReason } from '../reasons.js';
import type { ScanResult } from '../result.js';
import { formatAddress, parseAddress } from '../targets/address.js';

/**
 * One (target, port) to look at.
 *
 * @typeParam Data - what its `probe` finds beside the state of the port
 */
export interface ScanTask<Data = unknown> {
  /** An address, with a zone id (`fe80::1%eth0`) where it needs one, or a host name. */
  readonly target: string;
  /** 0 to 65535. */
  readonly port: number;
  /** Tasks of one name are counted together, see `PoolStatistics.byName`. */
  readonly name?: string | undefined;
  /** Longest time of one attempt in milliseconds, 1 to 600 000; by default the pool's. */
  readonly timeoutMs?: number | undefined;
  /** Further attempts after one that gave no answer, 0 to 255; by default the pool's. */
  readonly retries?: number | undefined;
  /** What an attempt does; by default it opens a TCP connection, and resets it. */
  readonly probe?: ScanProbe<Data> | undefined;
}

/**
 * One attempt at a task.
 *
 * It should end when `signal` is aborted: at its time-out, when the task is given up, when the pool is closed. One that
 * does not is no longer waited for, and holds no worker; `PoolStatistics.overdue` counts those.
 *
 * What it throws counts as no answer. Errors by which the operating system says that descriptors or local ports are
 * used up (`EMFILE`, `ENFILE`, `EADDRNOTAVAIL`, …; also as a `cause`) do not count: the attempt is made again, later.
 */
export type ScanProbe<Data = unknown> = (
  task: ScanTask,
  signal: AbortSignal,
) => ProbeAnswer<Data> | Promise<ProbeAnswer<Data>>;

/** What an attempt found out. */
export interface ProbeAnswer<Data = unknown> {
  readonly state: PortState;
  /** `user-set` by default. */
  readonly reason?: ScanReason | undefined;
  /** In milliseconds. */
  readonly rttMs?: number | undefined;
  /** Anything else; it becomes `data` of the result. */
  readonly data?: Data | undefined;
}

/**
 * What became of a task. `address` is the task's target: an address in its canonical text, or the name as it was given.
 *
 * | what happened                     | `state`    | `reason`             |
 * | --------------------------------- | ---------- | -------------------- |
 * | the probe answered                | what it is | why                  |
 * | nobody answered the connection    | `filtered` | `no-response`        |
 * | the task's own probe took too long| `unknown`  | `probe_timeout`      |
 * | an exception                      | `unknown`  | `error`, and `error` |
 * | no permit in time                 | `unknown`  | `rate_limit_timeout` |
 * | this host could make no attempt   | `unknown`  | `send-failed`        |
 */
export interface TaskResult<Data = unknown> extends ScanResult {
  /** The task's, where it has one. */
  readonly name?: string;
  /** What the probe found beside the state. */
  readonly data?: Data;
  /** What the last attempt threw. */
  readonly error?: unknown;
  /** Attempts that were made. */
  readonly attempts: number;
  /** From when a worker took the task to this result, less `waitMs`, in milliseconds. */
  readonly durationMs: number;
  /** How long it waited for permits, and because a throttle asked for it, in milliseconds. */
  readonly waitMs: number;
}

/** A {@link ScanTask} checked, with the defaults in place. */
export interface CheckedTask {
  /** As it was given: what the probe is called with. */
  readonly given: ScanTask;
  /** For the result: canonical where it is an address. */
  readonly address: string;
  readonly timeoutMs: number;
  readonly retries: number;
}

const KNOWN = ['target', 'port', 'name', 'timeoutMs', 'retries', 'probe'];

/** Bounds of the two settings that a pool and a task have. */
export const TIMEOUT_BOUNDS = { min: 1, max: 600_000 };
export const RETRIES_BOUNDS = { min: 0, max: 255, integer: true };

/** @throws PacegateError (`ERR_PACEGATE_INVALID_ARGUMENT`, `ERR_PACEGATE_OUT_OF_RANGE`) */
export function checkTask(
  task: ScanTask,
  defaults: { readonly timeoutMs: number; readonly retries: number },
): CheckedTask {
  const given = checkOptions('task', task, KNOWN);
  checkNumber('task.port', given['port'], { min: 0, max: 65_535, integer: true });
  const { name, probe } = given;
  if (name !== undefined && typeof name !== 'string') {
    throw invalidArgument('task.name', name, 'text');
  }
  if (probe !== undefined && typeof probe !== 'function') {
    throw invalidArgument('task.probe', probe, 'a function');
  }
  return {
    given: task,
    address: checkTarget(given['target']),
    timeoutMs: checkOptionalNumber(
      'task.timeoutMs',
      given['timeoutMs'],
      defaults.timeoutMs,
      TIMEOUT_BOUNDS,
    ),
    retries: checkOptionalNumber(
      'task.retries',
      given['retries'],
      defaults.retries,
      RETRIES_BOUNDS,
    ),
  };
}

/** A name is looked at by whoever resolves it; here it must only be one that could be. */
function checkTarget(target: unknown): string {
  if (typeof target !== 'string' || !/^[^\s/,]{1,255}$/.test(target)) {
    throw invalidArgument('task.target', target, 'an address or a host name');
  }
  const address = parseAddress(target);
  if (address !== undefined) return formatAddress(address.family, address.value);
  if (isIP(target) === 0 && /^[\d.]+$/.test(target)) {
    throw invalidArgument('task.target', target, 'an address or a host name');
  }
  return target;
}

/**
 * Reads everything once: what the probe does with its object afterwards is no answer any more.
 *
 * @throws PacegateError (`ERR_PACEGATE_INVALID_ARGUMENT`, `ERR_PACEGATE_OUT_OF_RANGE`) for what a probe must not return
 */
export function checkAnswer(answer: unknown): ProbeAnswer {
  const given = checkOptions('the answer of probe()', answer, ['state', 'reason', 'rttMs', 'data']);
  const { state, reason, rttMs, data } = given;
  return {
    state: oneOf("the probe's state", state, portStates),
    reason: reason === undefined ? undefined : oneOf("the probe's reason", reason, scanReasons),
    rttMs: rttMs === undefined ? undefined : checkNumber("the probe's rttMs", rttMs, { min: 0 }),
    data,
  };
}

function oneOf<T extends string>(name: string, value: unknown, allowed: readonly T[]): T {
  const found = allowed.find((choice) => choice === value);
  if (found === undefined) throw invalidArgument(name, value, `one of ${allowed.join(', ')}`);
  return found;
}
