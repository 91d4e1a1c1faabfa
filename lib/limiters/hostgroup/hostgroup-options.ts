import {
  checkOptionalNumber,
  checkOptions,
  invalidArgument,
  outOfRange,
} from '../../internal/check.js';
import { type Clock, checkClock } from '../../internal/clock.js';

/** How a `HostgroupLimiter` is made. */
export interface HostgroupOptions {
  /** Most targets at once: a whole number of at least 1; 64 by default. */
  max?: number | undefined;
  /** Fewer than these at once are worth a warning: a whole number from 0 to `max`; 1 by default. */
  min?: number | undefined;
  /** Where the times of waits come from; by default the system's monotonic clock. */
  clock?: Clock | undefined;
}

/** Checked {@link HostgroupOptions}. */
export interface CheckedHostgroupOptions {
  max: number;
  min: number;
  clock: Clock;
}

/** @throws InvalidArgumentError, InvalidRangeError */
export function checkHostgroupOptions(options: unknown): CheckedHostgroupOptions {
  const given = checkOptions('options', options === undefined ? {} : options, [
    'max',
    'min',
    'clock',
  ]);
  const max = checkOptionalNumber('max', given['max'], 64, { min: 1, integer: true });
  const min = checkOptionalNumber('min', given['min'], 1, { min: 0, integer: true });
  if (min > max) throw outOfRange('min', min, `at most max (${max})`);
  return { max, min, clock: checkClock('clock', given['clock']) };
}

/** @throws InvalidArgumentError for what is neither text nor undefined */
export function checkTargetName(target: unknown): string | undefined {
  if (target === undefined || typeof target === 'string') return target;
  throw invalidArgument('target', target, 'text or undefined');
}
