// `pacegate bench`: what limiters and scans do on this machine, beside what else is installed here.

import { availableParallelism, cpus, loadavg, release } from 'node:os';
import { checkNumber, invalidArgument } from '../../internal/check.js';
import { EXIT } from '../failure.js';
import { numberOf } from '../host-flags.js';
import { Interrupt } from '../interrupt.js';
import { version } from '../version.js';
import { limiterLines } from './limiters/limiter-lines.js';
import { measureLimiters, type LimiterFigures } from './limiters/measure-limiters.js';
import { measureScans, type ScanFigures } from './scan/measure-scans.js';
import { scanLines } from './scan/scan-lines.js';

/** What the parser found; texts are unchecked. */
export interface BenchFlags {
  json?: true;
  seconds?: string;
}

/** One JSON document of all that was measured. */
interface BenchDocument {
  readonly version: string;
  readonly time: string;
  readonly host: BenchHost;
  readonly limiters?: LimiterFigures;
  readonly scan?: ScanFigures;
}

interface BenchHost {
  readonly node: string;
  readonly system: string;
  readonly processor: string;
  readonly processors: number;
  /** Processes that wanted a processor during the last minute, before anything was measured. */
  readonly load: number;
}

const PARTS = ['limiters', 'scan'] as const;
const DEFAULT_SECONDS = 20;
/** Of a run of both parts: threads are quicker to measure than networks. */
const LIMITER_SHARE = 0.3;

/**
 * Measures, and prints each part when it is done, or one JSON document.
 *
 * @param part - `limiters` or `scan`; undefined: both
 * @returns the exit code
 * @throws PacegateError for a part or a flag that is wrong, before anything is measured
 */
export async function runBench(part: string | undefined, flags: BenchFlags): Promise<number> {
  if (part !== undefined && !PARTS.some((name) => name === part)) {
    throw invalidArgument('what to measure', part, PARTS.join(' or '));
  }
  const bounds = { min: 1, max: 600 };
  const given =
    flags.seconds === undefined ? DEFAULT_SECONDS : numberOf('--seconds', flags.seconds);
  const seconds = checkNumber('--seconds', given, bounds);
  const abort = new AbortController();
  const stop = (): void => {
    abort.abort();
  };
  const interrupt = new Interrupt(stop, () => undefined);
  process.stdout.once('error', stop); // nobody reads any more, or nothing can be written
  try {
    await measure(part, seconds, flags.json === true, abort.signal);
  } catch (error) {
    if (!abort.signal.aborted) throw error;
  } finally {
    interrupt.dispose();
    process.stdout.off('error', stop);
  }
  return interrupt.exitCode ?? EXIT.done;
}

async function measure(
  part: string | undefined,
  seconds: number,
  isJson: boolean,
  signal: AbortSignal,
): Promise<void> {
  const untilMs = performance.now() + seconds * 1000;
  const host = hostOf();
  const time = new Date().toISOString();
  const print = (lines: readonly string[]): void => {
    if (!isJson) process.stdout.write(lines.map((line) => `${line}\n`).join(''));
  };
  print(headLines(host));
  let limiters: LimiterFigures | undefined;
  let scan: ScanFigures | undefined;
  if (part !== 'scan') {
    limiters = await measureLimiters(
      part === undefined ? seconds * LIMITER_SHARE : seconds,
      signal,
    );
    print(limiterLines(limiters));
  }
  if (part !== 'limiters') {
    scan = await measureScans((untilMs - performance.now()) / 1000, signal);
    print(scanLines(scan));
  }
  const figures = {
    ...(limiters === undefined ? {} : { limiters }),
    ...(scan === undefined ? {} : { scan }),
  };
  const document: BenchDocument = { version: version(), time, host, ...figures };
  if (isJson) process.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
}

function hostOf(): BenchHost {
  return {
    node: process.version,
    system: `${process.platform} ${release()} ${process.arch}`,
    processor: cpus()[0]?.model ?? 'unknown',
    processors: availableParallelism(),
    load: loadavg()[0] ?? 0,
  };
}

function headLines({ node, system, processor, processors, load }: BenchHost): string[] {
  const isBusy = load > processors / 2;
  return [
    `pacegate ${version()}, Node.js ${node}, ${system}, ${processors} x ${processor}`,
    ...(isBusy
      ? [
          `This machine is busy (load ${load.toFixed(1)}): figures vary, and are worse than it can do.`,
        ]
      : []),
    '',
  ];
}
