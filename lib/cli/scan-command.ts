// `pacegate scan`: results to standard output, everything else to standard error.

import { scan, type ScanOptions } from '../scan/index.js';
import { checkScanOptions } from '../scan/options.js';
import { describeFailure, EXIT } from './failure.js';
import { Interrupt } from './interrupt.js';
import { Messages } from './messages.js';
import { chosenOutputs } from './output/chosen-outputs.js';
import { openSinks } from './output/open-sinks.js';
import { printResults } from './output/print-results.js';
import type { RunStart } from './output/result-sink.js';
import { ResumeKeeper } from './resume-keeper.js';
import { scanOptions, type ScanFlags } from './scan-flags.js';
import { version } from './version.js';

/**
 * Scans, and prints what is found.
 *
 * @returns the exit code
 * @throws what made the scan impossible, before it began or later
 */
export async function runScan(targets: readonly string[], flags: ScanFlags): Promise<number> {
  const options = scanOptions(flags, targets);
  const keeper = new ResumeKeeper(flags.resume);
  const messages = new Messages(flags);
  const abort = new AbortController();
  const stop = (): void => {
    abort.abort();
  };
  const interrupt = new Interrupt(() => {
    keeper.saveSoon(); // a second signal does not wait for the answers under way
    stop();
  }, messages.clear);
  const isInterrupted = (): boolean => interrupt.exitCode !== undefined;
  try {
    const outputs = await openSinks(chosenOutputs(flags), {
      start: runStart(options, flags),
      hasMetadata: flags.metadata ?? false,
      isContinued: options.resume !== undefined,
      spoolFile: keeper.spoolFile,
      stop,
      beforeWrite: messages.clear,
      warn: (message) => {
        messages.print(`warning: ${message}`);
      },
    });
    const running = scan({ ...options, signal: abort.signal });
    keeper.follow(running, outputs);
    messages.follow(running);
    const outcome = await printResults(running, outputs, isInterrupted, keeper.rest);
    const { summary, error } = outcome;
    if (outcome.isScanAtFault) messages.figures(running.statistics);
    const unsaved = await keeper.keep(outcome.isAllWritten);
    if (summary === undefined || error !== undefined) {
      messages.clear();
      report(unsaved);
      throw error;
    }
    // Whoever closed standard output has seen enough.
    if (isInterrupted() || !abort.signal.aborted) messages.summarize(summary, isInterrupted());
    if (unsaved !== undefined) throw unsaved;
    if (!summary.complete && flags.resume !== undefined) {
      messages.print(
        `go on with the same command: --resume ${flags.resume} holds where it stopped`,
      );
    }
    return interrupt.exitCode ?? EXIT.done;
  } finally {
    messages.clear();
    interrupt.dispose();
  }
}

function runStart(options: ScanOptions, { shard }: ScanFlags): RunStart {
  const { ports, timeoutMs } = checkScanOptions(options);
  const args = process.argv.slice(2);
  return { version: version(), args, startedAt: new Date(), ports, timeoutMs, shard };
}

/** A fault beside the one that ends the command. */
function report(error: Error | undefined): void {
  if (error !== undefined) process.stderr.write(`${describeFailure(error).line}\n`);
}
