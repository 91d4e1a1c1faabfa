// What the scans of one plan on several machines have in common, and what keeps it for them.

import type { RateCaps } from '../../backoff-options.js';
import type { ScanState } from '../../state.js';

/** What all members scan together. Who comes first decides; whoever joins has to ask for the same. */
export interface FleetPlan {
  readonly version: 1;
  /** Digest of addresses, ports, technique, seed, and whether there is a hostgroup. */
  readonly planHash: string;
  readonly technique: 'syn' | 'connect';
  readonly seed: number;
  /** Equal parts of the order of probes, each scanned by one member at a time; 1 to 4096. */
  readonly shards: number;
  /** (address, port) pairs in all. */
  readonly pairs: number;
  /** Probes a second of all members together. */
  readonly maxRate: number;
  /** What targets and networks get of all members together. A member holds to as large a part of it as of `maxRate`. */
  readonly caps?: RateCaps;
}

/** What was counted in one shard, by all who have held it. Pairs that were probed twice may be counted twice. */
export interface ShardTally {
  /** Pairs with a final result, each once. */
  readonly settled: number;
  readonly sent: number;
  readonly open: number;
  readonly closed: number;
  readonly filtered: number;
  readonly unknown: number;
}

/** How far a shard is. */
export interface ShardProgress {
  /** For the `resume` of who goes on with it. */
  readonly state: ScanState;
  readonly tally: ShardTally;
}

/** The right to scan one shard, until it runs out or somebody else has it. */
export interface ShardLease {
  readonly shard: number;
  /**
   * Fencing token: each lease that is given, of whatever shard, has a greater one than all before it. What a holder reports
   * with a token that is no longer the shard's last one is refused.
   */
  readonly token: number;
  /** Where to go on; absent: nobody has begun. */
  readonly progress?: ShardProgress;
}

/** A lease with what its holder has to tell. */
export type LeaseReport = ShardLease;

/** Who asks, and for how long. */
export interface MemberTerm {
  /** Names one member, and no other one ever. */
  readonly holder: string;
  /** Leases, and the part of the rate, are the member's for so many milliseconds from now on. */
  readonly leaseMs: number;
}

/** What a member says about once a second. */
export interface RenewRequest extends MemberTerm {
  readonly leases: readonly LeaseReport[];
  /** Probes a second that the member keeps to at this moment. */
  readonly rateUsed: number;
  /** Probes a second that it could use; 0 when it has nothing to do. */
  readonly rateWanted: number;
}

/** What it is told. */
export interface RenewAnswer {
  /** Those of its shards that are not its own any more: nothing of them may be sent or reported. */
  readonly lost: readonly number[];
  /** Probes a second that it may send until its term ends; 0: none for now. */
  readonly rate: number;
  readonly totals: FleetTotals;
}

/** The plan as a whole. */
export interface FleetTotals extends ShardTally {
  readonly pairs: number;
  readonly shards: number;
  /** Scanned to their ends. */
  readonly done: number;
  /** That nobody holds: not begun, given back, or the term of who held them has run out. */
  readonly free: number;
  readonly members: number;
}

/** One shard as a list shows it. */
export interface ShardStatus {
  readonly shard: number;
  readonly status: 'free' | 'held' | 'done';
  /** Who holds it, or has done it. */
  readonly holder?: string;
  readonly tally: ShardTally;
}

/** One member as a list shows it. */
export interface MemberStatus {
  readonly holder: string;
  /** The most that it may be sending, in probes a second. */
  readonly rate: number;
}

/** Everything that a store tells. */
export interface FleetStatus {
  readonly plan: FleetPlan | undefined;
  readonly totals: FleetTotals;
  readonly shards: readonly ShardStatus[];
  readonly members: readonly MemberStatus[];
}

/**
 * Keeps one plan: its shards, who holds them, and how the rate is divided. Made for places where an operation is one
 * round trip and one step that nothing comes between (a transaction, a script), and where nobody can be called back.
 *
 * What every implementation holds to:
 *
 * - Time is the store's own, and only its: members' clocks are never compared. A member counts its term from before it
 *   asked, so that for itself it ends sooner than for the store.
 * - A shard has at most one lease that is valid. When a term ends nothing happens; its shards may from then on be given
 *   to whoever asks, under a greater token. As long as nobody has asked, the former holder may renew.
 * - The rates of all members together never exceed `maxRate`, at no moment: a member that is given less counts with what
 *   it has used before until it says that it uses less, and one that has gone until its term ends.
 * - `complete()` and `renew()` may be repeated when an answer was lost.
 *
 * A promise that rejects means that the store could not be reached: then nothing is known about what became of the
 * request, and every request may be made again.
 */
export interface FleetStore {
  /** Puts the plan there unless there is one. Resolves with the one that is there then. */
  open(plan: FleetPlan): Promise<FleetPlan>;
  /** Leases a shard that is free: one that somebody has begun, else the lowest. Undefined when none is. */
  acquire(term: MemberTerm): Promise<ShardLease | undefined>;
  /** Prolongs everything that a member has, takes its progress, and divides the rate anew. */
  renew(request: RenewRequest): Promise<RenewAnswer>;
  /** A shard is scanned to its end. Resolves with false when it is not this holder's any more. */
  complete(holder: string, lease: LeaseReport): Promise<boolean>;
  /** A member goes: what it holds is free at once, as far as it was still its own. */
  leave(holder: string, leases: readonly LeaseReport[]): Promise<void>;
  status(): Promise<FleetStatus>;
  /** Lets go of what the store itself holds (connections, files). */
  close(): Promise<void>;
}
