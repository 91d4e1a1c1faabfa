import { invalidArgument } from '../../internal/check.js';
import { badCost, isCost } from '../decision.js';

/**
 * What a request costs: so many units of every limit, or of each by name; of a limit that is not named one unit, and
 * none when it is a refund.
 */
export type CompositeCost = number | Readonly<Record<string, number>>;

/** @throws InvalidArgumentError, InvalidRangeError for a cost no limit takes, or of a limit there is not */
export function checkCompositeCost(name: string, cost: unknown, limits: readonly string[]): void {
  if (typeof cost !== 'object' || cost === null) {
    if (!isCost(cost)) throw badCost(name, cost);
    return;
  }
  for (const [limit, units] of Object.entries(cost as Record<string, unknown>)) {
    if (!limits.includes(limit)) {
      throw invalidArgument(`a name in ${name}`, limit, `one of ${limits.join(', ')}`);
    }
    if (!isCost(units)) throw badCost(`${name}.${limit}`, units);
  }
}

/** Units of one limit. @param absent - where the cost does not name it */
export function unitsOf(cost: CompositeCost, limit: string, absent: number): number {
  if (typeof cost === 'number') return cost;
  return Object.hasOwn(cost, limit) ? (cost[limit] ?? absent) : absent;
}
