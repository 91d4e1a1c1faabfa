import { checkOptionalNumber, checkOptions } from '../../internal/check.js';
import { type AcquireOptions, checkAcquireOptions, type Patience } from '../decision.js';

/** How to wait for a turn. */
export interface TurnOptions extends AcquireOptions {
  /** Higher first, first come first served within it; any finite number, 0 by default. */
  priority?: number | undefined;
}

/** Checked options of a wait for a turn. */
export type TurnPatience = Patience & { priority: number };

/** @throws PacegateError for an option that is wrong or unknown */
export function checkTurnOptions(options: unknown): TurnPatience {
  if (options === undefined) return { ...checkAcquireOptions(undefined), priority: 0 };
  const given = checkOptions('options', options, ['timeoutMs', 'signal', 'priority']);
  const { priority, ...rest } = given;
  return {
    ...checkAcquireOptions(rest),
    priority: checkOptionalNumber('options.priority', priority, 0),
  };
}
