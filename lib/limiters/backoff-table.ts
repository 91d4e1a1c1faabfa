import { randomBytes } from 'node:crypto';
import { type NativeHandle, native } from '../internal/binding.js';
import { invalidArgument } from '../internal/check.js';
import { type Clock, systemClock } from '../internal/clock.js';
import { readClock } from '../internal/clock-alarms.js';
import { DisposedError } from '../internal/errors.js';
import { toPacegateError } from '../internal/native-error.js';
import { BACKOFF_COUNTS } from '../internal/calls/backoff-calls.js';
import {
  type BackoffTableOptions,
  checkBackoffTableOptions,
  checkTarget,
} from './backoff/backoff-options.js';

/** What a sender finds that looks for a target to go on with. */
export type BackoffChoice =
  | { outcome: 'ready'; target: string }
  /** Nobody may be sent to before `waitMs` have passed. */
  | { outcome: 'all-backed-off'; waitMs: number }
  | { outcome: 'no-targets' };

/** How a {@link BackoffTable} has done since it was made. */
export interface BackoffStatistics {
  /** Entries remembered: their level is not 0. An entry is a target, or the network its prefix makes. */
  targets: number;
  /** Of these, those backed off now. */
  backedOff: number;
  /** Calls of `report`. */
  reports: number;
  /** Reports that began a silence; the others came during one. */
  escalations: number;
  /** Entries forgotten because they had been quiet long enough. */
  decayed: number;
  /** Quiet entries forgotten early, for want of room. */
  evicted: number;
  /** Entries forgotten while they were backed off, for want of room: `maxTargets` is too small. */
  overflowed: number;
  /** Memory of the table; constant. */
  bytes: number;
}

/** Frees the native half of tables that were dropped without being disposed of. */
const dropped = new FinalizationRegistry<NativeHandle>((handle) => {
  native.backoff_destroy(handle);
});

/**
 * Remembers which targets refused a probe ("administratively prohibited") and for how long to leave each alone: 2, 4,
 * 8 and 16 seconds for level 1 to 4.
 *
 * A report raises the level by one and begins a silence. Reports during it are answers to what was sent before: they
 * change nothing. After the silence come back with one probe: a refusal escalates, and for each `decayMs` without one
 * a level is lost. Silence alone proves nothing, for hosts send about one such error a second.
 *
 * A target is an address, or any other text (a host name), which stands for itself, letter by letter. With
 * `prefixV4: 24` all addresses of a /24 share one entry: a firewall stands in front of them all. An IPv4-mapped IPv6
 * address is the IPv4 address.
 *
 * Memory is bounded by `maxTargets`. When it is full, a quiet entry makes room, the one nearest to being forgotten;
 * only when all are backed off, the one whose silence ends first.
 *
 * @example
 * ```ts
 * import { BackoffTable } from 'pacegate';
 *
 * using backoff = new BackoffTable({ prefixV4: 24 });
 * backoff.report('192.0.2.7'); // 1
 * backoff.remainingMs('192.0.2.9'); // 2000
 * const next = backoff.firstReady(['192.0.2.9', '198.51.100.1']);
 * if (next.outcome === 'ready') console.log(next.target); // 198.51.100.1
 * ```
 */
export class BackoffTable {
  #handle: NativeHandle;
  readonly #clock: Clock;

  /** @throws PacegateError `ERR_PACEGATE_INVALID_ARGUMENT`, `ERR_PACEGATE_OUT_OF_RANGE` */
  constructor(options?: BackoffTableOptions) {
    const { baseMs, decayMs, clock, ...checked } = checkBackoffTableOptions(options);
    this.#clock = clock;
    try {
      this.#handle = native.backoff_create({
        ...checked,
        baseNs: baseMs * 1e6,
        decayNs: decayMs * 1e6,
        // Secret, so that nobody can choose targets that collide.
        seed: randomBytes(16),
      });
    } catch (error) {
      throw toPacegateError(error);
    }
    dropped.register(this, this.#handle, this);
  }

  /**
   * The target refused a probe.
   *
   * @param target - text of 1 to 255 characters
   * @returns its level from now on: 1 to maxLevel
   * @throws PacegateError for what is no target, and after dispose
   */
  report(target: string): number {
    checkTarget('target', target);
    const handle = this.#alive();
    // The system's clock is read by native code itself: one crossing instead of two.
    return this.#clock === systemClock
      ? native.backoff_report(handle, target)
      : native.backoff_report_at(handle, target, readClock(this.#clock));
  }

  /**
   * Milliseconds for which nothing may be sent to the target; 0 when it is not backed off.
   *
   * @throws PacegateError as {@link report}
   */
  remainingMs(target: string): number {
    return this.#remainingNs(checkTarget('target', target)) / 1e6;
  }

  /**
   * 0 to maxLevel: 0 for a target that never refused, or has been quiet for long enough since.
   *
   * @throws PacegateError as {@link report}
   */
  level(target: string): number {
    checkTarget('target', target);
    const handle = this.#alive();
    return this.#clock === systemClock
      ? native.backoff_level(handle, target)
      : native.backoff_level_at(handle, target, readClock(this.#clock));
  }

  /**
   * Forgets what was reported of a target (of all its network, where prefixes are in use), or of all. Statistics stay.
   *
   * @throws PacegateError as {@link report}
   */
  clear(target?: string): void {
    if (target === undefined) {
      native.backoff_clear_all(this.#alive());
      return;
    }
    checkTarget('target', target);
    native.backoff_clear_at(this.#alive(), target, readClock(this.#clock));
  }

  /**
   * Entries remembered, those included whose silence is over and whose level has not decayed yet.
   *
   * @throws PacegateError after dispose
   */
  get size(): number {
    return native.backoff_size_at(this.#alive(), readClock(this.#clock));
  }

  /**
   * Entries that are backed off now.
   *
   * @throws PacegateError after dispose
   */
  get backedOff(): number {
    return native.backoff_backed_off_at(this.#alive(), readClock(this.#clock));
  }

  /**
   * Milliseconds until the first of those that are backed off now is free; 0 when none is backed off. What to wait
   * when every target left is.
   *
   * @throws PacegateError after dispose
   */
  nextReadyMs(): number {
    const ns = native.backoff_next_free_ns_at(this.#alive(), readClock(this.#clock));
    return Math.max(ns, 0) / 1e6;
  }

  /**
   * The first of `targets` that is not backed off. That all are is an outcome with a name, not an error.
   *
   * @throws PacegateError for what is no target, and after dispose
   */
  firstReady(targets: Iterable<string>): BackoffChoice {
    if (!isIterable(targets)) throw invalidArgument('targets', targets, 'an iterable of targets');
    let soonestNs = Infinity;
    for (const target of targets) {
      const ns = this.#remainingNs(checkTarget('target', target));
      if (ns === 0) return { outcome: 'ready', target };
      soonestNs = Math.min(soonestNs, ns);
    }
    return soonestNs === Infinity
      ? { outcome: 'no-targets' }
      : { outcome: 'all-backed-off', waitMs: soonestNs / 1e6 };
  }

  /**
   * How it has done so far.
   *
   * @throws PacegateError after dispose
   */
  statistics(): BackoffStatistics {
    const { size, backedOff } = this;
    native.backoff_counts(this.#alive());
    const count = (name: keyof typeof BACKOFF_COUNTS): number =>
      native.scratch[BACKOFF_COUNTS[name]] ?? 0;
    return {
      targets: size,
      backedOff,
      reports: count('reports'),
      escalations: count('escalations'),
      decayed: count('decayed'),
      evicted: count('evicted'),
      overflowed: count('overflowed'),
      bytes: count('bytes'),
    };
  }

  /** Ends the table: any later call throws `ERR_PACEGATE_DISPOSED`. May be called twice. */
  [Symbol.dispose](): void {
    if (this.#handle === 0) return;
    dropped.unregister(this);
    native.backoff_destroy(this.#handle);
    this.#handle = 0;
  }

  #remainingNs(target: string): number {
    const handle = this.#alive();
    return this.#clock === systemClock
      ? native.backoff_remaining_ns(handle, target)
      : native.backoff_remaining_ns_at(handle, target, readClock(this.#clock));
  }

  #alive(): NativeHandle {
    if (this.#handle === 0) throw new DisposedError('BackoffTable');
    return this.#handle;
  }
}

/** Text is one target, not many of a letter each. */
function isIterable(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Symbol.iterator in value;
}
