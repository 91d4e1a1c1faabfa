// The steps by which a scan gives way: fewer workers, then longer waits, then a lower rate.

/** What holds at one step. */
export interface Measures {
  /** The part of the workers that may work; above 0, 1 for all. */
  readonly workerShare: number;
  /** How long each task should wait before it begins, in milliseconds. */
  readonly waitMs: number;
  /** The part of the rate that is used; above 0, 1 for all of it. */
  readonly rateShare: number;
}

/** One kind of measure. */
export type MeasureName = 'workers' | 'wait' | 'rate';

/** How far each measure goes, step by step. */
export interface LadderSteps {
  readonly workerShares: readonly number[];
  readonly waitsMs: readonly number[];
  readonly rateShares: readonly number[];
}

const NOTHING: Measures = { workerShare: 1, waitMs: 0, rateShare: 1 };

/** What holds at each step, from none at 0 to everything at the last. */
export function ladderOf({ workerShares, waitsMs, rateShares }: LadderSteps): readonly Measures[] {
  const rungs: Measures[] = [NOTHING];
  const climb = (changes: Partial<Measures>): void => {
    rungs.push({ ...NOTHING, ...rungs.at(-1), ...changes });
  };
  for (const workerShare of workerShares) climb({ workerShare });
  for (const waitMs of waitsMs) climb({ waitMs });
  for (const rateShare of rateShares) climb({ rateShare });
  return rungs;
}

/** The measure by which two neighbouring steps differ. */
export function measureBetween(one: Measures, other: Measures): MeasureName {
  if (one.rateShare !== other.rateShare) return 'rate';
  return one.waitMs === other.waitMs ? 'workers' : 'wait';
}
