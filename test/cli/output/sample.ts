// Results and runs to write.

import type { ResultSink, RunEnd, RunStart } from '../../../lib/cli/output/result-sink.js';
import type { PortState, ScanReason, ScanResult, ScanSummary } from '../../../lib/scan/index.js';
import { scanStatistics } from '../../../lib/scan/statistics.js';

const REASONS: Record<PortState, ScanReason> = {
  open: 'syn-ack',
  closed: 'reset',
  filtered: 'no-response',
  unknown: 'rate_limit_timeout',
};

export function result(address: string, port: number, state: PortState = 'open'): ScanResult {
  const answered = state === 'open' || state === 'closed';
  return {
    address,
    port,
    protocol: 'tcp',
    state,
    reason: REASONS[state],
    ...(answered ? { rttMs: 1.25, ttl: 64 } : {}),
  };
}

export const start: RunStart = {
  version: '1.2.3',
  args: ['scan', '-p', '1-100', '10.0.0.0/24', 'it\'s <&> "odd"\u0001'],
  startedAt: new Date(Date.UTC(2026, 0, 2, 3, 4, 5)),
  ports: Uint16Array.from({ length: 100 }, (_, i) => i + 1),
  timeoutMs: 1000,
  shard: '1/2',
};

const statistics = scanStatistics({
  counters: undefined,
  backend: 'packet',
  targetRate: 1000,
  elapsedMs: 2000,
  settledBefore: 0,
});

export const summary: ScanSummary = {
  complete: true,
  technique: 'syn',
  addresses: 256,
  ports: 100,
  seed: 42,
  durationMs: 2000,
  statistics,
  state: { version: 1, technique: 'syn', seed: 42, position: 0, planHash: 'abc' },
  warnings: [],
};

export const end = (changes: Partial<RunEnd> = {}): RunEnd => ({
  endedAt: new Date(Date.UTC(2026, 0, 2, 3, 4, 7)),
  summary,
  statistics,
  isInterrupted: false,
  failure: undefined,
  ...changes,
});

export async function writeAll(
  sink: ResultSink,
  results: readonly ScanResult[],
  ended: RunEnd = end(),
): Promise<void> {
  for (const one of results) await sink.add(one);
  await sink.finish(ended);
}
