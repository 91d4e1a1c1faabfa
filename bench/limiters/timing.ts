// Nanoseconds per call, by tinybench: its unit is a batch of calls, so that its own clock reading weighs nothing.
import { Bench } from 'tinybench';

export interface Batch {
  readonly calls: number;
  /** Returns how many were allowed. */
  run(): number | Promise<number>;
}

export interface Timing {
  /** Nanoseconds per call, garbage collection included. */
  readonly ns: number;
  readonly calls: number;
  readonly allowed: number;
}

export class Stopwatch {
  readonly #batch: Batch;
  #isAsync = false;

  constructor(batch: Batch) {
    this.#batch = batch;
  }

  async warmUp(timeMs: number): Promise<void> {
    const answer = this.#batch.run();
    this.#isAsync = typeof answer !== 'number'; // tinybench would find out by a run that overlaps the first one
    await answer;
    await this.time(timeMs);
  }

  /** Runs batches for `timeMs` of measured time. */
  async time(timeMs: number): Promise<Timing> {
    globalThis.gc?.(); // what others left behind is not this round's
    const { calls } = this.#batch;
    let allowed = 0;
    let batches = 0;
    const count = (more: number): void => {
      allowed += more;
      batches += 1;
    };
    const run = (): void | Promise<void> => {
      const answer = this.#batch.run();
      if (typeof answer !== 'number') return answer.then(count);
      count(answer);
    };
    const bench = new Bench({ time: timeMs, iterations: 1, warmup: false, retainSamples: false });
    bench.add('batch', run, { async: this.#isAsync });
    await bench.run();
    const result = bench.tasks[0]?.result;
    if (result?.state !== 'completed') throw new Error(`a round is ${String(result?.state)}`);
    return { ns: (result.latency.mean * 1e6) / calls, calls: batches * calls, allowed };
  }
}
