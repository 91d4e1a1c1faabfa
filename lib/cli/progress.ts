// One line on standard error that tells how the scan goes.

import type { ScanStatistics } from '../scan/index.js';
import { count, duration } from './format.js';

/** What a progress line is written to. */
export interface ProgressStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** Into a pipe or a log file, one line in so many milliseconds. */
const PLAIN_INTERVAL_MS = 5000;
const BAR_CELLS = 20;

/** Rewrites one line of a terminal; elsewhere writes a plain line now and then. */
export class ProgressLine {
  readonly #stream: ProgressStream;
  readonly #hasColour: boolean;
  #isShown = false;
  #nextPlainMs = PLAIN_INTERVAL_MS;

  constructor(stream: ProgressStream, environment: NodeJS.ProcessEnv = process.env) {
    this.#stream = stream;
    const isPlain = (environment['NO_COLOR'] ?? '') !== '' || environment['TERM'] === 'dumb';
    this.#hasColour = stream.isTTY === true && !isPlain;
  }

  update(statistics: ScanStatistics): void {
    if (this.#stream.isTTY === true) this.#rewrite(statistics);
    else this.#append(statistics);
  }

  /** Takes the line away, before something else is printed and at the end. */
  clear(): void {
    if (!this.#isShown) return;
    this.#isShown = false;
    this.#stream.write('\r\u001b[K');
  }

  #rewrite(statistics: ScanStatistics): void {
    // Some terminals say 0 when they do not know.
    const columns = this.#stream.columns === 0 ? undefined : this.#stream.columns;
    // A line that wraps could not be taken back; the last column is left free for terminals that wrap early.
    const room = Math.max((columns ?? 80) - 1, 10);
    const words = progressText(statistics);
    const isWide = room >= words.length + BAR_CELLS + 3;
    const line = (isWide ? `${bar(statistics.percent)} ${words}` : words).slice(0, room);
    const found = `${count(statistics.open)} open`;
    const shown = this.#hasColour ? line.replace(found, `\u001b[32m${found}\u001b[39m`) : line;
    this.#stream.write(`\r${shown}\u001b[K`);
    this.#isShown = true;
  }

  #append(statistics: ScanStatistics): void {
    if (statistics.elapsedMs < this.#nextPlainMs) return;
    this.#nextPlainMs = statistics.elapsedMs + PLAIN_INTERVAL_MS;
    this.#stream.write(`pacegate: ${progressText(statistics)}\n`);
  }
}

/** How far, how fast (sent of asked), what was found, how long still. */
export function progressText(statistics: ScanStatistics): string {
  if (statistics.total === 0) return 'resolving targets';
  const rate = count(Math.round(statistics.currentPacketsPerSecond));
  const asked = count(Math.round(statistics.targetPacketsPerSecond));
  return [
    `${statistics.percent.toFixed(1)}%`,
    `${rate}/${asked} packets/s`,
    `${count(statistics.open)} open`,
    ...backedOff(statistics),
    `ETA ${duration(statistics.etaMs)}`,
  ].join('  ');
}

function backedOff({ backedOffTargets, allBackedOff }: ScanStatistics): string[] {
  if (allBackedOff) return ['all targets backed off'];
  return backedOffTargets === 0 ? [] : [`${count(backedOffTargets)} backed off`];
}

function bar(percent: number): string {
  const full = Math.floor((Math.min(percent, 100) / 100) * BAR_CELLS);
  return `[${'#'.repeat(full)}${'-'.repeat(BAR_CELLS - full)}]`;
}
