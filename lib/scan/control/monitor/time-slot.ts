// What happened in one second, or in one minute.

import { WaitHistogram } from '../../../limiters/statistics/wait-histogram.js';
import type { Outcome } from '../outcome.js';
import { type Readings, type ResourceName, resourceNames } from '../resources/resource-readings.js';

/** Values of one reading, in sums. */
interface Gauge {
  readonly count: number;
  readonly sum: number;
  readonly max: number;
}

/** Counts and distributions of one stretch of time, at most 14 KiB. */
export class TimeSlot {
  requests = 0;
  failures = 0;
  readonly responses = new WaitHistogram();
  readonly waits = new WaitHistogram();
  readonly #gauges = new Map<ResourceName, Gauge>();

  observe({ success, responseMs, waitMs }: Outcome): void {
    this.requests += 1;
    if (!success) this.failures += 1;
    if (responseMs !== undefined) this.responses.record(Math.round(responseMs * 1e6));
    if (waitMs !== undefined) this.waits.record(Math.round(waitMs * 1e6));
  }

  sample(readings: Readings): void {
    for (const name of resourceNames) {
      const { value } = readings[name];
      if (value !== undefined) this.#addGauge(name, { count: 1, sum: value, max: value });
    }
  }

  gauge(name: ResourceName): Gauge | undefined {
    return this.#gauges.get(name);
  }

  /** Counts what happened in another slot, too. */
  add(other: TimeSlot): void {
    this.requests += other.requests;
    this.failures += other.failures;
    this.responses.add(other.responses);
    this.waits.add(other.waits);
    for (const [name, gauge] of other.#gauges) this.#addGauge(name, gauge);
  }

  #addGauge(name: ResourceName, { count, sum, max }: Gauge): void {
    const before = this.#gauges.get(name) ?? { count: 0, sum: 0, max };
    this.#gauges.set(name, {
      count: before.count + count,
      sum: before.sum + sum,
      max: Math.max(before.max, max),
    });
  }
}
