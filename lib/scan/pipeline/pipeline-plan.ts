// A pipeline worked out to the last pair.

import { randomInt } from 'node:crypto';
import { invalidArgument } from '../../internal/check.js';
import type { ScanField } from '../scan-plan.js';
import { sliceOf, type Shard } from '../shard.js';
import { planHash } from '../state.js';
import type { AddressRange } from '../targets/address-range.js';
import type { PipelineState } from './pipeline-state.js';

/** Which pairs there are, in which order, and where to begin. */
export interface PipelinePlan {
  readonly ranges: readonly AddressRange[];
  readonly ports: Uint16Array;
  readonly seed: number;
  readonly planHash: string;
  /** The part of the order that is this pipeline's: all of it, or a shard's. */
  readonly firstPosition: number;
  readonly endPosition: number;
  readonly nextPosition: number;
  /** Positions before it that are to be done again. */
  readonly pending: readonly number[];
}

/** What a plan is made from beside its addresses. */
export interface PlanSettings {
  readonly ports: Uint16Array;
  readonly seed: number | undefined;
  readonly shard: Shard | undefined;
  readonly resume: PipelineState | undefined;
}

/** @throws PacegateError (`ERR_PACEGATE_INVALID_ARGUMENT`) when the state to resume is of another plan */
export function planPipeline(settings: PlanSettings, field: ScanField): PipelinePlan {
  const { ports, shard, resume } = settings;
  const { ranges } = field;
  const seed = settings.seed ?? resume?.seed ?? randomInt(2 ** 48 - 1);
  const hash = planHash({ technique: 'pipeline', seed, ranges, ports, shard });
  const { first, end } = sliceOf(field.addresses * ports.length, shard);
  const { next = first, pending = [] } = resume ?? {};
  const isInside = next <= end && [next, ...pending].every((position) => position >= first);
  if (resume !== undefined && (resume.planHash !== hash || !isInside)) {
    throw invalidArgument(
      'resume',
      resume.planHash.slice(0, 12),
      'the state of a pipeline of these same targets, excludes, ports, seed and shard',
    );
  }
  return {
    ranges,
    ports,
    seed,
    planHash: hash,
    firstPosition: first,
    endPosition: end,
    nextPosition: next,
    pending,
  };
}
