// What takes part, and how it is called.

/** All of its calls are allowed, or none is. */
export type Case = 'allowed' | 'denied';

/** A limiter ready for use. */
export interface Subject {
  /** Calls that one `run` makes. */
  readonly calls: number;
  /** @returns how many were allowed */
  readonly run: () => number | Promise<number>;
}

export interface Contender {
  readonly name: string;
  /** How it is called. */
  readonly use: string;
  /** The package it is from; undefined: this one, or Node.js alone. */
  readonly peer?: string;
  /** What it can be measured in; one that only waits has nothing to deny. */
  readonly cases: readonly Case[];
  /** @param load - loads a package of the user's */
  open(expected: Case, load: (name: string) => unknown): Subject;
}

/** More than any of them can ask for within a run; one an hour. */
export const RATE: Readonly<Record<Case, number>> = { allowed: 1e9, denied: 1 / 3600 };
export const BURST: Readonly<Record<Case, number>> = { allowed: 1e9, denied: 1 };

const CALLS = 10_000;

/** Counts what is allowed, so that nothing can be optimised away. */
export function synchronous(attempt: () => boolean): Subject {
  return {
    calls: CALLS,
    run() {
      let allowed = 0;
      for (let call = 0; call < CALLS; call += 1) if (attempt()) allowed += 1;
      return allowed;
    },
  };
}

/** Awaits each call; a rejection that is no Error is a refusal (rate-limiter-flexible). */
export function awaited(attempt: () => Promise<unknown>): Subject {
  return {
    calls: 1000,
    async run() {
      let allowed = 0;
      for (let call = 0; call < 1000; call += 1) {
        try {
          await attempt();
          allowed += 1;
        } catch (reason) {
          if (reason instanceof Error) throw reason;
        }
      }
      return allowed;
    },
  };
}

/** Jobs handed in together, as a limiter with a queue is used. */
export function jobs(schedule: (job: () => Promise<boolean>) => Promise<boolean>): Subject {
  const calls = 20;
  const job = (): Promise<boolean> => Promise.resolve(true);
  return {
    calls,
    async run() {
      const answers = await Promise.all(Array.from({ length: calls }, () => schedule(job)));
      return answers.filter((allowed) => allowed).length;
    },
  };
}
