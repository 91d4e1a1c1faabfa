// Status for programs: one JSON object a line, each with its `type`.

import type { ScanStatistics } from '../../scan/index.js';
import type { RunningScan, RunSummary } from '../running-scan.js';
import { inFlags } from '../failure.js';
import type { Report } from './report.js';
import { jsonSummary } from './summary.js';

const EVERY_MS = 1000;

/** Writes `status` once a second and at the end; `warning`, `backoff` and `note` as they come; `summary` at last. */
export class StatusNdjson implements Report {
  readonly #write: (line: string) => void;
  #isPaused = false;
  #isStopping = false;
  #nextMs = 0;

  /** @param write - takes a line without its end */
  constructor(write: (line: string) => void) {
    this.#write = write;
  }

  readonly clear = (): void => undefined;

  follow(scan: RunningScan): void {
    scan.on('warning', ({ code, message }) => {
      // The command reads until its output fails, and that is reported by itself.
      if (code !== 'results-unread') this.#tell('warning', { code, message: inFlags(message) });
    });
    scan.on('backoff', (backoff) => {
      this.#tell('backoff', backoff);
    });
    scan.on('progress', (statistics) => {
      const hasEnded = ['done', 'stopped', 'failed'].includes(statistics.phase);
      if (statistics.elapsedMs >= this.#nextMs || hasEnded) this.#status(statistics);
    });
  }

  setPaused(isPaused: boolean): void {
    this.#isPaused = isPaused;
  }

  setStopping(): void {
    this.#isStopping = true;
  }

  print(message: string): void {
    this.#tell('note', { message });
  }

  summarize(summary: RunSummary, isInterrupted: boolean): void {
    this.#write(jsonSummary(summary, isInterrupted));
  }

  /** The last status has told them. */
  figures(): void {
    return undefined;
  }

  #status(statistics: ScanStatistics): void {
    this.#nextMs = statistics.elapsedMs + EVERY_MS;
    this.#tell('status', {
      paused: this.#isPaused,
      stopping: this.#isStopping,
      ...statistics,
    });
  }

  #tell(type: string, what: object): void {
    this.#write(JSON.stringify({ type, time: new Date().toISOString(), ...what }));
  }
}
