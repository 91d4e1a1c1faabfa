// The options of a pipeline, checked.

import { checkOptions, invalidArgument } from '../../internal/check.js';
import type { Clock } from '../../internal/clock.js';
import { InvalidArgumentError } from '../../internal/errors.js';
import { TokenBucket } from '../../limiters/token-bucket.js';
import { checkScanOptions, type ScanOptions, type ScanSettings } from '../options.js';
import { ConnectionPool } from '../pool/connection-pool.js';
import { checkPoolOptions, POOL_OPTIONS, type PoolOptions } from '../pool/pool-options.js';
import type { ScanProbe, ScanTask } from '../pool/scan-task.js';
import { checkPipelineState, type PipelineState } from './pipeline-state.js';

/** What of a scan's options a pipeline has, too. */
const FIELD_OPTIONS = [
  ...['targets', 'ports', 'exclude', 'iAmAuthorised', 'seed', 'shard', 'states'],
  ...['maxRate', 'timeoutMs', 'retries'],
] as const;

/** … of each attempt. */
const ATTEMPT_OPTIONS: readonly string[] = ['timeoutMs', 'retries'];

/**
 * What to probe, and how; see `ScanOptions` for the options of the same name.
 *
 * Tasks run in `pool`, which stays the caller's to close, or in a pool of the pipeline's own, which the options of a
 * pool are for.
 *
 * @typeParam Data - what `probe` finds beside the state of a port
 */
export interface PipelineOptions<Data = unknown>
  extends
    Pick<ScanOptions, (typeof FIELD_OPTIONS)[number]>,
    Omit<PoolOptions, 'timeoutMs' | 'retries'> {
  /** Where tasks run; not beside `maxRate`, `maxWorkers` and other options of a pool. */
  pool?: ConnectionPool | undefined;
  /** What is done to each pair; by default a connection is opened. */
  probe?: ScanProbe<Data> | undefined;
  /** Goes on where `state()` of an earlier pipeline stood; refused when targets, ports, excludes or shard differ. */
  resume?: PipelineState | undefined;
  /** Ends the pipeline: the loop throws its reason, after the results that are there. */
  signal?: AbortSignal | undefined;
}

/** Checked {@link PipelineOptions}. */
export interface PipelineSettings {
  readonly field: ScanSettings;
  /** What each task is given, where it is not to be the pool's. */
  readonly attempt: Pick<ScanTask, 'timeoutMs' | 'retries'>;
  readonly probe: ScanProbe | undefined;
  readonly resume: PipelineState | undefined;
  /** Takes up the pool to run in; `end` closes one of the pipeline's own, with what is under way. */
  readonly openPool: () => OpenPool;
}

/** A pool in use. */
export interface OpenPool {
  readonly pool: ConnectionPool;
  readonly end: () => Promise<void>;
}

/** @throws PacegateError, also for what {@link checkScanOptions} and {@link checkPoolOptions} refuse */
export function checkPipelineOptions(options: unknown): PipelineSettings {
  const own = POOL_OPTIONS.filter((name) => !ATTEMPT_OPTIONS.includes(name));
  const known = [...FIELD_OPTIONS, ...own, 'pool', 'probe', 'resume', 'signal'];
  const given = checkOptions('options', options, known);
  const { probe } = given;
  if (probe !== undefined && typeof probe !== 'function') {
    throw invalidArgument('probe', probe, 'a function');
  }
  const resume = given['resume'] === undefined ? undefined : checkPipelineState(given['resume']);
  const seed = given['seed'] ?? resume?.seed;
  const ofScan = pick(given, [...FIELD_OPTIONS, 'signal']);
  const field = checkScanOptions({ ...ofScan, seed } as ScanOptions);
  return {
    field,
    attempt: pick(given, ATTEMPT_OPTIONS),
    probe: probe as ScanProbe | undefined,
    resume,
    openPool: poolOf(given, pick(given, own), field.maxRate),
  };
}

type Given = Readonly<Record<string, unknown>>;

function pick(given: Given, names: readonly string[]): Given {
  return Object.fromEntries(
    names.filter((name) => given[name] !== undefined).map((name) => [name, given[name]]),
  );
}

function poolOf(given: Given, own: Given, maxRate: number): () => OpenPool {
  const { pool, limiter } = given;
  if (pool !== undefined) {
    if (!(pool instanceof ConnectionPool)) {
      throw invalidArgument('pool', pool, 'a ConnectionPool');
    }
    const [foreign] = Object.keys({ ...own, ...pick(given, ['maxRate']) });
    if (foreign !== undefined) {
      throw new InvalidArgumentError(
        `${foreign} is for the pipeline's own pool, but pool is given`,
      );
    }
    return () => ({ pool, end: () => Promise.resolve() });
  }
  if (limiter !== undefined && given['maxRate'] !== undefined) {
    throw new InvalidArgumentError(
      'maxRate and limiter exclude each other: the limiter has a rate',
    );
  }
  // Stages without limits of their own are held to those of the pairs.
  const options = { ...own, ...pick(given, ATTEMPT_OPTIONS) };
  const { clock } = checkPoolOptions(options);
  return () => openOwn(options, limiter === undefined ? maxRate : undefined, clock);
}

/** Two units, or 10 ms worth: timers wake late, and what they sleep over must not be lost. */
const burstOf = (rate: number): number => Math.max(2, rate / 100);

/** A rate of the pipeline's own serves in the end, so its tasks wait for it as long as it takes. */
function openOwn(own: Given, rate: number | undefined, clock: Clock): OpenPool {
  const bucket =
    rate === undefined
      ? undefined
      : new TokenBucket({ rate, burst: burstOf(rate), initialTokens: 1, clock });
  const paced = bucket && { limiter: bucket, permitTimeoutMs: Infinity };
  const pool = new ConnectionPool({ ...paced, ...own });
  const end = async (): Promise<void> => {
    await pool.close({ abort: true });
    bucket?.[Symbol.dispose]();
  };
  return { pool, end };
}
