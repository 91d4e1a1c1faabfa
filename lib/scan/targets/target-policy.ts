// From what the user wrote to the addresses that will be probed: excludes, addresses nobody may probe, and the
// confirmation that a scan of the public Internet needs.

import { invalidArgument } from '../../internal/check.js';
import { notPermitted } from '../scan-errors.js';
import {
  containsRange,
  formatRange,
  intersectRanges,
  normalizeRanges,
  subtractRanges,
  totalSize,
  type AddressRange,
} from './address-range.js';
import {
  MAX_UNCONFIRMED_PUBLIC_ADDRESSES,
  reservedRanges,
  unprobeableRanges,
} from './reserved-ranges.js';

/** One target with its addresses, names resolved. */
export interface TargetAddresses {
  /** As the user wrote it. */
  readonly text: string;
  readonly ranges: readonly AddressRange[];
}

/** What the policy is given beside the targets. */
export interface PolicyOptions {
  readonly excluded: readonly AddressRange[];
  /** Broadcast addresses of this host's own networks. */
  readonly localBroadcasts: readonly AddressRange[];
  readonly iAmAuthorised: boolean;
}

/** The addresses to probe, and what was left out without the user having asked for it. */
export interface AllowedTargets {
  /** Sorted, disjoint. */
  readonly ranges: readonly AddressRange[];
  readonly warnings: readonly string[];
}

/**
 * Applies excludes and safety rules.
 *
 * - A target wholly inside multicast, broadcast or "this network" space is refused; a wider one loses that part.
 * - A target with more than 65 536 public addresses loses its reserved parts (private, loopback, documentation, …):
 *   from a public interface they lead nowhere, or into somebody's own network. Named on their own they are kept.
 * - The broadcast addresses of this host's own networks are left out.
 * - More than 65 536 public addresses in all need `iAmAuthorised`.
 *
 * @throws PacegateError (`ERR_PACEGATE_INVALID_ARGUMENT`, `ERR_PACEGATE_NOT_PERMITTED`)
 */
export function allowTargets(
  targets: readonly TargetAddresses[],
  options: PolicyOptions,
): AllowedTargets {
  const warnings: string[] = [];
  const wanted = normalizeRanges(targets.flatMap((target) => probeable(target, warnings)));
  const unicast = subtractRanges(wanted, options.localBroadcasts);
  const dropped = intersectRanges(wanted, options.localBroadcasts);
  if (dropped.length > 0) {
    warnings.push(`left out the broadcast addresses of this host's networks: ${list(dropped)}`);
  }
  const ranges = subtractRanges(unicast, options.excluded);
  const publicCount = totalSize(subtractRanges(ranges, reservedRanges));
  if (publicCount > MAX_UNCONFIRMED_PUBLIC_ADDRESSES && !options.iAmAuthorised) {
    throw notPermitted(
      `a scan of ${publicCount} public addresses needs iAmAuthorised: true (--i-am-authorised): scan only networks you are authorised to scan`,
    );
  }
  return { ranges, warnings };
}

function probeable(target: TargetAddresses, warnings: string[]): readonly AddressRange[] {
  refuseUnprobeable(target);
  // Of a single address nothing can be left out.
  if (target.ranges.length === 1 && target.ranges[0]?.first === target.ranges[0]?.last)
    return target.ranges;
  const wanted = normalizeRanges(target.ranges);
  let kept = subtractRanges(wanted, unprobeableRanges);
  if (totalSize(kept) !== totalSize(wanted)) {
    warnings.push(`left out the multicast, broadcast and "this network" part of ${target.text}`);
  }
  const outside = subtractRanges(kept, reservedRanges);
  if (totalSize(outside) > MAX_UNCONFIRMED_PUBLIC_ADDRESSES) {
    const reserved = intersectRanges(kept, reservedRanges);
    if (reserved.length > 0) {
      kept = outside;
      warnings.push(`left out the reserved part of ${target.text}: ${list(reserved)}`);
    }
  }
  return kept;
}

function refuseUnprobeable({ text, ranges }: TargetAddresses): void {
  for (const range of ranges) {
    const forbidden = unprobeableRanges.find((outer) => containsRange(outer, range));
    if (forbidden !== undefined) {
      throw invalidArgument(
        'targets',
        text,
        `addresses of single hosts, which ${formatRange(forbidden)} are not`,
      );
    }
  }
}

/** Names at most five ranges, so that a warning stays one line. */
function list(ranges: readonly AddressRange[]): string {
  const shown = ranges.slice(0, 5).map(formatRange).join(', ');
  return ranges.length > 5 ? `${shown} and ${ranges.length - 5} more` : shown;
}
