// When something was admitted, and the most of it in any span of time.

/** Whatever happened within [beforeMs, afterMs]: a span is charged only with what surely fell into it. */
interface Admission {
  readonly beforeMs: number;
  readonly afterMs: number;
}

export class AdmissionLog {
  readonly #admissions: Admission[] = [];
  /** Time in which nothing could be asked. */
  stalledMs = 0;

  add(beforeMs: number, afterMs: number): void {
    this.#admissions.push({ beforeMs, afterMs });
  }

  get count(): number {
    return this.#admissions.length;
  }

  /** The most that was admitted in any `spanMs`. */
  mostWithin(spanMs: number): number {
    const sorted = this.#admissions.toSorted((a, b) => a.afterMs - b.afterMs);
    let most = 0;
    let first = 0;
    for (const [index, { afterMs }] of sorted.entries()) {
      while (afterMs - (sorted[first]?.beforeMs ?? afterMs) >= spanMs) first += 1;
      most = Math.max(most, index - first + 1);
    }
    return most;
  }
}
