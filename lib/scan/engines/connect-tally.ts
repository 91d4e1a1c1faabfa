// What a connect scan counts.

import type { PortState } from '../reasons.js';
import type { ConnectAnswer } from './connect-probe.js';
import { DepartureMeter } from './departure-meter.js';
import { NO_BACKOFF, NO_HOSTS, type EngineCounters } from './scan-engine.js';

/** What only the scan itself knows. */
type Situation = Pick<
  EngineCounters,
  'phase' | 'positionsTotal' | 'resumePosition' | 'targetRate' | 'cpuNs'
>;

/** Counts attempts and outcomes. Times are monotonic nanoseconds. */
export class ConnectTally {
  readonly #departures = new DepartureMeter();
  readonly #states: Record<PortState, number> = { open: 0, closed: 0, filtered: 0, unknown: 0 };
  readonly #settledBefore: number;
  #sent = 0;
  #received = 0;
  #busyRetries = 0;
  #sendFailures = 0;
  #noResponse = 0;
  #unreachable = 0;
  #smoothedRttUs = 0;
  #waitedNs = 0;
  #starvedNs = 0;
  #limiterWaits = 0;
  #activePackets = 0;
  #activeNs = 0;
  #pacedNs = 0;

  /** @param settledBefore - positions that earlier runs of this scan settled */
  constructor(settledBefore: number) {
    this.#settledBefore = settledBefore;
  }

  /** @param isNew - whether new pairs were left, this one included */
  launched(nowNs: number, isNew: boolean): void {
    this.#sent += 1;
    this.#departures.record(nowNs);
    if (!isNew) return;
    this.#activePackets = this.#sent;
    this.#activeNs = nowNs - this.#departures.firstNs - this.#waitedNs;
    this.#pacedNs = this.#activeNs - this.#starvedNs;
  }

  /** There was nothing to launch for so long. */
  waited(ns: number): void {
    if (this.#sent > 0) this.#waitedNs += ns;
  }

  /** The limiter has no token. */
  starved(): void {
    this.#limiterWaits += 1;
  }

  /** … and has had none for so long. */
  starvedFor(ns: number): void {
    if (this.#sent > 0) this.#starvedNs += ns;
  }

  /** This host could not make an attempt that was counted as launched. */
  refused(): void {
    this.#sent -= 1;
    this.#busyRetries += 1;
  }

  /** The last word on one position. */
  settled(answer: ConnectAnswer): void {
    this.#states[answer.state] += 1;
    if (answer.reason === 'no-response') this.#noResponse += 1;
    else if (answer.reason === 'send-failed') this.#sendFailures += 1;
    else this.#received += 1;
    if (answer.state === 'filtered' && answer.reason !== 'no-response') this.#unreachable += 1;
    if (answer.rttMs !== undefined) this.#smooth(answer.rttMs * 1000);
  }

  counters(situation: Situation, nowNs: number): EngineCounters {
    const { open, closed, filtered, unknown } = this.#states;
    return {
      ...situation,
      positionsSettled: this.#settledBefore + open + closed + filtered + unknown,
      ...{ open, closed, filtered, unknown },
      sent: this.#sent,
      received: this.#received,
      busyRetries: this.#busyRetries,
      sendFailures: this.#sendFailures,
      noResponse: this.#noResponse,
      icmpUnreachable: this.#unreachable,
      smoothedRttUs: this.#smoothedRttUs,
      hosts: NO_HOSTS,
      currentRate: this.#departures.rate(nowNs),
      interDepartureUs: this.#departures.gapsUs(),
      activePackets: this.#activePackets,
      activeNs: this.#activeNs,
      pacedPackets: this.#activePackets,
      pacedNs: this.#pacedNs,
      // The operating system keeps these to itself.
      ...{ kernelDropped: 0, invalid: 0, duplicates: 0, late: 0, forgone: 0, silentNeighbours: 0 },
      limiterWaits: this.#limiterWaits,
      backoff: NO_BACKOFF,
    };
  }

  // RFC 6298's gain of 1/8.
  #smooth(us: number): void {
    this.#smoothedRttUs += this.#smoothedRttUs === 0 ? us : (us - this.#smoothedRttUs) / 8;
  }
}
