// When attempts left: the rate of the last second and the gaps between attempts, in constant memory.

const SLICES = 10;
const SLICE_NS = 100_000_000;

/** Gaps are counted in steps of an eighth of a power of two: percentiles are within 9 %. */
const STEPS_PER_OCTAVE = 8;
const STEPS = 40 * STEPS_PER_OCTAVE;

/** Measures departures. Times are monotonic nanoseconds, not decreasing. */
export class DepartureMeter {
  readonly #slices = new Float64Array(SLICES);
  #slice = 0;
  readonly #gaps = new Float64Array(STEPS);
  #gapCount = 0;
  #maxGapNs = 0;
  #firstNs: number | undefined;
  #lastNs = 0;

  /** Time of the first departure; 0 before there is one. */
  get firstNs(): number {
    return this.#firstNs ?? 0;
  }

  record(nowNs: number): void {
    this.#turn(nowNs);
    const at = this.#slice % SLICES;
    this.#slices[at] = (this.#slices[at] ?? 0) + 1;
    if (this.#firstNs === undefined) this.#firstNs = nowNs;
    else this.#recordGap(nowNs - this.#lastNs);
    this.#lastNs = nowNs;
  }

  /** Departures a second over the last second, or since the first one where that is less ago. */
  rate(nowNs: number): number {
    if (this.#firstNs === undefined) return 0;
    this.#turn(nowNs);
    const count = this.#slices.reduce((sum, slice) => sum + slice, 0);
    const windowNs = (SLICES - 1) * SLICE_NS + (nowNs % SLICE_NS);
    return (count * 1e9) / Math.max(Math.min(nowNs - this.#firstNs, windowNs), SLICE_NS);
  }

  /** Gaps between departures, in microseconds. */
  gapsUs(): { p50: number; p99: number; max: number } {
    return { p50: this.#percentile(0.5), p99: this.#percentile(0.99), max: this.#maxGapNs / 1000 };
  }

  #turn(nowNs: number): void {
    const slice = Math.floor(nowNs / SLICE_NS);
    const passed = Math.min(slice - this.#slice, SLICES);
    for (let i = 1; i <= passed; i++) this.#slices[(slice - passed + i) % SLICES] = 0;
    if (passed > 0) this.#slice = slice;
  }

  #recordGap(gapNs: number): void {
    const step = gapNs < 1 ? 0 : Math.floor(Math.log2(gapNs) * STEPS_PER_OCTAVE);
    const at = Math.min(step, STEPS - 1);
    this.#gaps[at] = (this.#gaps[at] ?? 0) + 1;
    this.#gapCount += 1;
    this.#maxGapNs = Math.max(this.#maxGapNs, gapNs);
  }

  #percentile(fraction: number): number {
    const wanted = this.#gapCount * fraction;
    let seen = 0;
    for (const [step, count] of this.#gaps.entries()) {
      seen += count;
      if (count > 0 && seen >= wanted) return 2 ** ((step + 0.5) / STEPS_PER_OCTAVE) / 1000;
    }
    return 0;
  }
}
