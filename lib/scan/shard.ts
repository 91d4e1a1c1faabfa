// One of several scans that share the work.

import { checkNumber, checkOptions } from '../internal/check.js';

/** Which of `count` scans this one is. */
export interface Shard {
  /** From 0 to `count` - 1. */
  readonly index: number;
  /** Scans that share the work, 1 to 2^32 - 1. */
  readonly count: number;
}

/** @throws PacegateError (`ERR_PACEGATE_INVALID_ARGUMENT`, `ERR_PACEGATE_OUT_OF_RANGE`) */
export function checkShard(value: unknown): Shard {
  const given = checkOptions('shard', value, ['index', 'count']);
  const count = checkNumber('shard.count', given['count'], {
    min: 1,
    max: 2 ** 32 - 1,
    integer: true,
  });
  const index = checkNumber('shard.index', given['index'], {
    min: 0,
    max: count - 1,
    integer: true,
  });
  return { index, count };
}

/** Positions of an order, from `first` up to but not including `end`. */
export interface Slice {
  readonly first: number;
  readonly end: number;
}

/**
 * The part of `positions` (at most 2^53 - 1) that a shard takes. Each shard ends where the next one begins, so no position
 * is in two of them or in none, and their sizes differ by one at most.
 */
export function sliceOf(positions: number, shard: Shard | undefined): Slice {
  if (shard === undefined) return { first: 0, end: positions };
  const { index, count } = shard;
  const edge = (k: number): number => Number((BigInt(k) * BigInt(positions)) / BigInt(count));
  return { first: edge(index), end: edge(index + 1) };
}
