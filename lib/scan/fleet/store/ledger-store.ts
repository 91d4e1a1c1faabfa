// The operations of a store whose state is one document.

import type { FleetLedger } from './fleet-ledger.js';
import type {
  FleetPlan,
  FleetStatus,
  FleetStore,
  LeaseReport,
  MemberTerm,
  RenewAnswer,
  RenewRequest,
  ShardLease,
} from './fleet-store.js';

/** Leaves to its subclasses where the document is, and how an operation on it becomes one step. */
export abstract class LedgerStore implements FleetStore {
  /** Calls `operation`, once or more often, and keeps what its last call did to the document. */
  protected abstract apply<Answer>(operation: (ledger: FleetLedger) => Answer): Promise<Answer>;

  open(plan: FleetPlan): Promise<FleetPlan> {
    return this.apply((ledger) => ledger.open(plan));
  }

  acquire(term: MemberTerm): Promise<ShardLease | undefined> {
    return this.apply((ledger) => ledger.acquire(term));
  }

  renew(request: RenewRequest): Promise<RenewAnswer> {
    return this.apply((ledger) => ledger.renew(request));
  }

  complete(holder: string, lease: LeaseReport): Promise<boolean> {
    return this.apply((ledger) => ledger.complete(holder, lease));
  }

  leave(holder: string, leases: readonly LeaseReport[]): Promise<void> {
    return this.apply((ledger) => {
      ledger.leave(holder, leases);
    });
  }

  status(): Promise<FleetStatus> {
    return this.apply((ledger) => ledger.status());
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
