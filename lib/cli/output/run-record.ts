// What an output tells of the run that made it: one flat record, which each format words in its way.

import type { RunEnd, RunStart } from './result-sink.js';

/** Rates in packets a second, times in ISO 8601. What a failed run did not come to know is absent. */
export type RunRecord = Readonly<Record<string, string | number | boolean>>;

/** Makes the record. */
export function runRecord(start: RunStart, end: RunEnd): RunRecord {
  const { summary, statistics } = end;
  return {
    program: 'pacegate',
    version: start.version,
    command: commandLine(start.args),
    startedAt: start.startedAt.toISOString(),
    endedAt: end.endedAt.toISOString(),
    complete: summary?.complete ?? false,
    interrupted: end.isInterrupted,
    ...(end.failure === undefined ? {} : { failure: end.failure }),
    ...(summary === undefined
      ? {}
      : {
          technique: summary.technique,
          addresses: summary.addresses,
          ports: summary.ports,
          seed: summary.seed,
          planHash: 'state' in summary ? summary.state.planHash : summary.planHash,
        }),
    ...(start.shard === undefined ? {} : { shard: start.shard }),
    backend: statistics.backend,
    askedRate: statistics.targetPacketsPerSecond,
    achievedRate: rounded(statistics.packetsPerSecond),
    rateErrorPercent: rounded(statistics.rateErrorPercent),
    ...counts(end),
  };
}

function counts({ statistics }: RunEnd): RunRecord {
  const { total, settled, sent, received, open, closed, filtered, unknown } = statistics;
  return {
    ...{ total, settled, sent, received, open, closed, filtered, unknown },
    dropped: statistics.kernelDropped,
    sendFailures: statistics.sendFailures,
    forgone: statistics.forgone,
    rateLimitTimeouts: statistics.rateLimitTimeouts,
    elapsedMs: Math.round(statistics.elapsedMs),
  };
}

function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}

/** The command as a POSIX shell would read it. */
export function commandLine(args: readonly string[]): string {
  const quoted = args.map((argument) =>
    /^[\w@%+=:,./-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", `'\\''`)}'`,
  );
  return ['pacegate', ...quoted].join(' ');
}
