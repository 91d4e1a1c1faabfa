// Figures over rounds.

/** The middle value; of an even number of values the mean of the middle two; NaN of none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const upper = sorted[sorted.length >> 1] ?? NaN;
  const lower = sorted[(sorted.length - 1) >> 1] ?? NaN;
  return (upper + lower) / 2;
}

/** Median and extremes of what the rounds measured. */
export interface Spread {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

/** Undefined where nothing was measured. */
export function spreadOf(values: readonly number[]): Spread | undefined {
  if (values.length === 0) return undefined;
  return { median: median(values), least: Math.min(...values), most: Math.max(...values) };
}

/**
 * How many times `one` goes into `other`: the median over rounds, each of which had both, so that a machine that is
 * faster in one round than in another does not count.
 */
export function ratioOf(other: readonly number[], one: readonly number[]): number | undefined {
  const ratios = other.flatMap((value, round) => {
    const divisor = one[round];
    return divisor === undefined ? [] : [value / divisor];
  });
  return ratios.length === 0 ? undefined : median(ratios);
}

/** All of them in turn, round after round, each round beginning with another one. */
export async function interleave<Item>(
  items: readonly Item[],
  rounds: number,
  measure: (item: Item) => Promise<void>,
): Promise<void> {
  for (let round = 0; round < rounds; round += 1) await oneRound(items, round, measure);
}

/**
 * As {@link interleave}, as long as there is time for another round like the longest.
 *
 * @param untilMs - by performance.now(); the first round is done in any case
 * @returns how many rounds there were, at most `mostRounds`
 */
export async function interleaveUntil<Item>(
  items: readonly Item[],
  mostRounds: number,
  untilMs: number,
  measure: (item: Item) => Promise<void>,
): Promise<number> {
  let longestMs = 0;
  for (let round = 0; round < mostRounds; round += 1) {
    const startMs = performance.now();
    if (round > 0 && startMs + longestMs > untilMs) return round;
    await oneRound(items, round, measure);
    longestMs = Math.max(longestMs, performance.now() - startMs);
  }
  return mostRounds;
}

async function oneRound<Item>(
  items: readonly Item[],
  round: number,
  measure: (item: Item) => Promise<void>,
): Promise<void> {
  const start = items.length === 0 ? 0 : round % items.length;
  for (const item of [...items.slice(start), ...items.slice(0, start)]) await measure(item);
}
