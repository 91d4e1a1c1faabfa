// What is needed to go on with a pipeline later.

import { invalidArgument } from '../../internal/check.js';

/** Where a pipeline stands. Plain JSON; give it back as `resume` with the same targets, ports, excludes and shard. */
export interface PipelineState {
  readonly version: 1;
  readonly kind: 'pipeline';
  readonly seed: number;
  /** The first position of the order that was not begun. */
  readonly next: number;
  /** Positions before it that were begun, and whose result nobody has got: as many as there are workers, and a few. */
  readonly pending: readonly number[];
  /** Digest of addresses, ports, seed and shard. */
  readonly planHash: string;
}

/**
 * Checks that `value` has the shape of a {@link PipelineState}.
 *
 * @throws PacegateError (`ERR_PACEGATE_INVALID_ARGUMENT`)
 */
export function checkPipelineState(value: unknown): PipelineState {
  if (isState(value)) return value;
  throw invalidArgument('resume', value, 'a state given by pipeline.state() of this version');
}

function isState(value: unknown): value is PipelineState {
  if (typeof value !== 'object' || value === null) return false;
  const state = value as Partial<Record<keyof PipelineState, unknown>>;
  const { next, pending } = state;
  return (
    state.version === 1 &&
    state.kind === 'pipeline' &&
    isCount(state.seed) &&
    isCount(next) &&
    Array.isArray(pending) &&
    pending.every((position) => isCount(position) && position < next) &&
    new Set(pending).size === pending.length &&
    typeof state.planHash === 'string'
  );
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
