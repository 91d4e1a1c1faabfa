// The flags that make a scan one of several that share a plan.

import { InvalidArgumentError } from '../internal/errors.js';
import { DirectoryFleetStore, type FleetOptions, type ScanOptions } from '../scan/index.js';
import { checkFleetOptions } from '../scan/fleet/fleet-options.js';
import { numberOf } from './host-flags.js';

/** As they were written. */
export interface FleetFlags {
  fleet?: string;
  fleetShards?: string;
  resume?: string;
}

/**
 * The options of a fleet's member; undefined where the scan is for itself.
 *
 * @throws PacegateError for what a fleet cannot have
 */
export function wantedFleet(flags: FleetFlags, options: ScanOptions): FleetOptions | undefined {
  const { fleet, fleetShards, resume } = flags;
  if (fleet === undefined) {
    if (fleetShards === undefined) return undefined;
    throw new InvalidArgumentError('--fleet-shards needs --fleet DIR');
  }
  if (resume !== undefined) {
    throw new InvalidArgumentError(
      `--resume is not for a fleet: the directory of --fleet holds where it stands, and the same command goes on`,
    );
  }
  const wanted = {
    ...options,
    store: new DirectoryFleetStore(fleet),
    ...(fleetShards === undefined ? {} : { shards: numberOf('--fleet-shards', fleetShards) }),
  } as FleetOptions;
  checkFleetOptions(wanted);
  return wanted;
}
