// From a scan to its outputs.

import type { Scan, ScanSummary } from '../../scan/index.js';
import type { ResultSink, RunEnd } from './result-sink.js';

/** How it went: whatever went wrong first is the `error`. */
export interface PrintOutcome {
  /** Undefined when the scan failed. */
  readonly summary: ScanSummary | undefined;
  readonly error: unknown;
  readonly isScanAtFault: boolean;
}

/**
 * Gives every result to every output, and ends them all: one that fails ends the scan and cuts no other short.
 *
 * @param isInterrupted - asked at the end
 */
export async function printResults(
  scan: Scan,
  sinks: readonly ResultSink[],
  isInterrupted: () => boolean,
): Promise<PrintOutcome> {
  let error: unknown;
  try {
    for await (const result of scan) {
      for (const sink of sinks) await sink.add(result);
    }
  } catch (thrown) {
    error = thrown;
  }
  const summary = await scan.done.catch((fault: unknown) => {
    error ??= fault;
    return undefined;
  });
  const end: RunEnd = {
    endedAt: new Date(),
    summary,
    statistics: scan.statistics,
    isInterrupted: isInterrupted(),
    failure: error === undefined ? undefined : messageOf(error),
  };
  const outcomes = await Promise.allSettled(sinks.map((sink) => sink.finish(end)));
  for (const outcome of outcomes) if (outcome.status === 'rejected') error ??= outcome.reason;
  return { summary, error, isScanAtFault: summary === undefined };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
