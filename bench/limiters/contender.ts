// What a limiter has to offer to take part: its natural use, called many times, and one attempt.
import { setImmediate as nextTurn } from 'node:timers/promises';

/** `limit` units per `windowMs`; a contender that has a burst of its own uses `burst` (by default `limit`). */
export interface Quota {
  readonly limit: number;
  readonly windowMs: number;
  readonly burst?: number;
}

export const ratePerSecond = ({ limit, windowMs }: Quota): number => (limit / windowMs) * 1000;
export const burstOf = ({ limit, burst }: Quota): number => burst ?? limit;

/** One limiter with a quota, ready for use. */
export interface Subject {
  /** Calls made by one `batch()`. */
  readonly batchCalls: number;
  /** Its natural use, `batchCalls` times; returns how many were allowed. */
  batch(): number | Promise<number>;
  /** One call: whether it was allowed. Of a limiter that waits: when. */
  attempt(): boolean | Promise<boolean>;
}

/**
 * What a limiter says it guarantees: `bucket` at most burst + rate x t in any time t, `window` at most the limit in
 * any window. (Fixed windows promise the latter to their users too: "100 per second".)
 */
export type Promised = 'bucket' | 'window';

export interface Contender {
  readonly name: string;
  /** The npm package that has to be installed; undefined: none. */
  readonly peer?: string;
  /** How it is called when it is measured. */
  readonly use: string;
  readonly promised: Promised;
  /** It makes callers wait and has no way to refuse. */
  readonly waits?: boolean;
  /** Only looked at for correctness: its speed is that of another row. */
  readonly onlyTruth?: boolean;
  /** Only measured: it does not differ from another row in correctness. */
  readonly onlySpeed?: boolean;
  open(quota: Quota): Subject;
}

/** Calls a synchronous limiter in a loop: the result is counted, so that nothing can be optimised away. */
export function synchronous(attempt: () => boolean, batchCalls = 10_000): Subject {
  return {
    batchCalls,
    attempt,
    batch() {
      let allowed = 0;
      for (let call = 0; call < batchCalls; call += 1) if (attempt()) allowed += 1;
      return allowed;
    },
  };
}

/** One call per run of JavaScript: what a limiter costs in code that awaits between calls. */
export function betweenAwaits(attempt: () => boolean, batchCalls = 10_000): Subject {
  return {
    batchCalls,
    attempt,
    async batch() {
      const turn = Promise.resolve();
      let allowed = 0;
      for (let call = 0; call < batchCalls; call += 1) {
        if (attempt()) allowed += 1;
        await turn;
      }
      return allowed;
    },
  };
}

/**
 * Awaits each call before the next; the event loop gets a turn after each batch, for timers. A rejection that is no
 * Error is a refusal (rate-limiter-flexible).
 */
export function awaited<Answer>(
  call: () => Promise<Answer>,
  isAllowed: (answer: Answer) => boolean,
  batchCalls = 1000,
): Subject {
  return {
    batchCalls,
    async attempt() {
      try {
        return isAllowed(await call());
      } catch (reason) {
        if (reason instanceof Error) throw reason;
        return false;
      }
    },
    async batch() {
      let allowed = 0;
      for (let done = 0; done < batchCalls; done += 1) {
        try {
          if (isAllowed(await call())) allowed += 1;
        } catch (reason) {
          if (reason instanceof Error) throw reason;
        }
      }
      await nextTurn();
      return allowed;
    },
  };
}

/** Hands over a batch of jobs that do nothing and waits for all: the use of queues. */
export function jobs(
  run: (job: () => Promise<boolean>) => Promise<boolean>,
  batchCalls: number,
): Subject {
  const job = (): Promise<boolean> => Promise.resolve(true);
  return {
    batchCalls,
    attempt: () => run(job),
    async batch() {
      const done = await Promise.all(Array.from({ length: batchCalls }, () => run(job)));
      return done.filter(Boolean).length;
    },
  };
}
