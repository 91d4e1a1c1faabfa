import { native, SCRATCH } from '../../internal/binding.js';
import type { Reservations } from '../waiting/waiting-line.js';
import type { BucketQuota } from '../token-bucket-options.js';
import type { NativeBucket } from './native-bucket.js';

/** Waits are whole nanoseconds, rounded up. */
const ROUNDING_NS = 3;

/** What those who wait for a bucket ask of it. */
export class BucketReservations implements Reservations {
  readonly #bucket: NativeBucket;
  readonly #quota: () => BucketQuota;
  #isShared = false;
  #changes = 0;
  #resets = 0;

  /** @param quota - the one in force */
  constructor(bucket: NativeBucket, quota: () => BucketQuota) {
    this.#bucket = bucket;
    this.#quota = quota;
  }

  reserve(cost: number, maxWaitNs: number, nowNs: bigint): number {
    return native.bucket_reserve_at(this.#bucket.handle, cost, maxWaitNs, nowNs);
  }

  giveBack(cost: number, nowNs: bigint): void {
    if (this.#isForgotten()) return;
    native.bucket_give_back_at(this.#bucket.handle, cost, nowNs);
  }

  /** Told by how much is reserved: others on a shared bucket say nothing of themselves. */
  isAlone(cost: number, nowNs: bigint): boolean {
    return !this.#isShared || this.#reservedNs(nowNs) < this.priceNs(cost) + ROUNDING_NS;
  }

  /** How far ahead the last reservation of anybody lies; negative when tokens are there. */
  #reservedNs(nowNs: bigint): number {
    const { rate, burst } = this.#quota();
    native.bucket_peek_at(this.#bucket.handle, 0, nowNs);
    return (native.scratch[SCRATCH.resetNs] ?? 0) - (burst / rate) * 1e9;
  }

  /**
   * Charges what is missing until the bucket counts as empty up to `deadlineNs`, in bites it takes: it refuses more
   * than a burst at once.
   */
  postpone(deadlineNs: bigint, nowNs: bigint): void {
    const { rate, burst } = this.#quota();
    const missingNs = Number(deadlineNs - nowNs) - this.#reservedNs(nowNs);
    for (let tokens = (missingNs / 1e9) * rate; tokens > 0; tokens -= burst) {
      this.reserve(Math.min(tokens, burst), Infinity, nowNs);
    }
  }

  /** The bucket is one that others have as well, and change. */
  share(): void {
    this.#isShared = true;
    this.accept();
  }

  hasChanged(): boolean {
    return this.#isShared && native.bucket_changes(this.#bucket.handle) !== this.#changes;
  }

  accept(): void {
    if (!this.#isShared) return;
    this.#changes = native.bucket_changes(this.#bucket.handle);
    this.#resets = native.bucket_resets(this.#bucket.handle);
  }

  /** Whether a reset by somebody else has made an end of what was reserved: it is not ours any more. */
  #isForgotten(): boolean {
    return this.#isShared && native.bucket_resets(this.#bucket.handle) !== this.#resets;
  }

  priceNs(cost: number): number {
    return (cost / this.#quota().rate) * 1e9;
  }

  slackNs(cost: number): number {
    const { rate, burst } = this.#quota();
    return ((burst - cost) / rate) * 1e9;
  }
}
