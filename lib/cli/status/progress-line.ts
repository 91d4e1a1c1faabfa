// One line on standard error that tells how the scan goes.

import type { ScanStatistics } from '../../scan/index.js';
import { count, duration } from './format.js';
import { showsUnicode, Sparkline } from './sparkline.js';
import { TimeLeft } from './time-left.js';

/** What a progress line is written to. */
export interface ProgressStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** Into a pipe or a log file, one line in so many milliseconds. */
const PLAIN_INTERVAL_MS = 5000;
const BAR_CELLS = 10;
const SPARK_CELLS = 12;

const GREEN = 32;
const YELLOW = 33;

/** Rewrites one line of a terminal; elsewhere writes a plain line now and then. */
export class ProgressLine {
  readonly #stream: ProgressStream;
  readonly #hasColour: boolean;
  readonly #sparkline: Sparkline;
  readonly #timeLeft = new TimeLeft();
  #isShown = false;
  #nextPlainMs = PLAIN_INTERVAL_MS;

  constructor(stream: ProgressStream, environment: NodeJS.ProcessEnv = process.env) {
    this.#stream = stream;
    const isPlain = (environment['NO_COLOR'] ?? '') !== '' || environment['TERM'] === 'dumb';
    this.#hasColour = stream.isTTY === true && !isPlain;
    this.#sparkline = new Sparkline(SPARK_CELLS, showsUnicode(environment));
  }

  /** @param hold - why the time that is left says nothing now: `paused`, `stopping` */
  update(statistics: ScanStatistics, hold = ''): void {
    const { currentPacketsPerSecond, elapsedMs } = statistics;
    this.#sparkline.add(currentPacketsPerSecond, elapsedMs);
    const told = { ...statistics, etaMs: this.#timeLeft.look(statistics, hold !== '') };
    if (this.#stream.isTTY === true) this.#rewrite(told, hold);
    else this.#append(told, hold);
  }

  /** Takes the line away, before something else is printed and at the end. */
  clear(): void {
    if (!this.#isShown) return;
    this.#isShown = false;
    this.#stream.write('\r\u001b[K');
  }

  #rewrite(statistics: ScanStatistics, hold: string): void {
    // Some terminals say 0 when they do not know.
    const columns = this.#stream.columns === 0 ? undefined : this.#stream.columns;
    // A line that wraps could not be taken back; the last column is left free for terminals that wrap early.
    const room = Math.max((columns ?? 80) - 1, 10);
    const spark = this.#sparkline.text(statistics.targetPacketsPerSecond);
    const forms = lineForms(statistics, hold, spark);
    const line = (forms.find(({ length }) => length <= room) ?? forms.at(-1) ?? '').slice(0, room);
    this.#stream.write(`\r${this.#hasColour ? coloured(line) : line}\u001b[K`);
    this.#isShown = true;
  }

  #append(statistics: ScanStatistics, hold: string): void {
    if (statistics.elapsedMs < this.#nextPlainMs) return;
    this.#nextPlainMs = statistics.elapsedMs + PLAIN_INTERVAL_MS;
    this.#stream.write(`pacegate: ${progressText(statistics, hold)}\n`);
  }
}

/** The line from the widest form to the narrowest. */
function lineForms(statistics: ScanStatistics, hold: string, spark: string): string[] {
  const plain = progressText(statistics, hold);
  const words = progressText(statistics, hold, spark);
  if (statistics.total === 0) return [plain];
  const { percent } = statistics;
  return [
    `${bar(percent)} ${words}`,
    words,
    plain,
    shortText(statistics, hold),
    shortestText(statistics),
  ];
}

/** How far, how fast (sent of asked), what was found, how long still. */
export function progressText(statistics: ScanStatistics, hold = '', spark = ''): string {
  if (statistics.total === 0) return 'resolving targets';
  const rate = `${sentOfAsked(statistics)} packets/s`;
  return [
    `${statistics.percent.toFixed(1)}%`,
    spark === '' ? rate : `${rate} ${spark}`,
    `${count(statistics.open)} open`,
    ...backedOff(statistics),
    hold === '' ? `ETA ${duration(statistics.etaMs)}` : hold,
  ].join('  ');
}

function shortText(statistics: ScanStatistics, hold: string): string {
  const { percent, open, etaMs } = statistics;
  const end = hold === '' ? duration(etaMs) : hold;
  return `${percent.toFixed(0)}% ${sentOfAsked(statistics)}/s ${count(open)} open ${end}`;
}

function shortestText({ percent, open }: ScanStatistics): string {
  return `${percent.toFixed(0)}% ${count(open)} open`;
}

function sentOfAsked(statistics: ScanStatistics): string {
  const sent = count(Math.round(statistics.currentPacketsPerSecond));
  return `${sent}/${count(Math.round(statistics.targetPacketsPerSecond))}`;
}

function backedOff({ backedOffTargets, allBackedOff }: ScanStatistics): string[] {
  if (allBackedOff) return ['all targets backed off'];
  return backedOffTargets === 0 ? [] : [`${count(backedOffTargets)} backed off`];
}

/** What was found in green, what holds the scan up in yellow. */
function coloured(line: string): string {
  const inColour = (colour: number) => (part: string) => `\u001b[${colour}m${part}\u001b[39m`;
  return line
    .replace(/\d+(?: \d{3})* open/, inColour(GREEN))
    .replace(/all targets backed off|\d+(?: \d{3})* backed off|paused|stopping/g, inColour(YELLOW));
}

function bar(percent: number): string {
  const full = Math.floor((Math.min(percent, 100) / 100) * BAR_CELLS);
  return `[${'#'.repeat(full)}${'-'.repeat(BAR_CELLS - full)}]`;
}
