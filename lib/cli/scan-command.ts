// `pacegate scan`: results to standard output, everything else to standard error.

import { scanFleet, type FleetOptions, type Scan, type ScanOptions } from '../scan/index.js';
import { startScan, type CheckedScan } from '../scan/scan.js';
import { describeFailure, EXIT } from './failure.js';
import { wantedFleet } from './fleet-flags.js';
import { Interrupt } from './interrupt.js';
import { chosenOutputs } from './output/chosen-outputs.js';
import { openSinks, type Outputs } from './output/open-sinks.js';
import { printResults, type PrintOutcome } from './output/print-results.js';
import type { RunStart } from './output/result-sink.js';
import type { Keyboard } from './keys/keyboard.js';
import { KEYS_HINT, watchKeys } from './keys/scan-keys.js';
import { ResumeKeeper } from './resume/resume-keeper.js';
import { refuseSharedFiles } from './output/shared-files.js';
import type { RunningScan } from './running-scan.js';
import { wantedScan, type ScanFlags, type WantedScan } from './scan-flags.js';
import { Messages } from './status/messages.js';
import type { Report } from './status/report.js';
import { StatusNdjson } from './status/status-ndjson.js';
import { version } from './version.js';

/**
 * Scans, and prints what is found.
 *
 * @returns the exit code
 * @throws what made the scan impossible, before it began or later
 */
export async function runScan(targets: readonly string[], flags: ScanFlags): Promise<number> {
  refuseSharedFiles(flags);
  const command = new ScanCommand(wantedScan(flags, targets), flags);
  try {
    return await command.run();
  } finally {
    command.dispose();
  }
}

/** One scan with all that is around it: outputs, status, keys, signals, the resume file. */
class ScanCommand {
  readonly #options: ScanOptions;
  readonly #fleet: FleetOptions | undefined;
  readonly #checked: CheckedScan;
  readonly #flags: ScanFlags;
  readonly #keeper: ResumeKeeper;
  readonly #report: Report;
  readonly #interrupt: Interrupt;
  readonly #abort = new AbortController();
  #keyboard: Keyboard | undefined;

  constructor({ options, ...checked }: WantedScan, flags: ScanFlags) {
    this.#options = options;
    this.#fleet = wantedFleet(flags, options);
    this.#checked = checked;
    this.#flags = flags;
    this.#keeper = new ResumeKeeper(flags.resume);
    this.#report = reportFor(flags);
    this.#interrupt = new Interrupt(() => {
      this.#keeper.saveSoon(); // a second signal does not wait for the answers under way
      this.#report.setStopping();
      this.#abort.abort();
    }, this.#report.clear);
  }

  async run(): Promise<number> {
    const outputs = await this.#openOutputs();
    const running = this.#start(outputs);
    this.#report.follow(running);
    const outcome = await printResults(
      running,
      outputs,
      () => this.#isInterrupted,
      this.#keeper.rest,
    );
    this.#keyboard?.dispose();
    if (outcome.isScanAtFault) this.#report.figures(running.statistics);
    return this.#conclude(outcome, await this.#keeper.keep(outcome.isAllWritten));
  }

  /** A member of a fleet has no rate, and no place in the plan, that are its own: neither keys nor a resume file. */
  #start(outputs: Outputs): RunningScan {
    const { signal } = this.#abort;
    if (this.#fleet !== undefined) {
      return scanFleet({ ...this.#fleet, signal, flush: () => flush(outputs) });
    }
    const { settings, field } = this.#checked;
    const running = startScan({ settings: { ...settings, signal }, field });
    this.#keeper.follow(running, outputs);
    this.#watchKeys(running);
    return running;
  }

  dispose(): void {
    this.#keyboard?.dispose();
    this.#report.clear();
    this.#interrupt.dispose();
  }

  get #isInterrupted(): boolean {
    return this.#interrupt.exitCode !== undefined;
  }

  #openOutputs(): Promise<Outputs> {
    return openSinks(chosenOutputs(this.#flags), {
      start: runStart(this.#checked, this.#flags),
      hasMetadata: this.#flags.metadata ?? false,
      isContinued: this.#options.resume !== undefined,
      spoolFile: this.#keeper.spoolFile,
      stop: () => {
        this.#abort.abort();
      },
      beforeWrite: this.#report.clear,
      warn: (message) => {
        this.#report.print(`warning: ${message}`);
      },
    });
  }

  #watchKeys(running: Scan): void {
    if (!isInteractive(this.#flags)) return;
    this.#keyboard = watchKeys(running, this.#report, this.#interrupt.request);
    if (this.#keyboard?.isReading === true) this.#report.print(KEYS_HINT);
  }

  /** @param unsaved - why the resume file is not as it should be */
  #conclude({ summary, error }: PrintOutcome, unsaved: Error | undefined): number {
    if (summary === undefined || error !== undefined) {
      this.#report.clear();
      if (unsaved !== undefined) process.stderr.write(`${describeFailure(unsaved).line}\n`);
      throw error;
    }
    // Whoever closed standard output has seen enough.
    if (this.#isInterrupted || !this.#abort.signal.aborted)
      this.#report.summarize(summary, this.#isInterrupted);
    if (unsaved !== undefined) throw unsaved;
    const { resume } = this.#flags;
    if (!summary.complete && resume !== undefined) {
      this.#report.print(`go on with the same command: --resume ${resume} holds where it stopped`);
    }
    return this.#interrupt.exitCode ?? EXIT.done;
  }
}

/** @throws (rejects) when something of it could not be written, or nobody reads it */
async function flush({ sinks, hasReader }: Outputs): Promise<void> {
  await Promise.all(sinks.map((sink) => sink.sync()));
  if (!hasReader()) throw new Error('nobody reads the results');
}

function reportFor(flags: ScanFlags): Report {
  if (flags.statusNdjson === undefined) return new Messages(flags);
  return new StatusNdjson((line) => process.stderr.write(`${line}\n`));
}

/** Keys are for who watches; standard input may be a list of targets, and standard error a program's. */
function isInteractive(flags: ScanFlags): boolean {
  const { noninteractive, quiet, statusNdjson, inputList = [], excludefile = [] } = flags;
  const isRead = [...inputList, ...excludefile].includes('-');
  return !noninteractive && !quiet && !statusNdjson && !isRead;
}

function runStart({ settings: { ports, timeoutMs } }: CheckedScan, { shard }: ScanFlags): RunStart {
  const args = process.argv.slice(2);
  return { version: version(), args, startedAt: new Date(), ports, timeoutMs, shard };
}
