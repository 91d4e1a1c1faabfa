// A plan as stores take it, and progress in it.
import type { FleetPlan, ShardProgress } from '../../../../lib/scan/index.js';

export const plan: FleetPlan = {
  version: 1,
  planHash: 'a'.repeat(64),
  technique: 'connect',
  seed: 5,
  shards: 4,
  pairs: 400,
  maxRate: 1000,
};

export function progressAt(position: number): ShardProgress {
  const { technique, seed, planHash } = plan;
  const [sent, open, closed, filtered, unknown] = [position, 0, position, 0, 0];
  return {
    state: { version: 1, technique, seed, position, planHash },
    tally: { settled: position, sent, open, closed, filtered, unknown },
  };
}
