import type { LimiterCounters } from '../statistics/limiter-counters.js';
import type { NativeBucket } from './native-bucket.js';
import { type Pending, settleLater } from './settle-later.js';

/**
 * Tokens that may be let go without asking native code for each. They stay in the bucket until the lease is settled,
 * at the latest when the present run of JavaScript is over; native code decides how many there are (see
 * native/core/limit/token_lease.h). What is spent is counted when it is settled.
 */
export class Lease implements Pending {
  /** Tokens that may be let go now; who lets one go takes it off. */
  left = 0;
  /** Whether there are leases at all. */
  isOn: boolean;
  /**
   * Requests that go without, by a plain call, which is cheaper: leases were little used, or there is nothing to lease
   * because the last answer was no.
   */
  pause = 0;
  readonly #bucket: NativeBucket;
  readonly #counters: LimiterCounters;
  /** Tokens of the lease when it began. */
  #held = 0;
  /** Tokens spent beyond one a call. */
  #surplus = 0;
  #willEnd = false;

  constructor(bucket: NativeBucket, counters: LimiterCounters, isOn: boolean) {
    this.#bucket = bucket;
    this.#counters = counters;
    this.isOn = isOn;
  }

  /** Lets `cost` tokens go, if that is a whole number and they are leased. */
  spend(cost: number): boolean {
    if (cost > this.left || this.left === 0 || !Number.isInteger(cost)) return false;
    this.left -= cost;
    this.#surplus += cost - 1;
    return true;
  }

  /** Asks for one token, and for a lease of more. @returns whether it was granted */
  renew(): boolean {
    const spent = this.#held - this.left;
    const granted = this.#bucket.lease(spent);
    const nowNs = this.#bucket.lastNs;
    this.#count(nowNs, spent);
    this.#held = this.left = granted > 1 ? granted - 1 : 0;
    if (granted === 0) {
      this.pause = 1;
      this.#counters.block();
      return false;
    }
    this.#counters.allow(nowNs, 1);
    if (granted > 1 && !this.#willEnd) {
      this.#willEnd = true;
      settleLater(this);
    }
    return true;
  }

  /** Ends the lease, if one is out: the bucket is charged, the calls are counted. */
  settle(): void {
    if (this.#held === 0) return;
    const spent = this.#held - this.left;
    this.pause = this.#bucket.settle(spent);
    this.#held = this.left = 0;
    this.#count(this.#bucket.lastNs, spent);
  }

  /** Ends the lease without a word, with the bucket. */
  drop(): void {
    this.#held = this.left = 0;
    this.isOn = false;
  }

  endOfRun(): void {
    this.#willEnd = false;
    try {
      this.settle();
    } catch {
      // A clock of the user's that fails: the next call settles, and says so.
    }
  }

  #count(nowNs: number, spent: number): void {
    const calls = spent - this.#surplus;
    if (calls === 0) return;
    this.#counters.allow(nowNs, spent, calls);
    this.#surplus = 0;
  }
}
