// From a scan to its outputs.

import type { RunningScan, RunSummary } from '../running-scan.js';
import type { Outputs } from './open-sinks.js';
import type { RunEnd } from './result-sink.js';
import { Snapshots } from './snapshots.js';

/** How it went: whatever went wrong first is the `error`. */
export interface PrintOutcome {
  /** Undefined when the scan failed. */
  readonly summary: RunSummary | undefined;
  readonly error: unknown;
  readonly isScanAtFault: boolean;
  /** Every result is in every output. */
  readonly isAllWritten: boolean;
}

/**
 * Gives every result to every output, and ends them all: one that fails ends the scan and cuts no other short.
 *
 * @param isInterrupted - asked at the end
 * @param beforeFinish - awaited when all results are with the outputs
 */
export async function printResults(
  scan: RunningScan,
  { sinks, hasReader }: Outputs,
  isInterrupted: () => boolean,
  beforeFinish: () => Promise<void>,
): Promise<PrintOutcome> {
  const snapshots = new Snapshots(sinks, () => runningEnd(scan));
  let error: unknown;
  try {
    for await (const result of scan) {
      for (const sink of sinks) {
        const room = sink.add(result);
        if (room !== undefined) await room; // to wait for nothing would cost more than the result
      }
    }
  } catch (thrown) {
    error = thrown;
  }
  const { summary, fault } = await scan.done.then(
    (done) => ({ summary: done, fault: undefined }),
    (reason: unknown) => ({ summary: undefined, fault: reason }),
  );
  error ??= fault;
  await Promise.all([beforeFinish(), snapshots.stop()]);
  const end: RunEnd = {
    endedAt: new Date(),
    summary,
    statistics: scan.statistics,
    isInterrupted: isInterrupted(),
    failure: error === undefined ? undefined : messageOf(error),
  };
  const outcomes = await Promise.allSettled(sinks.map((sink) => sink.finish(end)));
  const unwritten = outcomes.find((outcome) => outcome.status === 'rejected');
  error ??= unwritten?.reason;
  const isAllWritten = hasReader() && unwritten === undefined && error === fault;
  return { summary, error, isScanAtFault: summary === undefined, isAllWritten };
}

/** As if the scan ended now. */
function runningEnd({ statistics }: RunningScan): RunEnd {
  const failure = 'the scan is still running, or was killed';
  return { endedAt: new Date(), summary: undefined, statistics, isInterrupted: false, failure };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
