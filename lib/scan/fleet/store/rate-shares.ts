// One rate divided among members: who needs little gets it, the others share what is left.

/** What one member has of the rate. Probes a second. */
export interface RateShare {
  /** What it said it keeps to. */
  used: number;
  /** What it was told last. */
  granted: number;
  wanted: number;
}

/** Shares are multiples of this, so that sums of them stay exact enough. */
const STEP = 0.001;

/** The most that a member may be sending: it may not have heard of the last change, or may have obeyed already. */
export function heldRate({ used, granted }: RateShare): number {
  return Math.max(used, granted);
}

/**
 * Divides the rate anew for one member, who is among `all`. The others keep what they have; so where it is to get more,
 * that has to be free first: the others give it up when they ask next.
 *
 * @returns what the member may send from now on
 */
export function grantRate(all: readonly RateShare[], mine: RateShare, limit: number): number {
  const fair = fairLevel(
    all.map(({ wanted }) => wanted),
    limit,
  );
  const others = all.reduce((sum, share) => sum + (share === mine ? 0 : heldRate(share)), 0);
  const room = Math.max(limit - others, 0);
  return Math.floor(Math.min(mine.wanted, fair, room) / STEP + 1e-6) * STEP;
}

/** What each gets at the most, so that all together get the limit, or as much as they want (max-min fairness). */
function fairLevel(wanted: readonly number[], limit: number): number {
  let left = limit;
  let count = wanted.length;
  for (const want of [...wanted].sort((a, b) => a - b)) {
    if (want * count > left) return left / count;
    left -= want;
    count -= 1;
  }
  return limit;
}
