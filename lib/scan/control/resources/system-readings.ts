// Readings of the host this process runs on, each with a way round where it cannot be had.

import { type EventLoopWatch, type Host, type ProcessorTimes, thisHost } from './host.js';
import {
  messageOf,
  type Reading,
  type Readings,
  type ResourceSource,
} from './resource-readings.js';

/** What was seen last, for what is read as a difference. */
interface Seen {
  readonly times: ProcessorTimes | undefined;
  readonly cpuMs: number;
  readonly atMs: number;
}

/**
 * Reads the host and this process. Percentages of the processors, and lateness, are over the time since the reading
 * before. It holds a timer, which does not keep the process alive, until it is disposed of.
 *
 * @example
 * ```ts
 * import { SystemReadings } from 'pacegate/scan';
 *
 * using readings = new SystemReadings();
 * const { memoryPercent, descriptorPercent } = readings.read();
 * console.log(memoryPercent.value ?? memoryPercent.remark, descriptorPercent.value);
 * ```
 */
export class SystemReadings implements ResourceSource {
  readonly #host: Host;
  readonly #eventLoop: EventLoopWatch | Error;
  #seen: Seen;
  #cpu: Reading = { remark: 'too little time has passed to tell' };

  /** @param host - for tests */
  constructor(host: Host = thisHost) {
    this.#host = host;
    this.#seen = this.#look();
    this.#eventLoop = tryOr(
      () => host.watchEventLoop(),
      (message) => new Error(message),
    );
  }

  /** Reads everything now. Never throws: what cannot be had says why. */
  read(): Readings {
    return {
      cpuPercent: this.#readCpu(),
      memoryPercent: this.#readMemory(),
      eventLoopLagMs: this.#readLag(),
      descriptorPercent: tryOr(() => {
        const { open, limit } = this.#host.descriptors();
        return { value: (open / limit) * 100 };
      }, unavailable),
    };
  }

  /** Ends its timer. May be called twice. */
  [Symbol.dispose](): void {
    if (!(this.#eventLoop instanceof Error)) this.#eventLoop.stop();
  }

  #look(): Seen {
    return {
      times: tryOr(
        () => this.#host.processorTimes(),
        () => undefined,
      ),
      cpuMs: this.#host.processCpuMs(),
      atMs: this.#host.elapsedMs(),
    };
  }

  #readCpu(): Reading {
    const [before, now] = [this.#seen, this.#look()];
    const cpu = hostCpu(before, now) ?? processCpu(before, now, this.#host.processors);
    if (cpu === undefined) return this.#cpu;
    this.#seen = now;
    this.#cpu = cpu;
    return cpu;
  }

  /** Also what this process holds of what it may have: in a container, that is what ends it. */
  #readMemory(): Reading {
    const { residentBytes, limitBytes } = this.#host.processMemory();
    const own = (residentBytes / limitBytes) * 100;
    return tryOr(
      () => {
        const { availableBytes, totalBytes } = this.#host.memory();
        return { value: Math.max((1 - availableBytes / totalBytes) * 100, own) };
      },
      (message) => ({ value: own, remark: `of this process alone: ${message}` }),
    );
  }

  #readLag(): Reading {
    const eventLoop = this.#eventLoop;
    return eventLoop instanceof Error
      ? unavailable(eventLoop.message)
      : { value: eventLoop.takeLagMs() };
  }
}

/** Undefined where the host does not tell, or its counters have not moved. */
function hostCpu(before: Seen, now: Seen): Reading | undefined {
  if (before.times === undefined || now.times === undefined) return undefined;
  const busy = now.times.busy - before.times.busy;
  const idle = now.times.idle - before.times.idle;
  return busy + idle > 0 ? { value: (busy / (busy + idle)) * 100 } : undefined;
}

/** In the place of the host's: what this process takes of all processors. */
function processCpu(before: Seen, now: Seen, processors: number): Reading | undefined {
  const elapsedMs = now.atMs - before.atMs;
  if (now.times !== undefined || elapsedMs <= 0) return undefined;
  const value = ((now.cpuMs - before.cpuMs) / elapsedMs / processors) * 100;
  return { value, remark: 'of this process alone: this host tells no processor times' };
}

function unavailable(message: string): Reading {
  return { remark: message };
}

function tryOr<T, U>(attempt: () => T, otherwise: (message: string) => U): T | U {
  try {
    return attempt();
  } catch (error) {
    return otherwise(messageOf(error));
  }
}
