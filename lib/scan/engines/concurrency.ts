// How many connections may be under way, and how it gives way when this host runs short of descriptors or ports.

import { readFileSync } from 'node:fs';

/** When this host could make no attempt at all for so long, or not this one so often, waiting does not help. */
const SHORT_NS = 5_000_000_000n;
const MAX_REFUSALS = 100;

/** Halves when an attempt cannot be made, grows by one with every attempt that could. */
export class Concurrency {
  readonly #max: number;
  #limit: number;
  /** The first attempt that could not be made since one could. */
  #shortSinceNs: bigint | undefined;

  constructor(max: number) {
    this.#max = max;
    this.#limit = max;
  }

  /** Connections that may be under way now, at least 1. */
  get limit(): number {
    return this.#limit;
  }

  /** An attempt could be made, whatever came of it. */
  made(): void {
    this.#shortSinceNs = undefined;
    if (this.#limit < this.#max) this.#limit += 1;
  }

  /**
   * An attempt could not be made.
   *
   * @param underWay - connections under way beside it
   * @param refusalsOfTask - how often this same attempt could not be made
   * @returns false when it makes no sense to try it again
   */
  refused(underWay: number, refusalsOfTask: number, nowNs: bigint): boolean {
    this.#shortSinceNs ??= nowNs;
    this.#limit = Math.max(1, Math.floor(underWay / 2));
    return refusalsOfTask < MAX_REFUSALS && nowNs - this.#shortSinceNs < SHORT_NS;
  }
}

/** Half of the descriptors this process may have, from 16 to 1000; 256 where the limit cannot be read. */
export function defaultConcurrency(limit = descriptorLimit()): number {
  return limit === undefined ? 256 : Math.min(Math.max(Math.floor(limit / 2), 16), 1000);
}

/** The soft limit of open descriptors (Linux), or undefined. */
export function descriptorLimit(): number | undefined {
  try {
    const found = /^Max open files\s+(\d+|unlimited)/m.exec(
      readFileSync('/proc/self/limits', 'utf8'),
    );
    return found?.[1] === undefined
      ? undefined
      : found[1] === 'unlimited'
        ? Infinity
        : Number(found[1]);
  } catch {
    return undefined;
  }
}
