// What a store keeps, as plain data, and what each operation does to it: the same for every store of one host, and the
// pattern for any other.

import type {
  FleetPlan,
  FleetStatus,
  FleetTotals,
  LeaseReport,
  MemberTerm,
  RenewAnswer,
  RenewRequest,
  ShardLease,
  ShardProgress,
  ShardTally,
} from './fleet-store.js';
import { grantRate, heldRate, type RateShare } from './rate-shares.js';

interface ShardRecord {
  /** Of the last lease; 0 before the first. */
  token: number;
  isDone: boolean;
  holder?: string;
  untilMs: number;
  progress?: ShardProgress;
}

interface MemberRecord extends RateShare {
  readonly holder: string;
  untilMs: number;
}

/** Plain JSON. */
export interface LedgerDocument {
  readonly version: 1;
  plan?: FleetPlan;
  /** When it was last changed, on the clock of the store. */
  atMs: number;
  lastToken: number;
  readonly shards: ShardRecord[];
  members: MemberRecord[];
}

/** Before there is a plan. */
export function emptyDocument(): LedgerDocument {
  return { version: 1, atMs: 0, lastToken: 0, shards: [], members: [] };
}

const NOTHING: ShardTally = { settled: 0, sent: 0, open: 0, closed: 0, filtered: 0, unknown: 0 };

/** Applies operations to a document at one moment. */
export class FleetLedger {
  readonly #document: LedgerDocument;
  readonly #nowMs: number;

  /** @param nowMs - on the clock of the store; one that goes back is of another boot, and nobody of the former is left */
  constructor(document: LedgerDocument, nowMs: number) {
    this.#document = document;
    this.#nowMs = nowMs;
    if (nowMs < document.atMs) {
      for (const shard of document.shards) shard.untilMs = nowMs;
      document.members = [];
    }
    document.atMs = nowMs;
    document.members = document.members.filter(({ untilMs }) => untilMs > nowMs);
  }

  open(plan: FleetPlan): FleetPlan {
    const document = this.#document;
    if (document.plan !== undefined) return document.plan;
    document.plan = plan;
    for (let i = 0; i < plan.shards; i++) {
      document.shards.push({ token: 0, isDone: false, untilMs: 0 });
    }
    return plan;
  }

  acquire({ holder, leaseMs }: MemberTerm): ShardLease | undefined {
    const { shards } = this.#document;
    const free = shards.filter((record) => this.#isFree(record));
    const record = free.find(({ progress }) => progress !== undefined) ?? free[0];
    if (record === undefined) return undefined;
    const token = (this.#document.lastToken += 1);
    Object.assign(record, { token, holder, untilMs: this.#nowMs + leaseMs });
    const { progress } = record;
    const shard = shards.indexOf(record);
    return progress === undefined ? { shard, token } : { shard, token, progress };
  }

  renew(request: RenewRequest): RenewAnswer {
    const { holder, leaseMs, rateUsed, rateWanted } = request;
    const untilMs = this.#nowMs + leaseMs;
    const lost = request.leases.filter((report) => {
      const record = this.#take(holder, report);
      if (record !== undefined) record.untilMs = untilMs;
      return record === undefined;
    });
    const member = this.#member(holder);
    Object.assign(member, { untilMs, used: rateUsed, wanted: rateWanted });
    const limit = this.#document.plan?.maxRate ?? 0;
    member.granted = grantRate(this.#document.members, member, limit);
    return {
      lost: lost.map(({ shard }) => shard),
      rate: member.granted,
      totals: this.#totals(),
    };
  }

  complete(holder: string, report: LeaseReport): boolean {
    const record = this.#take(holder, report);
    if (record === undefined) return false;
    record.isDone = true;
    return true;
  }

  leave(holder: string, reports: readonly LeaseReport[]): void {
    for (const report of reports) {
      const record = this.#take(holder, report);
      if (record !== undefined) record.untilMs = this.#nowMs;
    }
    this.#document.members = this.#document.members.filter((member) => member.holder !== holder);
  }

  status(): FleetStatus {
    const { plan, shards, members } = this.#document;
    return {
      plan,
      totals: this.#totals(),
      shards: shards.map((record, shard) => {
        const isFree = this.#isFree(record);
        const status = record.isDone ? 'done' : isFree ? 'free' : 'held';
        const { holder, progress } = record;
        const tally = progress?.tally ?? NOTHING;
        return { shard, status, tally, ...(isFree || holder === undefined ? {} : { holder }) };
      }),
      members: members.map((member) => ({ holder: member.holder, rate: heldRate(member) })),
    };
  }

  /** The record of a lease that is still its holder's, with what the holder tells of it. */
  #take(holder: string, { shard, token, progress }: LeaseReport): ShardRecord | undefined {
    const record = this.#document.shards[shard];
    if (record?.token !== token || record.holder !== holder) return undefined;
    if (progress !== undefined && !record.isDone) record.progress = progress;
    return record;
  }

  #isFree({ isDone, untilMs }: ShardRecord): boolean {
    return !isDone && untilMs <= this.#nowMs;
  }

  #member(holder: string): MemberRecord {
    const known = this.#document.members.find((member) => member.holder === holder);
    if (known !== undefined) return known;
    const member = { holder, untilMs: 0, used: 0, granted: 0, wanted: 0 };
    this.#document.members.push(member);
    return member;
  }

  #totals(): FleetTotals {
    const { plan, shards, members } = this.#document;
    const sum = { ...NOTHING };
    for (const { progress } of shards) {
      const tally = progress?.tally ?? NOTHING;
      for (const name of Object.keys(sum) as (keyof ShardTally)[]) sum[name] += tally[name];
    }
    return {
      ...sum,
      pairs: plan?.pairs ?? 0,
      shards: shards.length,
      done: shards.filter(({ isDone }) => isDone).length,
      free: shards.filter((record) => this.#isFree(record)).length,
      members: members.length,
    };
  }
}
