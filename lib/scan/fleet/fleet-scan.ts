// A member of a fleet as its user holds it: results to iterate over, events, figures.

import { EventSource } from '../../internal/event-source.js';
import { toPacegateError } from '../../internal/native-error.js';
import type { BackoffEvent } from '../backoff-event.js';
import { chooseTechnique, prepareLater, prepareNow, type ScanDependencies } from '../prepare.js';
import type { ScanResult } from '../result.js';
import { invalidState } from '../scan-errors.js';
import type { ScanField } from '../scan-plan.js';
import { Scan } from '../scan-run.js';
import type { ScanSummary, ScanWarning } from '../statistics.js';
import { FleetMember } from './fleet-member.js';
import type { FleetSettings } from './fleet-options.js';
import { checkPlan, proposePlan } from './fleet-plan.js';
import { fleetStatistics, NO_WORK, type FleetStatistics } from './fleet-statistics.js';
import type { FleetPlan, ShardLease } from './store/fleet-store.js';

/** Events of a member and what their listeners are given. */
export interface FleetEvents {
  /** Some four times a second while shards are scanned, whenever the store has told something, and once at the end. */
  progress: [statistics: FleetStatistics];
  /** The scan goes on, but not as one might expect. */
  warning: [warning: ScanWarning];
  /** A target, or all of them, are left alone for a while; see `adaptiveRate`. */
  backoff: [backoff: BackoffEvent];
}

/** How it ended for a member. */
export interface FleetSummary extends Omit<ScanSummary, 'state' | 'statistics'> {
  /** True when every shard of the plan is done, by whomever. */
  readonly complete: boolean;
  readonly shards: number;
  readonly planHash: string;
  readonly statistics: FleetStatistics;
}

/**
 * One member. Iterate over it, once: it joins with the first `next()`, gives the results of the shards it scans, holds to
 * the pace of its reader, and ends when all shards of the plan are done, those of other members included. Leaving the
 * loop gives back what it holds, and others go on with it.
 */
export class FleetScan extends EventSource<FleetEvents> implements AsyncIterable<ScanResult> {
  /** Resolves when the loop has ended; rejects with what ended it, which the loop throws too. */
  readonly done: Promise<FleetSummary>;
  readonly #settings: FleetSettings;
  readonly #dependencies: ScanDependencies;
  readonly #known: ScanField | undefined;
  readonly #warnings: ScanWarning[] = [];
  readonly #startNs: bigint;
  readonly #stop = (): void => {
    this.#isStopping = true;
    this.#member?.stop();
  };
  #settle: (outcome: FleetSummary | Promise<never>) => void = () => undefined;
  #member: FleetMember | undefined;
  #plan: FleetPlan | undefined;
  #settledBefore: number | undefined;
  #endNs: bigint | undefined;
  #end: 'done' | 'stopped' | 'failed' | undefined;
  #isBegun = false;
  #isStopping = false;

  /** @internal Members are made by `scanFleet()`. */
  constructor(settings: FleetSettings, dependencies: ScanDependencies) {
    super(['progress', 'warning', 'backoff']);
    this.#settings = settings;
    this.#dependencies = dependencies;
    this.#startNs = dependencies.clock.nowNs();
    this.#known = prepareNow(settings.scan, dependencies);
    this.done = new Promise((resolve) => {
      this.#settle = resolve;
    });
    this.done.catch(() => undefined); // the loop reports it
  }

  /** Live figures; they stay after the end. */
  get statistics(): FleetStatistics {
    const member = this.#member;
    const nowNs = this.#endNs ?? this.#dependencies.clock.nowNs();
    return fleetStatistics({
      work: member?.work ?? NO_WORK,
      live: member?.live ?? [],
      rate: (this.#end === undefined ? member?.rate : this.#plan?.maxRate) ?? 0,
      totals: member?.totals,
      settledBefore: this.#settledBefore ?? 0,
      elapsedMs: Number(nowNs - this.#startNs) / 1e6,
      end: this.#end,
    });
  }

  /** Sends no more, waits one time-out for answers under way, gives its shards back, and ends the loop. */
  async stop(): Promise<void> {
    this.#stop();
    if (this.#isBegun) await this.done.catch(() => undefined);
  }

  /** @throws PacegateError (`ERR_PACEGATE_INVALID_ARGUMENT`) the second time */
  [Symbol.asyncIterator](): AsyncGenerator<ScanResult, undefined> {
    if (this.#isBegun) throw invalidState('a member of a fleet is iterated over once');
    this.#isBegun = true;
    return this.#run();
  }

  async *#run(): AsyncGenerator<ScanResult, undefined> {
    const { signal } = this.#settings.scan;
    signal?.addEventListener('abort', this.#stop, { once: true });
    if (signal?.aborted === true) this.#stop();
    let fault: Error | undefined;
    try {
      const { plan, field } = await this.#join();
      const member = this.#enlist(plan, field);
      try {
        yield* member.results.read();
      } catch (error) {
        fault = toPacegateError(error);
      } finally {
        await member.end();
        this.#conclude(plan, field, fault);
      }
    } catch (error) {
      fault ??= toPacegateError(error);
    } finally {
      signal?.removeEventListener('abort', this.#stop);
      if (fault !== undefined) this.#settle(Promise.reject(fault));
    }
    if (fault !== undefined) throw fault;
    return undefined;
  }

  /** Agrees with the others on what is scanned. */
  async #join(): Promise<{ plan: FleetPlan; field: ScanField }> {
    const { scan, store } = this.#settings;
    const field = this.#known ?? (await prepareLater(scan, this.#dependencies));
    for (const message of field.warnings) this.#warn({ code: 'targets-left-out', message });
    const technique = chooseTechnique(scan, this.#dependencies, (code, message) => {
      this.#warn({ code, message });
    });
    const plan = await store.open(proposePlan(this.#settings, field, technique));
    checkPlan(plan, this.#settings, field, technique);
    this.#plan = plan;
    return { plan, field: { ...field, warnings: [] } };
  }

  #enlist(plan: FleetPlan, field: ScanField): FleetMember {
    const { store, leaseMs, flush } = this.#settings;
    const member = new FleetMember({
      ...{ store, plan, leaseMs, flush, clock: this.#dependencies.clock },
      startScan: (lease, rate) => this.#startScan(plan, field, lease, rate),
      onBeat: () => {
        this.#settledBefore ??= member.totals?.settled;
        this.emit('progress', this.statistics);
      },
    });
    this.#member = member;
    if (this.#isStopping) member.stop();
    member.start();
    return member;
  }

  #startScan(plan: FleetPlan, field: ScanField, lease: ShardLease, rate: number): Scan {
    const { technique, seed, shards, caps } = plan;
    const { scan: given } = this.#settings;
    const settings = {
      ...given,
      ...(caps && { backoff: { ...given.backoff, ...caps }, capsOfRate: plan.maxRate }),
      ...{ technique, seed, maxRate: rate, signal: undefined },
      shard: { index: lease.shard, count: shards },
      resume: lease.progress?.state,
    };
    const scan = new Scan(settings, this.#dependencies, field);
    scan.on('progress', () => {
      this.#member?.look();
      this.emit('progress', this.statistics);
    });
    scan.on('warning', (warning) => {
      this.#warn(warning);
    });
    scan.on('backoff', (backoff) => {
      this.emit('backoff', backoff);
    });
    return scan;
  }

  /** What a member has to say it says once, not once a shard. */
  #warn(warning: ScanWarning): void {
    if (this.#warnings.some(({ message }) => message === warning.message)) return;
    this.#warnings.push(warning);
    this.emit('warning', warning);
  }

  #conclude(plan: FleetPlan, field: ScanField, fault: Error | undefined): void {
    const complete = this.#member?.isDone ?? false;
    this.#endNs = this.#dependencies.clock.nowNs();
    this.#end = fault !== undefined ? 'failed' : complete ? 'done' : 'stopped';
    const { statistics } = this;
    this.emit('progress', statistics);
    if (fault !== undefined) return;
    const { technique, seed, shards, planHash } = plan;
    this.#settle({
      ...{ complete, technique, seed, shards, planHash, statistics },
      addresses: field.addresses,
      ports: this.#settings.scan.ports.length,
      durationMs: statistics.elapsedMs,
      warnings: [...this.#warnings],
    });
  }
}
