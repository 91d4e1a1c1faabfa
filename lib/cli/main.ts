#!/usr/bin/env node
// The `pacegate` command. Whatever goes wrong, also while loading, ends in one line on standard error.

import { describeFailure } from './failure.js';
import { isReaderGone, writeFailure } from './output/line-writer.js';

let isReported = false;
let unwritten: Error | undefined;

function report(error: unknown): void {
  if (isReported) return;
  isReported = true;
  const { line, exitCode } = describeFailure(error);
  process.stderr.write(`${line}\n`);
  process.exitCode = exitCode;
}

// A reader that has gone has seen enough. Any other fault is told at the end, unless the command told it.
for (const [stream, name] of [
  [process.stdout, 'standard output'],
  [process.stderr, 'standard error'],
] as const) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (!isReaderGone(error, stream)) unwritten ??= writeFailure(error, name);
  });
}
process.once('beforeExit', () => {
  if (unwritten !== undefined) report(unwritten);
});

try {
  const { runProgram } = await import('./program.js');
  process.exitCode = await runProgram(process.argv.slice(2));
} catch (error) {
  report(error);
}
