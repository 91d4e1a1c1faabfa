// How a scan keeps its rate: the options, checked.

import { checkNumber, checkOptionalNumber, invalidArgument } from '../internal/check.js';
import { InvalidArgumentError } from '../internal/errors.js';

const precisions = ['balanced', 'eco', 'spin'] as const;

/** How often the sending thread wakes: at most once a millisecond, once half a millisecond, or for every packet. */
export type Precision = (typeof precisions)[number];

/** How a scan keeps its rate. */
export interface PaceOptions {
  /**
   * `eco` sends what has fallen due every millisecond, `balanced`, the default, every half, and `spin` each packet at
   * its time: it waits busily and takes a core. The mean rate is the same with all three. SYN scans only.
   */
  precision?: Precision;
  /**
   * How much lateness may be made good by sending faster than `maxRate`, in milliseconds, 0 to 1000, default 10. After a
   * longer stall the packets beyond it are given up (`statistics.forgone`), and the scan takes longer. SYN scans only.
   */
  catchUpMs?: number;
  /**
   * Probes a second that should be reached, at most `maxRate`. `setRate()` does not go below it. Caps and the silences
   * of single targets (`maxTargetRate`, `maxPrefixRate`, `adaptiveRate`) go before it. A scan that stays under it for a
   * second while pairs are left to be asked warns once (`below-min-rate`) and says why.
   */
  minRate?: number;
}

/** {@link PaceOptions} checked, with the defaults in place. */
export interface PaceSettings {
  readonly precision: Precision;
  readonly catchUpMs: number;
  readonly minRate: number | undefined;
}

/** Any rate that can be asked for, in packets a second. */
export const RATE_BOUNDS = { min: 0.001, max: 100_000_000 } as const;

/** Connections or tasks under way at once that can be asked for. */
export const WORKER_BOUNDS = { min: 1, max: 65_536, integer: true } as const;

/** @throws PacegateError (`ERR_PACEGATE_INVALID_ARGUMENT`, `ERR_PACEGATE_OUT_OF_RANGE`) */
export function checkPace(given: Readonly<Record<string, unknown>>, maxRate: number): PaceSettings {
  return {
    precision: checkPrecision(given['precision']),
    catchUpMs: checkOptionalNumber('catchUpMs', given['catchUpMs'], 10, { min: 0, max: 1000 }),
    minRate: given['minRate'] === undefined ? undefined : checkMinRate(given['minRate'], maxRate),
  };
}

function checkMinRate(value: unknown, maxRate: number): number {
  const minRate = checkNumber('minRate', value, RATE_BOUNDS);
  if (minRate <= maxRate) return minRate;
  throw new InvalidArgumentError(`minRate must be at most maxRate (${maxRate}), not ${minRate}`);
}

function checkPrecision(value: unknown): Precision {
  const found = precisions.find((precision) => precision === (value ?? precisions[0]));
  if (found !== undefined && value !== null) return found;
  throw invalidArgument('precision', value, `one of ${precisions.join(', ')}`);
}
