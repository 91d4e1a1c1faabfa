import { type Decision, UNDO } from '../decision.js';

/** What a `CompositeLimiter` needs of each of its limits: every limiter of this package has it. */
export interface CompositeMember {
  /** Units per second. */
  readonly rate: number;
  peek(cost?: number): Decision;
  tryAcquire(cost?: number): boolean;
  /** Gives back what was taken and not used. */
  refund(units: number): void;
  /** @internal */
  [UNDO]?(units: number): void;
}

/** What {@link keyedLimit} needs of a limiter with keys. */
export interface KeyedMember {
  readonly rate: number;
  peek(key: string | number, cost?: number): Decision;
  tryAcquire(key: string | number, cost?: number): boolean;
  reward(key: string | number, tokens: number): void;
}

/**
 * One key of a `KeyedLimiter` as a limit for a `CompositeLimiter`.
 *
 * @example
 * ```ts
 * import { CompositeLimiter, keyedLimit, KeyedLimiter, TokenBucket } from 'pacegate';
 *
 * const perUser = new KeyedLimiter({ rate: 10 });
 * const everybody = new TokenBucket({ rate: 1_000 });
 * const limiter = new CompositeLimiter({ limits: { user: keyedLimit(perUser, 'ann'), everybody } });
 * console.log(limiter.check().refusedBy);
 * ```
 */
export function keyedLimit(limiter: KeyedMember, key: string | number): CompositeMember {
  return {
    get rate() {
      return limiter.rate;
    },
    peek: (cost) => limiter.peek(key, cost),
    tryAcquire: (cost) => limiter.tryAcquire(key, cost),
    refund: (units) => {
      limiter.reward(key, units);
    },
  };
}
