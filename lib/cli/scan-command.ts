// `pacegate scan`: results to standard output, everything else to standard error.

import { scan, type Scan } from '../scan/index.js';
import { describeFailure, EXIT } from './failure.js';
import { Interrupt } from './interrupt.js';
import { Messages } from './messages.js';
import { LineWriter } from './output/line-writer.js';
import { openOutput } from './output/open-output.js';
import { ndjsonSink, tableSink, type ResultSink } from './output/result-sink.js';
import { ResumeKeeper } from './resume-keeper.js';
import { scanOptions, type ScanFlags } from './scan-flags.js';

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
  const interrupt = new Interrupt(
    () => {
      keeper.remember();
      stop();
    },
    () => {
      messages.clear();
      report(keeper.keepRemembered());
    },
  );
  try {
    const isContinued = options.resume !== undefined;
    const sinks = await openSinks(flags.outputJson, isContinued, stop, messages.clear);
    const running = scan({ ...options, signal: abort.signal });
    keeper.follow(running);
    messages.follow(running);
    await printAll(running, sinks, messages, keeper);
    const unsaved = keeper.keep();
    const summary = await running.done;
    // Whoever closed standard output has seen enough.
    if (interrupt.exitCode !== undefined || !abort.signal.aborted) {
      messages.summarize(summary, interrupt.exitCode !== undefined);
    }
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

/** Prints every result; where that fails, tells and keeps what there is before it throws. */
async function printAll(
  running: Scan,
  sinks: readonly ResultSink[],
  messages: Messages,
  keeper: ResumeKeeper,
): Promise<void> {
  let isFinishing = false;
  try {
    for await (const result of running) {
      for (const sink of sinks) await sink.add(result);
    }
    isFinishing = true;
    await finishAll(sinks);
  } catch (error) {
    if (!isFinishing && running.statistics.total > 0) await finishAll(sinks).catch(() => undefined);
    const isScanAtFault = await running.done.then(
      () => false,
      () => true,
    );
    if (isScanAtFault) messages.figures(running.statistics);
    messages.clear();
    report(keeper.keep());
    throw error;
  }
}

/** One output that fails does not cut the other short. */
async function finishAll(sinks: readonly ResultSink[]): Promise<void> {
  const outcomes = await Promise.allSettled(sinks.map((sink) => sink.finish()));
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

/** A fault beside the one that ends the command. */
function report(error: Error | undefined): void {
  if (error !== undefined) process.stderr.write(`${describeFailure(error).line}\n`);
}

/** `-oJ -` puts NDJSON in the place of the table, `-oJ FILE` beside it. */
async function openSinks(
  outputJson: string | undefined,
  isContinued: boolean,
  stop: () => void,
  beforeWrite: () => void,
): Promise<ResultSink[]> {
  const isBeside = outputJson !== undefined && outputJson !== '-';
  let readers = isBeside ? 2 : 1;
  const shared = {
    onFailure: stop,
    onReaderGone: (): void => {
      readers -= 1;
      if (readers === 0) stop();
    },
  };
  const file = isBeside ? await openOutput(outputJson, isContinued) : undefined;
  const name = 'standard output';
  const standardOutput = new LineWriter(process.stdout, { ...shared, name, beforeWrite });
  if (outputJson === '-') return [ndjsonSink(standardOutput)];
  if (file === undefined || outputJson === undefined) return [tableSink(standardOutput)];
  const beside = new LineWriter(file, { ...shared, name: outputJson, isClosedAtEnd: true });
  return [tableSink(standardOutput), ndjsonSink(beside)];
}
