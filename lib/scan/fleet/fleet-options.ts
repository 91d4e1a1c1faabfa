// The options of one member of a fleet, checked before anything else happens.

import { checkNumber, checkOptionalNumber, invalidArgument } from '../../internal/check.js';
import type { RateCaps } from '../backoff-options.js';
import { checkScanOptions, type ScanOptions, type ScanSettings } from '../options.js';
import { notSupported } from '../scan-errors.js';
import type { FleetStore } from './store/fleet-store.js';

/** What to scan together with others, and where they meet. */
export interface FleetOptions extends Omit<ScanOptions, 'shard' | 'resume' | 'minRate'> {
  /** Where the members of the plan meet. Stays the caller's to close. */
  store: FleetStore;
  /**
   * Equal parts that the plan is divided into, 1 to 4096, and no more than there are pairs. By default each is ten
   * seconds of the whole rate, within 8 to 256 of them. Who joins may leave it out.
   */
  shards?: number;
  /**
   * After so many milliseconds without a word from a member, what it holds goes to others; 500 to 600 000, default 5000.
   * A fifth of it, and a second at the most, is how often members tell the store where they stand.
   */
  leaseMs?: number;
  /**
   * Called before progress goes to the store, which waits for it: when it resolves, the results given so far must be
   * where the end of this process cannot take them back. For who writes them somewhere.
   */
  flush?: () => Promise<void>;
  /** Probes a second of all members together. A fixed rate; default 100. Who joins may leave it out. */
  maxRate?: number;
}

/** {@link FleetOptions} checked, with the defaults in place. */
export interface FleetSettings {
  readonly scan: ScanSettings;
  readonly store: FleetStore;
  readonly leaseMs: number;
  readonly flush: (() => Promise<void>) | undefined;
  /** What a member that joins has said itself. */
  readonly asked: {
    readonly shards: number | undefined;
    readonly seed: number | undefined;
    readonly maxRate: number | undefined;
    readonly caps: RateCaps | undefined;
  };
}

/** The most parts that a plan has. */
const MAX_SHARDS = 4096;

const OPERATIONS = ['open', 'acquire', 'renew', 'complete', 'leave', 'status'];

/**
 * Checks every option.
 *
 * @throws PacegateError (`ERR_PACEGATE_INVALID_ARGUMENT`, `ERR_PACEGATE_OUT_OF_RANGE`, `ERR_PACEGATE_NOT_SUPPORTED`)
 */
export function checkFleetOptions(options: FleetOptions): FleetSettings {
  if (typeof options !== 'object' || (options as unknown) === null) {
    throw invalidArgument('options', options, 'an object');
  }
  const { store, shards, leaseMs, flush, ...scanOptions } = options;
  refuseOwn(scanOptions);
  if (flush !== undefined && typeof flush !== 'function') {
    throw invalidArgument('flush', flush, 'a function');
  }
  const term = { min: 500, max: 600_000 };
  const scan = checkScanOptions(scanOptions);
  const { maxTargetRate, maxPrefixRate } = scan.backoff;
  return {
    scan,
    store: checkStore(store),
    leaseMs: checkOptionalNumber('leaseMs', leaseMs, 5000, term),
    flush,
    asked: {
      shards:
        shards === undefined
          ? undefined
          : checkNumber('shards', shards, { min: 1, max: MAX_SHARDS, integer: true }),
      seed: scanOptions.seed,
      maxRate: scanOptions.maxRate,
      caps: hasCaps(scanOptions) ? { maxTargetRate, maxPrefixRate } : undefined,
    },
  };
}

/** What the store decides, and what has no meaning for a part of the rate. */
function refuseOwn(options: ScanOptions): void {
  for (const name of ['shard', 'resume', 'minRate'] as const) {
    if (options[name] === undefined) continue;
    throw notSupported(
      `${name} is not for a fleet: its store says what each member scans, and how fast`,
    );
  }
  if (options.maxRate === 'auto') {
    throw notSupported(
      "maxRate 'auto' is not available in a fleet: name the rate of all members together",
    );
  }
  if (options.pcap !== undefined) {
    throw notSupported('pcap is not available in a fleet in this version');
  }
}

const hasCaps = ({ maxTargetRate, maxPrefixRate }: ScanOptions): boolean =>
  maxTargetRate !== undefined || maxPrefixRate !== undefined;

/** By shape: anybody may bring a store. */
function checkStore(store: unknown): FleetStore {
  const isOne =
    typeof store === 'object' &&
    store !== null &&
    OPERATIONS.every((name) => typeof (store as Record<string, unknown>)[name] === 'function');
  if (isOne) return store as FleetStore;
  throw invalidArgument('store', store, `an object with ${OPERATIONS.join('(), ')}()`);
}
