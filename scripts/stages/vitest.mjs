// The TypeScript tests, counted from vitest's own JSON report.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { runNode } from '../steps/process.mjs';

/** Runs vitest with `args`; counts tests, and a file that could not be loaded as one failure. */
export async function runVitest(args, options) {
  const folder = mkdtempSync(path.join(tmpdir(), 'pacegate-vitest-'));
  const reportFile = path.join(folder, 'report.json');
  try {
    const result = await runNode(
      [
        'node_modules/vitest/vitest.mjs',
        'run',
        '--no-color',
        '--reporter=default',
        '--reporter=json',
        `--outputFile.json=${reportFile}`,
        ...args,
      ],
      { timeoutMs: 900_000, ...options },
    );
    return counts(result, readReport(reportFile));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function readReport(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined; // vitest died before it could write one
  }
}

/** `report` is vitest's JSON; `result` the process, whose exit code also covers errors outside any test. */
export function counts(result, report) {
  if (!report) return { passed: 0, failed: 1, skipped: 0, output: result.output };
  const unloadable = report.testResults.filter(
    (file) => file.status === 'failed' && file.assertionResults.length === 0,
  ).length;
  const failed = report.numFailedTests + unloadable;
  const nothingRan = report.numPassedTests === 0;
  return {
    passed: report.numPassedTests,
    failed: (result.ok && !nothingRan) || failed > 0 ? failed : 1,
    skipped: report.numPendingTests + report.numTodoTests,
    skippedTitles: skippedTitles(report),
    output: result.output,
  };
}

const skippedTitles = (report) =>
  report.testResults.flatMap((file) =>
    file.assertionResults
      .filter((test) => ['pending', 'skipped', 'todo'].includes(test.status))
      .map((test) => `${path.basename(file.name)}: ${test.fullName}`),
  );

export const vitest = {
  name: 'vitest',
  group: 'unit',
  waits: true,
  run: () => runVitest([]),
};
