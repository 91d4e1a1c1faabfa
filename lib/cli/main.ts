#!/usr/bin/env node
// The `pacegate` command. Whatever goes wrong, also while loading, ends in one line on standard error.

import { describeFailure } from './failure.js';

try {
  const { runProgram } = await import('./program.js');
  process.exitCode = await runProgram(process.argv.slice(2));
} catch (error) {
  const { line, exitCode } = describeFailure(error);
  process.stderr.write(`${line}\n`);
  process.exitCode = exitCode;
}
