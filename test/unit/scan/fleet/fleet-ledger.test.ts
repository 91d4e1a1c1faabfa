import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { emptyDocument, FleetLedger } from '../../../../lib/scan/fleet/store/fleet-ledger.js';
import type { RenewAnswer, ShardLease } from '../../../../lib/scan/index.js';
import { plan, progressAt } from './plan.js';

const LEASE_MS = 1000;

/** One member as it is, whatever the store believes of it. */
interface Actor {
  readonly holder: string;
  leases: ShardLease[];
  /** What it sends, as long as its own term has not run out. */
  rate: number;
  untilMs: number;
  /** Answers that have not reached it yet, with when they were asked for. */
  mail: { askedMs: number; answer: RenewAnswer }[];
}

/** A ledger, a clock and members that die, stand still and hear late. */
class Trial {
  readonly document = emptyDocument();
  readonly completed = new Map<number, string>();
  #nowMs = 1;
  #lastToken = 0;
  #members = 0;
  readonly actors: Actor[] = [];

  constructor() {
    this.ledger().open(plan);
    for (let i = 0; i < 3; i++) this.actors.push(this.recruit());
  }

  ledger(): FleetLedger {
    return new FleetLedger(this.document, this.#nowMs);
  }

  pass(ms: number): void {
    this.#nowMs += ms;
  }

  /** It asks again only when it has its answer. */
  renew(actor: Actor, rateWanted: number): void {
    if (actor.mail.length > 0) return;
    const isTermOver = actor.untilMs <= this.#nowMs;
    if (isTermOver) actor.rate = 0;
    const { holder, leases, rate: rateUsed } = actor;
    const request = { holder, leaseMs: LEASE_MS, leases, rateUsed, rateWanted };
    actor.mail.push({ askedMs: this.#nowMs, answer: this.ledger().renew(request) });
  }

  /** The oldest answer arrives, and the member obeys. One that came too late to be of use is known to be. */
  hear(actor: Actor): void {
    const letter = actor.mail.shift();
    if (letter === undefined) return;
    const { askedMs, answer } = letter;
    actor.leases = actor.leases.filter(({ shard }) => !answer.lost.includes(shard));
    actor.untilMs = askedMs + LEASE_MS * 0.8;
    actor.rate = actor.untilMs > this.#nowMs ? answer.rate : 0;
  }

  acquire(actor: Actor): void {
    const before = this.ledger().status();
    const lease = this.ledger().acquire({ holder: actor.holder, leaseMs: LEASE_MS });
    expect(lease === undefined).toBe(before.totals.free === 0);
    if (lease === undefined) return;
    expect(before.shards[lease.shard]?.status).toBe('free');
    expect(lease.token).toBeGreaterThan(this.#lastToken);
    this.#lastToken = lease.token;
    actor.leases.push(lease);
  }

  complete(actor: Actor): void {
    const lease = actor.leases.shift();
    if (lease === undefined) return;
    const isLast = this.document.shards[lease.shard]?.token === lease.token;
    expect(this.ledger().complete(actor.holder, lease)).toBe(isLast);
    expect(this.ledger().complete(actor.holder, lease)).toBe(isLast); // the first answer was lost
    if (!isLast) return;
    expect(this.completed.has(lease.shard)).toBe(false);
    this.completed.set(lease.shard, actor.holder);
  }

  leave(actor: Actor): void {
    this.ledger().leave(actor.holder, actor.leases);
    this.#replace(actor);
  }

  crash(actor: Actor): void {
    this.#replace(actor);
  }

  #replace(actor: Actor): void {
    this.actors[this.actors.indexOf(actor)] = this.recruit();
  }

  recruit(): Actor {
    const holder = `member ${++this.#members}`;
    return { holder, leases: [], rate: 0, untilMs: 0, mail: [] };
  }

  check(): void {
    const rates = this.actors.map(({ rate, untilMs }) => (untilMs > this.#nowMs ? rate : 0));
    expect(rates.reduce((sum, rate) => sum + rate)).toBeLessThanOrEqual(plan.maxRate + 1e-6);
    const { shards, members } = this.ledger().status();
    expect(members.reduce((sum, { rate }) => sum + rate, 0)).toBeLessThanOrEqual(
      plan.maxRate + 1e-6,
    );
    const done = shards.filter(({ status }) => status === 'done').map(({ shard }) => shard);
    expect(done).toEqual([...this.completed.keys()].sort((a, b) => a - b));
    // What the store takes from a member is taken from one at a time.
    const tokens = this.actors.flatMap(({ leases }) => leases.map(({ token }) => token));
    expect(new Set(tokens).size).toBe(tokens.length);
  }
}

const who = fc.nat(2);
const step = fc.oneof(
  fc.record({ do: fc.constant('renew' as const), who, wanted: fc.constantFrom(0, 10, 400, 1000) }),
  fc.record({ do: fc.constant('hear' as const), who }),
  fc.record({ do: fc.constant('acquire' as const), who }),
  fc.record({ do: fc.constant('complete' as const), who }),
  fc.record({ do: fc.constantFrom('leave' as const, 'crash' as const), who }),
  fc.record({ do: fc.constant('pass' as const), ms: fc.constantFrom(1, 200, 500, 1100) }),
);

describe('the ledger of a fleet', () => {
  it('P11 has one holder a shard, greater tokens always, every shard done once, and never too high a rate', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 60, maxLength: 120 }), (steps) => {
        const trial = new Trial();
        for (const one of steps) {
          if (one.do === 'pass') trial.pass(one.ms);
          else {
            const [actor = trial.recruit()] = trial.actors.slice(one.who);
            if (one.do === 'renew') trial.renew(actor, one.wanted);
            else trial[one.do](actor);
          }
          trial.check();
        }
        // Whatever has happened, one member that stays does the rest.
        const [last = trial.recruit()] = trial.actors;
        for (let i = 0; i < plan.shards; i++) {
          trial.pass(LEASE_MS + 1);
          last.leases = [];
          trial.acquire(last);
          trial.complete(last);
        }
        trial.check();
        expect(trial.ledger().status().totals.done).toBe(plan.shards);
      }),
      { numRuns: 100 },
    );
  });

  it('P11 gives the whole rate to who is alone, and to those who can use it', () => {
    const trial = new Trial();
    const [one, two, three] = trial.actors as [Actor, Actor, Actor];
    const turn = (actor: Actor, wanted: number): number => {
      trial.renew(actor, wanted);
      trial.hear(actor);
      return actor.rate;
    };
    expect(turn(one, 1000)).toBe(1000);
    expect(turn(two, 1000)).toBe(0); // the first has to hear of it, and to say that it has
    expect(turn(one, 1000)).toBe(500);
    expect(turn(two, 1000)).toBe(0);
    expect(turn(one, 1000)).toBe(500);
    expect(turn(two, 1000)).toBe(500);
    for (let i = 0; i < 3; i++) for (const actor of [one, two, three]) turn(actor, 1000);
    expect([one.rate, two.rate, three.rate].map(Math.round)).toEqual([333, 333, 333]);
    for (let i = 0; i < 3; i++) {
      turn(one, 100);
      turn(two, 1000);
      turn(three, 1000);
    }
    expect([one.rate, two.rate, three.rate]).toEqual([100, 450, 450]);
    trial.leave(three);
    expect(turn(two, 1000)).toBe(900);
    trial.pass(LEASE_MS + 1); // nobody has heard of the first since
    expect(turn(two, 1000)).toBe(1000);
  });

  it('P11 hands a shard on from where its holder has said that it was, begun ones first', () => {
    const trial = new Trial();
    const [one, two] = trial.actors as [Actor, Actor];
    trial.acquire(one);
    trial.acquire(one);
    one.leases = one.leases.map((lease) => ({
      ...lease,
      progress: progressAt(lease.shard * 100 + 7),
    }));
    trial.renew(one, 0);
    expect(trial.ledger().status().totals).toMatchObject({ settled: 114, free: 2, members: 1 });
    trial.pass(LEASE_MS);
    trial.acquire(two);
    expect(two.leases[0]).toMatchObject({ shard: 0, progress: progressAt(7) });
    trial.hear(one);
    trial.renew(one, 0);
    expect(one.mail[0]?.answer.lost).toEqual([0]); // the other one is still its own: nobody has asked for it
    trial.complete(one);
    expect(trial.ledger().status().shards[0]?.status).toBe('held');
  });

  it('P11 takes a clock that went back for another boot: all leases are over', () => {
    const document = emptyDocument();
    const late = new FleetLedger(document, 1e9);
    late.open(plan);
    for (let i = 0; i < 4; i++) late.acquire({ holder: 'former', leaseMs: LEASE_MS });
    expect(late.status().totals.free).toBe(0);
    expect(new FleetLedger(document, 5).status().totals).toMatchObject({ free: 4, members: 0 });
  });
});
