// The connect technique: the operating system opens connections, a token bucket paces the attempts.

import type { Clock } from '../../internal/clock.js';
import { toPacegateError } from '../../internal/native-error.js';
import { TokenBucket } from '../../limiters/token-bucket.js';
import type { PortState } from '../reasons.js';
import type { ScanResult } from '../result.js';
import type { ScanPlan } from '../scan-plan.js';
import type { AddressFamily } from '../targets/address.js';
import { Concurrency } from './concurrency.js';
import type { ConnectAnswer, ConnectOutcome, Connector } from './connect-probe.js';
import { isLinkLocal } from './local-addresses.js';
import { ConnectTally } from './connect-tally.js';
import type { EngineCounters, EnginePhase, ScanEngine } from './scan-engine.js';
import { TaskQueue, type Task } from './task-queue.js';

/** What a connect scan works with beside its plan. */
export interface ConnectScanOptions {
  readonly connector: Connector;
  readonly clock: Clock;
  /** Most connections under way at once; each holds a descriptor. */
  readonly maxConcurrent: number;
  /** Address to connect from, by IP version; absent: the operating system's choice. */
  readonly localAddresses: Partial<Record<AddressFamily, string>>;
  /** Told once, when this host runs short of descriptors or local ports. */
  readonly onWarning: (message: string) => void;
}

/** Results that may wait to be drained before no further attempt is made. */
const MAX_WAITING_RESULTS = 4096;
/** Pause after this host ran short of something. */
const BUSY_PAUSE_MS = 50;

/** Two tokens, or 10 ms worth: timers wake late, and what they sleep over must not be lost. */
function bucketFor(rate: number, tokens: number, clock: Clock): TokenBucket {
  const burst = Math.max(2, rate / 100);
  return new TokenBucket({ rate, burst, initialTokens: Math.min(tokens, burst), clock });
}

/** Runs one connect scan on the event loop. Every position is settled exactly once. */
export class ConnectScan implements ScanEngine {
  readonly technique = 'connect';
  readonly backend = 'connect';
  readonly #plan: ScanPlan;
  readonly #options: ConnectScanOptions;
  readonly #queue: TaskQueue;
  readonly #tally: ConnectTally;
  readonly #concurrency: Concurrency;
  readonly #stopper = new AbortController();
  readonly #reported: ReadonlySet<PortState>;
  #bucket: TokenBucket;
  /** Ends the wait for a token, where there is one. */
  #waiting = new AbortController();
  #results: ScanResult[] = [];
  #phase: EnginePhase = 'created';
  #underWay = 0;
  #hasWarned = false;
  #isPaused = false;
  #fault: Error | undefined;
  #cpuAtStart = process.cpuUsage();
  #cpuNs: number | undefined;
  #wake: () => void = () => undefined;

  constructor(plan: ScanPlan, options: ConnectScanOptions) {
    this.#plan = plan;
    this.#options = options;
    this.#queue = new TaskQueue(plan);
    this.#tally = new ConnectTally(plan.settledBefore);
    this.#bucket = bucketFor(plan.rate, 1, options.clock);
    this.#reported = new Set(plan.states);
    this.#concurrency = new Concurrency(options.maxConcurrent);
  }

  start(): void {
    if (this.#phase !== 'created') return;
    this.#phase = 'sending';
    this.#cpuAtStart = process.cpuUsage();
    this.#run().catch((error: unknown) => {
      this.#fault = toPacegateError(error);
      this.#end('failed');
    });
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    this.#wake();
  }

  /** The burst follows the rate, hence another bucket. A wait goes on there, with the part of a token it had. */
  setRate(rate: number): void {
    this.#waiting.abort();
    const left = this.#bucket.availableTokens();
    this.#bucket[Symbol.dispose]();
    this.#bucket = bucketFor(rate, left, this.#options.clock);
  }

  stop(): void {
    if (this.#phase === 'created') this.#end('stopped');
    this.#stopper.abort();
    this.#waiting.abort();
    this.#wake();
  }

  drain(max: number): ScanResult[] {
    const taken = this.#results.slice(0, max);
    this.#results = this.#results.slice(taken.length);
    if (taken.length > 0) this.#wake();
    return taken;
  }

  counters(): EngineCounters {
    const situation = {
      phase: this.#phase,
      positionsTotal: this.#plan.endPosition - this.#plan.firstPosition,
      resumePosition: this.#queue.resumePosition,
      targetRate: this.#bucket.rate,
      cpuNs: this.#cpuNs ?? this.#cpuSinceStart(),
    };
    return this.#tally.counters(situation, this.#nowNs());
  }

  fault(): Error | undefined {
    return this.#fault;
  }

  close(): void {
    this.stop();
    this.#bucket[Symbol.dispose]();
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopper;
    while (!signal.aborted && !this.#queue.isComplete) {
      if (!this.#mayLaunch()) await this.#change();
      else if (this.#tryTake() || (await this.#token())) this.#launchNext();
    }
    this.#phase = 'draining';
    while (this.#underWay > 0) await this.#change();
    this.#end(this.#queue.isComplete ? 'done' : 'stopped');
  }

  /** A token of the rate, and one of the limiter where there is one; or neither. */
  #tryTake(): boolean {
    if (!this.#bucket.tryAcquire()) return false;
    if (this.#plan.limiter?.tryAcquire() !== false) return true;
    this.#bucket.refund(1);
    return false;
  }

  /** Waits for them; false when the scan was stopped or got another rate meanwhile. */
  async #token(): Promise<boolean> {
    this.#waiting = new AbortController();
    const { signal } = this.#waiting;
    let hasOwn = false;
    try {
      hasOwn = await this.#bucket.acquire(1, { signal });
      if (hasOwn && (await this.#charged(signal))) return true;
    } catch (error) {
      if (!signal.aborted) throw error;
    }
    if (hasOwn) this.#bucket.refund(1);
    return false;
  }

  /** Time without tokens says nothing about the rate. */
  async #charged(signal: AbortSignal): Promise<boolean> {
    const { limiter } = this.#plan;
    if (limiter === undefined || limiter.tryAcquire()) return true;
    const sinceNs = this.#nowNs();
    this.#tally.starved();
    const isCharged = await limiter.acquire(1, { signal });
    this.#tally.starvedFor(this.#nowNs() - sinceNs);
    return isCharged;
  }

  #giveBack(): void {
    this.#bucket.refund(1);
    this.#plan.limiter?.refund(1);
  }

  #mayLaunch(): boolean {
    return this.#wantsToLaunch() && this.#underWay < this.#concurrency.limit;
  }

  /** False while every pair left is under way, and while the user or the reader holds the scan up. */
  #wantsToLaunch(): boolean {
    return !this.#isPaused && this.#results.length < MAX_WAITING_RESULTS && this.#queue.hasReady;
  }

  /** Resolves at the next outcome, drain, resume or stop. */
  async #change(): Promise<void> {
    const isIdle = !this.#wantsToLaunch();
    const sinceNs = this.#nowNs();
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    if (isIdle) this.#tally.waited(this.#nowNs() - sinceNs);
  }

  #launchNext(): void {
    // A pause or a stop may have come while the token was awaited: then it is given back.
    if (!this.#mayLaunch() || this.#stopper.signal.aborted) {
      this.#giveBack();
      return;
    }
    const isNew = this.#queue.hasNew;
    const task = this.#queue.take();
    if (task === undefined) return;
    if (!this.#queue.hasNew) this.#phase = 'draining';
    const { family, address, port } = task;
    const { timeoutMs } = this.#plan;
    const localAddress = this.#options.localAddresses[family];
    this.#underWay += 1;
    this.#tally.launched(this.#nowNs(), isNew);
    void this.#options
      .connector({ family, address: this.#zoned(address), port, timeoutMs, localAddress })
      .then((outcome) => {
        this.#underWay -= 1;
        this.#conclude(task, outcome);
        this.#wake();
      });
  }

  /** A link-local IPv6 address (fe80::/10) means nothing without its interface. */
  #zoned(address: string): string {
    const { interfaceName } = this.#plan;
    return interfaceName !== '' && isLinkLocal(address) ? `${address}%${interfaceName}` : address;
  }

  #conclude(task: Task, outcome: ConnectOutcome): void {
    if (outcome.kind === 'busy') {
      this.#retreat(task, outcome.code);
      return;
    }
    this.#concurrency.made();
    if (outcome.kind === 'answer') {
      this.#settle(task, outcome);
    } else if (task.timeouts < this.#plan.retries) {
      task.timeouts += 1;
      this.#queue.repeat(task);
    } else {
      this.#settle(task, { kind: 'answer', state: 'filtered', reason: 'no-response' });
    }
  }

  /** Descriptors or local ports ran out: fewer at once, a pause, and the attempt again as if it had not been made. */
  #retreat(task: Task, code: string): void {
    this.#tally.refused();
    task.refusals += 1;
    if (!this.#hasWarned) {
      this.#hasWarned = true;
      this.#options.onWarning(`this host ran short (${code}): fewer connections at once`);
    }
    if (!this.#concurrency.refused(this.#underWay, task.refusals, this.#options.clock.nowNs())) {
      this.#settle(task, { kind: 'answer', state: 'unknown', reason: 'send-failed' });
      return;
    }
    this.#underWay += 1; // keeps its place through the pause, or the scan could end over it
    void this.#options.clock.sleep(BUSY_PAUSE_MS).then(() => {
      this.#underWay -= 1;
      this.#queue.repeat(task);
      this.#wake();
    });
  }

  #settle(task: Task, answer: ConnectAnswer): void {
    this.#queue.settle(task);
    this.#tally.settled(answer);
    if (!this.#reported.has(answer.state)) return;
    const { address, port } = task;
    const { state, reason, rttMs } = answer;
    const result = { address, port, protocol: 'tcp', state, reason } as const;
    this.#results.push(rttMs === undefined ? result : { ...result, rttMs });
  }

  #end(phase: EnginePhase): void {
    this.#phase = phase;
    this.#cpuNs = this.#cpuSinceStart();
  }

  #cpuSinceStart(): number {
    const { user, system } = process.cpuUsage(this.#cpuAtStart);
    return (user + system) * 1000;
  }

  #nowNs(): number {
    return Number(this.#options.clock.nowNs());
  }
}
