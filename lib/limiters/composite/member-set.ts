import { type Decision, UNDO } from '../decision.js';
import { type CompositeCost, unitsOf } from './composite-cost.js';
import type { CompositeMember } from './composite-member.js';

/** What several limits say together. */
export interface CompositeDecision extends Decision {
  /** When refused: the limit that refuses for longest; the first of several. */
  refusedBy?: string;
}

/** How often one limit said no. */
export interface MemberCounts {
  /** Requests it refused: it was the one named. */
  refused: number;
  /** Of these, those that it had promised a moment before: somebody else was faster. */
  lostRaces: number;
}

interface Member extends MemberCounts {
  readonly name: string;
  readonly limit: CompositeMember;
}

const NO_LIMIT: Decision = {
  allowed: true,
  limit: Infinity,
  remaining: Infinity,
  retryAfterMs: 0,
  resetMs: 0,
};

/** How often a request that lost a race is tried again at once. */
const ATTEMPTS = 3;

/** Limits that are asked together: all are looked at before any is charged. */
export class MemberSet {
  readonly #members: readonly Member[];

  constructor(limits: Readonly<Record<string, CompositeMember>>) {
    this.#members = Object.entries(limits).map(([name, limit]) => ({
      name,
      limit,
      refused: 0,
      lostRaces: 0,
    }));
  }

  /** Units per second of the slowest. */
  get rate(): number {
    return Math.min(...this.#members.map(({ limit }) => limit.rate));
  }

  /** What all say together; takes nothing. `limit` and `remaining` are of the one with the least left. */
  look(cost: CompositeCost): CompositeDecision {
    const all: CompositeDecision = { ...NO_LIMIT };
    for (const { name, limit } of this.#members) {
      const one = limit.peek(unitsOf(cost, name, 1));
      if (!one.allowed && (all.allowed || one.retryAfterMs > all.retryAfterMs)) {
        all.allowed = false;
        all.refusedBy = name;
      }
      if (one.remaining < all.remaining) {
        all.remaining = one.remaining;
        all.limit = one.limit;
      }
      all.retryAfterMs = Math.max(all.retryAfterMs, one.retryAfterMs);
      all.resetMs = Math.max(all.resetMs, one.resetMs);
    }
    return all;
  }

  /** As {@link look}, and takes from all when all allow it; from none when one refuses. */
  take(cost: CompositeCost): CompositeDecision {
    for (let attempt = 1; ; attempt++) {
      const decision = this.look(cost);
      if (!decision.allowed) return decision;
      const refusing = this.#takeFromAll(cost);
      if (refusing === undefined) return decision;
      refusing.lostRaces++;
      if (attempt === ATTEMPTS) {
        const { retryAfterMs } = refusing.limit.peek(unitsOf(cost, refusing.name, 1));
        // Never 0 for a refusal, even where it would be allowed by now.
        const waitMs = Math.max(retryAfterMs, 1e-6);
        return { ...decision, allowed: false, retryAfterMs: waitMs, refusedBy: refusing.name };
      }
    }
  }

  /** @param absent - for limits that the units do not name */
  refund(units: CompositeCost, absent: number): void {
    for (const { name, limit } of this.#members) {
      const count = unitsOf(units, name, absent);
      if (count > 0) limit.refund(count);
    }
  }

  /**
   * Milliseconds until a request would be allowed that comes after others; exact when there are none. A limit that has
   * enough for all is not waited for, another one for the time in which it brings what they take.
   */
  estimateWaitMs(cost: CompositeCost, ahead: readonly CompositeCost[]): number {
    let longestMs = 0;
    for (const { name, limit } of this.#members) {
      const units = unitsOf(cost, name, 1);
      const { retryAfterMs, remaining } = limit.peek(units);
      const before = ahead.reduce<number>((sum, other) => sum + unitsOf(other, name, 1), 0);
      const isEnough = before === 0 || before + units <= remaining;
      const waitMs = retryAfterMs + (isEnough ? 0 : (before / limit.rate) * 1e3);
      longestMs = Math.max(longestMs, waitMs);
    }
    return longestMs;
  }

  /** Writes down who refused. */
  countRefusal(name: string | undefined): void {
    const member = this.#members.find((candidate) => candidate.name === name);
    if (member !== undefined) member.refused++;
  }

  counts(): Record<string, MemberCounts> {
    return Object.fromEntries(
      this.#members.map(({ name, refused, lostRaces }) => [name, { refused, lostRaces }]),
    );
  }

  clearCounts(): void {
    for (const member of this.#members) {
      member.refused = 0;
      member.lostRaces = 0;
    }
  }

  /** In order; what was taken goes back when one refuses or fails. @returns the one that refused */
  #takeFromAll(cost: CompositeCost): Member | undefined {
    let taken = 0;
    try {
      for (const member of this.#members) {
        if (!member.limit.tryAcquire(unitsOf(cost, member.name, 1))) {
          this.#giveBack(cost, taken);
          return member;
        }
        taken++;
      }
    } catch (error) {
      this.#giveBack(cost, taken);
      throw error;
    }
    return undefined;
  }

  #giveBack(cost: CompositeCost, taken: number): void {
    for (const { name, limit } of this.#members.slice(0, taken).reverse()) {
      const units = unitsOf(cost, name, 1);
      if (limit[UNDO] === undefined) limit.refund(units);
      else limit[UNDO](units);
    }
  }
}
