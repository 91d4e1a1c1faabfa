// One shard under its lease: the scan of it, and what is to be told of that.

import type { Scan } from '../scan-run.js';
import type { ScanResult } from '../result.js';
import type { ResultSource } from './merged-results.js';
import type { LeaseReport, ShardLease, ShardProgress, ShardTally } from './store/fleet-store.js';

/** Until all first probes are sent; after that only repeated ones and answers are left. */
const SENDING = new Set(['preparing', 'created', 'resolving', 'sending']);

/** A scan that goes on where the lease says. */
export class ShardRun implements ResultSource<ScanResult> {
  readonly lease: ShardLease;
  readonly scan: Scan;
  readonly results: AsyncIterator<ScanResult, undefined>;
  readonly onEnd: () => void;
  #published: ShardProgress | undefined;

  /** @param onEnd - called when all results are with the reader, and safe there as far as the reader goes */
  constructor(lease: ShardLease, scan: Scan, onEnd: (run: ShardRun) => void) {
    this.lease = lease;
    this.scan = scan;
    this.results = scan[Symbol.asyncIterator]();
    this.onEnd = () => {
      onEnd(this);
    };
    this.#published = lease.progress;
  }

  /** Whether new pairs are still to be sent. */
  get isSending(): boolean {
    return SENDING.has(this.scan.statistics.phase);
  }

  /** How far the reader of the results is. */
  progress(): ShardProgress {
    const { settled, sent, open, closed, filtered, unknown } = this.scan.statistics;
    const before = this.lease.progress?.tally;
    const whole = (name: keyof ShardTally, now: number): number => now + (before?.[name] ?? 0);
    return {
      state: this.scan.state(),
      tally: {
        settled, // those of earlier holders included
        sent: whole('sent', sent),
        open: whole('open', open),
        closed: whole('closed', closed),
        filtered: whole('filtered', filtered),
        unknown: whole('unknown', unknown),
      },
    };
  }

  /** What may be told of the results from now on: they are safe. */
  publish(progress: ShardProgress): void {
    this.#published = progress;
  }

  report(): LeaseReport {
    const { shard, token } = this.lease;
    const progress = this.#published;
    return progress === undefined ? { shard, token } : { shard, token, progress };
  }

  /** 0 holds the scan. */
  setRate(rate: number): void {
    if (rate <= 0) {
      this.scan.pause();
      return;
    }
    this.scan.setRate(rate);
    this.scan.resume();
  }

  /** Sends nothing more, at once, and gives no more results. Resolves when all is closed; never rejects. */
  async abandon(): Promise<void> {
    this.scan.pause();
    await this.results.return?.().catch(() => undefined);
  }
}
