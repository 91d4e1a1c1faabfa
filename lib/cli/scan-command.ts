// `pacegate scan`: results to standard output, everything else to standard error.

import { scan, type Scan } from '../scan/index.js';
import { EXIT } from './failure.js';
import { Interrupt } from './interrupt.js';
import { Messages } from './messages.js';
import { LineWriter, openOutput } from './output/line-writer.js';
import { ndjsonSink, tableSink, type ResultSink } from './output/result-sink.js';
import { removeResumeFile, saveResumeFile } from './resume-file.js';
import { scanOptions, type ScanFlags } from './scan-flags.js';

/**
 * Scans, and prints what is found.
 *
 * @returns the exit code
 * @throws what made the scan impossible, before it began or later
 */
export async function runScan(targets: readonly string[], flags: ScanFlags): Promise<number> {
  const options = scanOptions(flags, targets);
  const messages = new Messages(flags);
  const abort = new AbortController();
  const stop = (): void => {
    abort.abort();
  };
  const interrupt = new Interrupt(stop);
  try {
    const sinks = await openSinks(flags.outputJson, stop, messages.clear);
    const running = scan({ ...options, signal: abort.signal });
    messages.follow(running);
    await print(running, sinks, flags.resume);
    const summary = await running.done;
    // Whoever closed standard output has seen enough.
    if (interrupt.exitCode !== undefined || !abort.signal.aborted) {
      messages.summarize(summary, interrupt.exitCode !== undefined);
    }
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

/** Prints every result, and keeps the resume file as the scan leaves it, also when it fails. */
async function print(
  running: Scan,
  sinks: readonly ResultSink[],
  resumeFile?: string,
): Promise<void> {
  try {
    for await (const result of running) {
      for (const sink of sinks) await sink.add(result);
    }
    for (const sink of sinks) await sink.finish();
  } finally {
    if (resumeFile !== undefined) keepState(running, resumeFile);
  }
}

function keepState(running: Scan, file: string): void {
  const { settled, total } = running.statistics;
  if (total === 0) return; // it never began
  if (settled === total) removeResumeFile(file);
  else saveResumeFile(file, running.state());
}

/** `-oJ -` puts NDJSON in the place of the table, `-oJ FILE` beside it. */
async function openSinks(
  outputJson: string | undefined,
  stop: () => void,
  beforeWrite: () => void,
): Promise<ResultSink[]> {
  const standardOutput = new LineWriter(process.stdout, stop, beforeWrite);
  if (outputJson === '-') return [ndjsonSink(standardOutput)];
  if (outputJson === undefined) return [tableSink(standardOutput)];
  const file = new LineWriter(await openOutput(outputJson), stop);
  return [tableSink(standardOutput), ndjsonSink(file)];
}
