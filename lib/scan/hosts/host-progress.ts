// Where a scan with a hostgroup stands. Its order finishes one target after the other: pair `rank * ports + turn` is the
// turn-th port of the rank-th target, and a few targets are under way at a time.

import type { Slice } from '../shard.js';

/**
 * How many targets were begun, then rank and first unsettled turn of each one that is not finished. Everything else
 * before `begun` is settled. Empty: nothing was begun.
 */
export type HostProgress = readonly number[];

/** What the numbers of a {@link HostProgress} refer to. */
export interface HostField {
  /** The part of the order that is this scan's. */
  readonly slice: Slice;
  readonly ports: number;
}

/** The targets that are not finished. */
function* unended(progress: HostProgress): Generator<{ rank: number; turn: number }> {
  for (let i = 1; i + 1 < progress.length; i += 2) {
    yield { rank: progress[i] ?? 0, turn: progress[i + 1] ?? 0 };
  }
}

/** The first pair after those of all begun targets. */
function beginOfNew([begun = 0]: HostProgress, { slice, ports }: HostField): number {
  return Math.min(Math.max(begun * ports, slice.first), slice.end);
}

/** Every pair before this position is settled; `slice.end` when all are. */
export function floorOf(progress: HostProgress, field: HostField): number {
  let floor = beginOfNew(progress, field);
  for (const { rank, turn } of unended(progress)) {
    floor = Math.min(floor, rank * field.ports + turn);
  }
  return floor;
}

/** Number of pairs that are settled for certain. */
export function settledIn(progress: HostProgress, field: HostField): number {
  const { slice, ports } = field;
  let settled = beginOfNew(progress, field) - slice.first;
  for (const { rank, turn } of unended(progress)) {
    settled -= Math.min((rank + 1) * ports, slice.end) - (rank * ports + turn);
  }
  return settled;
}

/** Whether a scan of this field can have stood there. */
export function isWithin(progress: HostProgress, { slice, ports }: HostField): boolean {
  const [begun = 0] = progress;
  const ranks = new Set<number>();
  for (const { rank, turn } of unended(progress)) {
    const position = rank * ports + turn;
    if (rank >= begun || turn > ports || ranks.has(rank)) return false;
    if (position < slice.first || position > slice.end) return false;
    ranks.add(rank);
  }
  return begun <= Math.ceil(slice.end / ports);
}

/** Whether `value` has the shape of a {@link HostProgress}. */
export function isHostProgress(value: unknown): value is HostProgress {
  return (
    Array.isArray(value) &&
    (value.length === 0 || value.length % 2 === 1) &&
    value.every((word) => Number.isSafeInteger(word) && (word as number) >= 0)
  );
}
