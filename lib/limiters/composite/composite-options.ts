import { checkBoolean, checkOptions, invalidArgument } from '../../internal/check.js';
import { type Clock, checkClock } from '../../internal/clock.js';
import type { CompositeMember } from './composite-member.js';

/** How a `CompositeLimiter` is made. */
export interface CompositeOptions {
  /** The limits by name, at least one, in the order in which they are charged. */
  limits: Readonly<Record<string, CompositeMember>>;
  /** Whether `reset` resets the limits and disposing of the composite disposes of them; false by default. */
  ownsLimits?: boolean | undefined;
  /** The clock of the limits, for waiting; by default the system's monotonic clock. */
  clock?: Clock | undefined;
}

/** Checked {@link CompositeOptions}. */
export interface CheckedCompositeOptions {
  limits: Readonly<Record<string, CompositeMember>>;
  ownsLimits: boolean;
  clock: Clock;
}

/** @throws InvalidArgumentError */
export function checkCompositeOptions(options: unknown): CheckedCompositeOptions {
  const given = checkOptions('options', options, ['limits', 'ownsLimits', 'clock']);
  return {
    limits: checkLimits(given['limits']),
    ownsLimits: checkBoolean('ownsLimits', given['ownsLimits'], false),
    clock: checkClock('clock', given['clock']),
  };
}

/** A copy, so that nobody adds to it later. */
function checkLimits(value: unknown): Readonly<Record<string, CompositeMember>> {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  const entries = isObject ? Object.entries(value) : [];
  if (entries.length === 0) {
    throw invalidArgument('limits', value, 'an object of at least one limiter by name');
  }
  for (const [name, limit] of entries) {
    if (!isMember(limit)) {
      throw invalidArgument(
        `limits.${name}`,
        limit,
        'a limiter: rate, peek, tryAcquire and refund',
      );
    }
  }
  return Object.fromEntries(entries as [string, CompositeMember][]);
}

function isMember(value: unknown): value is CompositeMember {
  if (typeof value !== 'object' || value === null) return false;
  const member = value as Record<string, unknown>;
  const calls = ['peek', 'tryAcquire', 'refund'];
  return (
    typeof member['rate'] === 'number' && calls.every((name) => typeof member[name] === 'function')
  );
}
