import {
  KEYED_QUOTA,
  KEYED_STATISTICS,
  type NativeHandle,
  type NativeKey,
  native,
  SCRATCH,
} from '../../internal/binding.js';
import { type Clock, systemClock } from '../../internal/clock.js';
import { readClock } from '../../internal/clock-alarms.js';
import { DisposedError } from '../../internal/errors.js';
import { toPacegateError } from '../../internal/native-error.js';
import type { Decision } from '../decision.js';
import { placeOf, type ShareHandle } from '../sharing/share.js';
import type { BucketQuota } from '../token-bucket-options.js';
import type { CheckedKeyedLimiterOptions } from './keyed-options.js';

const { scratch, keyed_try_acquire, keyed_try_acquire_at } = native;

/** Frees the native half of limiters that were dropped without being disposed of. */
const dropped = new FinalizationRegistry<NativeHandle>((handle) => {
  native.keyed_destroy(handle);
});

/** Figures of a table; those it has counted itself are of all time. */
export interface KeyedFigures {
  keys: number;
  bytes: number;
  overflow: number;
  evicted: number;
}

/**
 * The native half of a `KeyedLimiter`. Every method throws what native code does as a PacegateError: when a shared
 * table is held up by somebody else who does not run.
 */
export class NativeKeyed {
  readonly #clock: Clock;
  /** Undefined: the system's clock, which native code reads itself. */
  readonly #ownClock: Clock | undefined;
  readonly #maxKeys: number;
  /** What who joins must say. */
  readonly #madeWith: BucketQuota;
  #share: ShareHandle | undefined;
  #handle: NativeHandle;

  /** @throws PacegateError also for a place that cannot be shared */
  constructor(options: CheckedKeyedLimiterOptions) {
    const { quota, maxKeys, idleMs, ipv6Prefix, clock, share } = options;
    this.#clock = clock;
    this.#ownClock = clock === systemClock ? undefined : clock;
    this.#maxKeys = maxKeys;
    this.#madeWith = quota;
    // Where keys have their places depends on a secret.
    const seed = crypto.getRandomValues(new Uint8Array(16));
    const { rate, burst } = quota;
    this.#handle = translated(() =>
      native.keyed_create(rate, burst, maxKeys, idleMs * 1e6, ipv6Prefix, seed),
    );
    dropped.register(this, this.#handle, this);
    if (share !== undefined) this.#joinOrEnd(share);
  }

  /** @throws DisposedError */
  alive(): NativeHandle {
    if (this.#handle === 0) throw new DisposedError('KeyedLimiter');
    return this.#handle;
  }

  free(): void {
    if (this.#handle === 0) return;
    dropped.unregister(this);
    native.keyed_destroy(this.#handle);
    this.#handle = 0;
    this.#share = undefined;
  }

  get isShared(): boolean {
    return this.#share !== undefined;
  }

  /** Where others can join; moves there first when there is none. */
  share(): ShareHandle {
    const handle = this.alive();
    if (this.#share !== undefined) return this.#share;
    const bytes = native.shared_keyed_bytes(this.#maxKeys);
    const share = { buffer: translated(() => new SharedArrayBuffer(bytes)) };
    this.#join(handle, share);
    return share;
  }

  nowNs(): bigint {
    return readClock(this.#clock);
  }

  /** When the latest request read the clock, in nanoseconds. */
  get lastNs(): number {
    return scratch[SCRATCH.nowNs] ?? 0;
  }

  tryAcquire(key: NativeKey, cost: number): boolean {
    const handle = this.alive();
    const clock = this.#ownClock;
    try {
      return clock === undefined
        ? keyed_try_acquire(handle, key, cost)
        : keyed_try_acquire_at(handle, key, cost, readClock(clock));
    } catch (error) {
      throw toPacegateError(error);
    }
  }

  tryAcquireMany(keys: Uint32Array, allowed: Uint8Array, cost: number): number {
    const handle = this.alive();
    const clock = this.#ownClock;
    return translated(() =>
      clock === undefined
        ? native.keyed_try_acquire_many(handle, keys, allowed, cost)
        : native.keyed_try_acquire_many_at(handle, keys, allowed, cost, readClock(clock)),
    );
  }

  check(key: NativeKey, cost: number): Decision {
    const handle = this.alive();
    const clock = this.#ownClock;
    return decision(
      translated(() =>
        clock === undefined
          ? native.keyed_check(handle, key, cost)
          : native.keyed_check_at(handle, key, cost, readClock(clock)),
      ),
    );
  }

  peek(key: NativeKey, cost: number): Decision {
    return decision(this.#call((handle, now) => native.keyed_peek(handle, key, cost, now)));
  }

  penalize(key: NativeKey, tokens: number): boolean {
    return this.#call((handle, now) => native.keyed_penalize(handle, key, tokens, now));
  }

  reward(key: NativeKey, tokens: number): void {
    this.#call((handle, now) => {
      native.keyed_reward(handle, key, tokens, now);
    });
  }

  block(key: NativeKey, ns: number): boolean {
    return this.#call((handle, now) => native.keyed_block(handle, key, ns, now));
  }

  delete(key: NativeKey): boolean {
    return this.#call((handle, now) => native.keyed_delete(handle, key, now));
  }

  /** Rate and burst as they are now, whoever has set them. */
  quota(): BucketQuota {
    native.keyed_quota(this.alive());
    // 3, not 3.0000000000000004: it has become a price and back.
    const rate = Number((scratch[KEYED_QUOTA.rate] ?? 0).toPrecision(15));
    return { rate, burst: scratch[KEYED_QUOTA.burst] ?? 0 };
  }

  setQuota({ rate, burst }: BucketQuota): void {
    this.#call((handle, now) => {
      native.keyed_set_quota(handle, rate, burst, now);
    });
  }

  clear(): void {
    this.#call((handle, now) => {
      native.keyed_clear(handle, now);
    });
  }

  bytes(): number {
    return native.keyed_bytes(this.alive());
  }

  /** Forgets idle keys first. */
  figures(): KeyedFigures {
    this.#call((handle, now) => {
      native.keyed_statistics(handle, now);
    });
    return {
      keys: scratch[KEYED_STATISTICS.keys] ?? 0,
      bytes: scratch[KEYED_STATISTICS.bytes] ?? 0,
      overflow: scratch[KEYED_STATISTICS.overflow] ?? 0,
      evicted: scratch[KEYED_STATISTICS.evicted] ?? 0,
    };
  }

  #call<Result>(run: (handle: NativeHandle, nowNs: bigint | undefined) => Result): Result {
    const handle = this.alive();
    const nowNs = this.#ownNowNs();
    return translated(() => run(handle, nowNs));
  }

  /** Undefined: native code reads the system's clock, once it has a shared table to itself. */
  #ownNowNs(): bigint | undefined {
    return this.#ownClock === undefined ? undefined : readClock(this.#ownClock);
  }

  #join(handle: NativeHandle, share: ShareHandle): void {
    const { rate, burst } = this.#madeWith;
    const nowNs = this.#ownNowNs();
    translated(() => {
      native.keyed_share(handle, rate, burst, placeOf(share), nowNs);
    });
    this.#share = share;
  }

  #joinOrEnd(share: ShareHandle): void {
    try {
      this.#join(this.#handle, share);
    } catch (error) {
      this.free();
      throw error;
    }
  }
}

/** Native memory a table of `maxKeys` keys needs to be shared. */
export function keyedShareBytes(maxKeys: number): number {
  return native.shared_keyed_bytes(maxKeys);
}

function translated<Result>(run: () => Result): Result {
  try {
    return run();
  } catch (error) {
    throw toPacegateError(error);
  }
}

/** What the last call left in scratch. */
function decision(allowed: boolean): Decision {
  return {
    allowed,
    limit: scratch[KEYED_QUOTA.burst] ?? 0,
    remaining: Math.floor(scratch[SCRATCH.remaining] ?? 0),
    retryAfterMs: allowed ? 0 : (scratch[SCRATCH.waitNs] ?? 0) / 1e6,
    resetMs: (scratch[SCRATCH.resetNs] ?? 0) / 1e6,
  };
}
