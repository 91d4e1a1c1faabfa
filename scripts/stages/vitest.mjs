// The TypeScript tests, counted from vitest's own JSON report.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { root, runNode } from '../steps/process.mjs';

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
    output: [...failures(report), withoutPassed(result.output)].join('\n'),
  };
}

/** What failed and why, in a few lines each: they come first, as whoever keeps a log may keep only its head. */
const failures = (report) =>
  report.testResults.flatMap(({ name, message = '', assertionResults: tests }) => {
    const file = path.relative(root, name);
    const failed = tests.filter((test) => test.status === 'failed');
    if (tests.length === 0 && message) return [`${file}\n${headOf(message)}`];
    return failed.map((test) => `${file}: ${test.fullName}\n${headOf(test.failureMessages?.[0])}`);
  });

const headOf = (message = '') => message.split('\n').slice(0, 30).join('\n');

const withoutPassed = (output) =>
  output
    .split('\n')
    .filter((line) => !/^\s*✓/.test(line))
    .join('\n');

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
