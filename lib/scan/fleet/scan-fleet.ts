// The entry: a member on the real network.

import { systemDependencies } from '../scan.js';
import { checkFleetOptions, type FleetOptions } from './fleet-options.js';
import { FleetScan } from './fleet-scan.js';

/**
 * Scans one plan together with others who say the same and share a store: on this host ({@link DirectoryFleetStore}) or
 * wherever a {@link FleetStore} reaches. The plan is divided into shards; members lease them one after the other, at one
 * rate for all. Where a member dies its shards go to others when its lease has run out, from a second before that.
 *
 * Results of a member are those of the shards that it scans: put the outputs of all together. A pair whose member has
 * died, or has stood still for longer than its lease, may be there twice.
 *
 * @param options - those of a scan, and the store; see {@link FleetOptions}
 * @throws PacegateError for a bad option: `ERR_PACEGATE_INVALID_ARGUMENT`, `ERR_PACEGATE_OUT_OF_RANGE`,
 * `ERR_PACEGATE_NOT_SUPPORTED`, `ERR_PACEGATE_NOT_PERMITTED`. The loop throws `ERR_PACEGATE_SHARED_STATE` where the plan
 * in the store is another one, what the store throws, and what makes a scan impossible
 *
 * @example
 * ```ts
 * import { DirectoryFleetStore, scanFleet } from 'pacegate/scan';
 *
 * // in as many processes as you like, started whenever you like:
 * const member = scanFleet({
 *   store: new DirectoryFleetStore('/tmp/monday'),
 *   targets: '127.0.0.0/28',
 *   ports: '1-1000',
 *   maxRate: 5000,
 * });
 * for await (const { address, port, state } of member) {
 *   if (state === 'open') console.log(`${address}:${port}`);
 * }
 * const { statistics } = await member.done;
 * console.log(`${statistics.settled} pairs by all, ${statistics.sent} packets by this member`);
 * ```
 */
export function scanFleet(options: FleetOptions): FleetScan {
  return new FleetScan(checkFleetOptions(options), systemDependencies());
}
