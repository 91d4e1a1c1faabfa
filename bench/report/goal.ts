// What we want to reach, against what was measured.
import { table } from './table.js';

export interface Goal {
  readonly what: string;
  /** Undefined: something it needs was not measured in this run. */
  readonly measured: number | undefined;
  readonly goal: string;
  readonly met: boolean | undefined;
}

export type Bound = { readonly atLeast: number } | { readonly atMost: number };

/** @param value - what was measured; NaN, as of a mean of no values, is nothing measured */
export function goal(what: string, value: number | undefined, bound: Bound): Goal {
  const measured = Number.isNaN(value) ? undefined : value;
  const isLeast = 'atLeast' in bound;
  const limit = isLeast ? bound.atLeast : bound.atMost;
  const met = measured === undefined ? undefined : isLeast ? measured >= limit : measured <= limit;
  return { what, measured, goal: `${isLeast ? '>=' : '<='} ${limit}`, met };
}

/** How often the second goes into the first; undefined when one of them was not measured. */
export const over = (a: number | undefined, b: number | undefined): number | undefined =>
  a === undefined || b === undefined ? undefined : a / b;

export function goalTable(goals: readonly Goal[]): string[] {
  return table(
    'Goals',
    ['', 'measured', 'goal', ''],
    goals.map(({ what, measured, goal: bound, met }) => [
      what,
      measured?.toPrecision(3) ?? '-',
      bound,
      met === undefined ? 'not measured' : met ? 'met' : 'MISSED',
    ]),
  );
}
