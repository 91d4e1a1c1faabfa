// One member at work: it tells the store where it stands, obeys what the store says, and scans shards in between.

import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Clock } from '../../internal/clock.js';
import type { ScanResult } from '../result.js';
import type { Scan } from '../scan-run.js';
import type { ScanStatistics } from '../statistics.js';
import { addStatistics, NO_WORK, type WorkDone } from './fleet-statistics.js';
import { HeldTerm } from './held-term.js';
import { MergedResults } from './merged-results.js';
import { Pulse } from './pulse.js';
import { RateDemand } from './rate-demand.js';
import { ShardRun } from './shard-run.js';
import type {
  FleetPlan,
  FleetStore,
  FleetTotals,
  LeaseReport,
  MemberTerm,
  ShardLease,
} from './store/fleet-store.js';

/** One that sends, and one that awaits its last answers. */
const MAX_RUNS = 2;

/** What a member works with. */
export interface MemberSetting {
  readonly store: FleetStore;
  readonly plan: FleetPlan;
  readonly leaseMs: number;
  readonly clock: Clock;
  readonly flush: (() => Promise<void>) | undefined;
  /** Begins to scan a shard at a rate. */
  readonly startScan: (lease: ShardLease, rate: number) => Scan;
  /** Called after every message. */
  readonly onBeat: () => void;
}

/** Works until the plan is done by all, or until it is stopped. */
export class FleetMember {
  readonly results = new MergedResults<ScanResult>();
  readonly #setting: MemberSetting;
  readonly #member: MemberTerm;
  readonly #term: HeldTerm;
  readonly #pulse: Pulse;
  readonly #demand = new RateDemand();
  readonly #runs = new Set<ShardRun>();
  /** Whose results are all with the reader; the store does not know yet. */
  readonly #ended = new Set<ShardRun>();
  /** Those of them that are safe there. */
  readonly #complete: ShardRun[] = [];
  /** Not scanned to the end, to be given back. */
  readonly #given: LeaseReport[] = [];
  readonly #endings: Promise<void>[] = [];
  #past: WorkDone = NO_WORK;
  #totals: FleetTotals | undefined;
  #rate = 0;
  #isFlushing = false;
  #isStopping = false;
  #working: Promise<void> | undefined;

  constructor(setting: MemberSetting) {
    const { clock, leaseMs } = setting;
    this.#setting = setting;
    this.#member = { holder: `${hostname()}:${process.pid}:${randomUUID()}`, leaseMs };
    this.#term = new HeldTerm(clock, leaseMs);
    this.#pulse = new Pulse(clock, leaseMs);
  }

  /** Probes a second that are this member's now. */
  get rate(): number {
    return this.#rate;
  }

  /** The whole plan, as the store told last. */
  get totals(): FleetTotals | undefined {
    return this.#totals;
  }

  get isDone(): boolean {
    return this.#totals !== undefined && this.#totals.done === this.#totals.shards;
  }

  /** Of the shards that this member has scanned and scans. */
  get work(): WorkDone {
    return this.live.reduce(addStatistics, this.#past);
  }

  /** Of the scans under way. */
  get live(): ScanStatistics[] {
    return [...this.#runs].map(({ scan }) => scan.statistics);
  }

  start(): void {
    this.#working = this.#work();
  }

  /** Sends no more; what is under way is awaited. */
  stop(): void {
    this.#isStopping = true;
    for (const { scan } of this.#runs) void scan.stop();
    this.#pulse.nudge();
  }

  /** To be called now and then: where a scan has no new pairs left, the next shard is due before the next message is. */
  look(): void {
    if (this.#totals?.free !== 0 && !this.#isBusy()) this.#pulse.nudge();
  }

  /** The reader of the results has come to their end, or has left: gives everything back. Never rejects. */
  async end(): Promise<void> {
    this.stop();
    const left = [...this.#runs];
    for (const run of left) this.results.drop(run);
    await Promise.all(left.map((run) => run.abandon()));
    for (const run of left) {
      run.publish(run.progress());
      this.#remove(run);
      this.#given.push(run.report());
    }
    this.#pulse.nudge();
    await Promise.all([this.#working, ...this.#endings]);
    await this.#leave().catch(() => undefined); // then the leases run out
  }

  async #work(): Promise<void> {
    const watching = this.#term.watch(() => {
      this.#setRate(0);
    });
    try {
      while (!this.#isOver()) {
        await this.#turn();
        if (!this.#isOver()) await this.#pulse.rest();
      }
      this.results.close();
    } catch (error) {
      this.#setRate(0);
      this.results.fail(error);
    } finally {
      this.#term.close();
      await watching;
    }
  }

  #isOver(): boolean {
    const isIdle = this.#runs.size === 0 && this.#ended.size === 0;
    return isIdle && (this.#isStopping || this.isDone);
  }

  /** A store that cannot be reached is asked again until the term has run out. */
  async #turn(): Promise<void> {
    try {
      await this.#beat();
      await this.#completeEnded();
      await this.#begin();
    } catch (error) {
      if (this.#term.hasRunOut) throw error;
    }
  }

  async #beat(): Promise<void> {
    this.#publish();
    const askedMs = this.#term.nowMs;
    const held = [...this.#runs, ...this.#ended];
    const answer = await this.#setting.store.renew({
      ...this.#member,
      leases: held.map((run) => run.report()),
      rateUsed: this.#rate,
      rateWanted: this.#wanted(askedMs),
    });
    this.#totals = answer.totals;
    for (const run of held) if (answer.lost.includes(run.lease.shard)) this.#lose(run);
    this.#term.prolong(askedMs);
    this.#setRate(this.#term.hasRunOut ? 0 : answer.rate);
    this.#setting.onBeat();
  }

  /** What is told is what is safe with the reader; where that takes a while, it is told next time. */
  #publish(): void {
    if (this.#isFlushing) return;
    const reached = [...this.#runs].map((run) => ({ run, progress: run.progress() }));
    const publish = (): void => {
      // One that has ended meanwhile has told its last already.
      for (const { run, progress } of reached) if (this.#runs.has(run)) run.publish(progress);
    };
    if (this.#setting.flush === undefined) {
      publish();
      return;
    }
    this.#isFlushing = true;
    void this.#flush().then((isSafe) => {
      this.#isFlushing = false;
      if (isSafe) publish();
    });
  }

  #wanted(nowMs: number): number {
    const { maxRate, caps } = this.#setting.plan;
    const used = this.#demand.look(nowMs, this.work.sent, this.#rate, maxRate);
    // Who asked for less because caps hold it back would get less of the caps too, and less again.
    const asked = caps === undefined ? used : maxRate;
    const isIdle = this.#runs.size === 0 && this.#totals?.free === 0;
    return isIdle || this.#isStopping ? 0 : asked;
  }

  /** Takes the next shard once all pairs of the one before are sent. */
  async #begin(): Promise<void> {
    if (this.#isBusy() || this.#isStopping || this.#totals?.free === 0) return;
    const lease = await this.#setting.store.acquire(this.#member);
    if (lease === undefined) return;
    // What has changed meanwhile is no time to begin; it is another one's when this term ends, or when this member goes.
    if (this.#isBusy() || this.#hasStopped()) this.#given.push(lease);
    else this.#start(lease);
  }

  /** Whether a further shard would only be held up. */
  #isBusy(): boolean {
    const runs = [...this.#runs];
    return this.#rate === 0 || runs.length >= MAX_RUNS || runs.some((run) => run.isSending);
  }

  /** By a call: the compiler does not see what a wait may change. */
  #hasStopped(): boolean {
    return this.#isStopping;
  }

  #start(lease: ShardLease): void {
    const rate = this.#rate / (this.#runs.size + 1);
    for (const run of this.#runs) run.setRate(rate);
    const run = new ShardRun(lease, this.#setting.startScan(lease, rate), (ended) => {
      this.#endings.push(this.#end(ended));
    });
    this.#runs.add(run);
    this.results.add(run);
  }

  /** All results of a run are with the reader. */
  async #end(run: ShardRun): Promise<void> {
    this.#ended.add(run);
    const { complete } = await run.scan.done; // it has ended: nothing is waited for
    const progress = run.progress();
    this.#remove(run);
    const isSafe = await this.#flush();
    if (isSafe) run.publish(progress);
    if (this.#ended.has(run) && complete && isSafe) {
      this.#complete.push(run);
    } else if (this.#ended.delete(run)) {
      this.#given.push(run.report());
    }
    this.#pulse.nudge();
  }

  /** Whether all results given so far are safe; an output that fails ends the scan by itself. */
  #flush(): Promise<boolean> {
    const { flush = () => Promise.resolve() } = this.#setting;
    return flush().then(
      () => true,
      () => false,
    );
  }

  async #completeEnded(): Promise<void> {
    for (let [run] = this.#complete; run !== undefined; [run] = this.#complete) {
      const { totals } = this;
      const isDone = await this.#setting.store.complete(this.#member.holder, run.report());
      this.#complete.shift();
      this.#ended.delete(run);
      if (isDone && totals !== undefined) this.#totals = { ...totals, done: totals.done + 1 };
    }
  }

  /** Somebody else has it: what this member still finds there is theirs to find. */
  #lose(run: ShardRun): void {
    this.#ended.delete(run);
    if (!this.#runs.has(run)) return;
    this.results.drop(run);
    this.#remove(run);
    this.#endings.push(run.abandon());
  }

  #remove(run: ShardRun): void {
    if (!this.#runs.delete(run)) return;
    this.#past = addStatistics(this.#past, run.scan.statistics);
    this.#setRate(this.#rate);
  }

  #setRate(rate: number): void {
    this.#rate = rate;
    for (const run of this.#runs) run.setRate(rate / this.#runs.size);
  }

  async #leave(): Promise<void> {
    // What is not safe is not told: then the leases run out.
    if (await this.#flush()) await this.#setting.store.leave(this.#member.holder, this.#given);
  }
}
