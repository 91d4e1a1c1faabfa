// Real connections, more of them than the process may have descriptors.
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import type { PoolStatistics } from '../../lib/scan/index.js';
import { must } from './command.js';

const program = fileURLToPath(new URL('pool-program.mjs', import.meta.url));
const TASKS = process.env['PACEGATE_LONG_TESTS'] === '1' ? 50_000 : 5000;

interface Report {
  readonly kinds: Readonly<Record<string, number>>;
  readonly statistics: PoolStatistics;
}

/** Runs the program with at most 256 descriptors. */
async function probe(settings: { held: number; maxWorkers: number }): Promise<Report> {
  const argument = JSON.stringify({ tasks: TASKS, ...settings });
  const shell = 'ulimit -n 256; exec "$0" "$@"';
  return JSON.parse(await must('sh', ['-c', shell, process.execPath, program, argument])) as Report;
}

const everyThird = Math.ceil(TASKS / 3);
const everyNinth = Math.ceil(TASKS / 9);
const expected = {
  'closed conn-refused': TASKS - everyThird,
  'open syn-ack': everyThird - everyNinth,
  'open user-set hello': everyNinth,
};

test('H6 thousands of connections end well with 256 descriptors, however many workers are asked for', async () => {
  const { kinds, statistics } = await probe({ held: 0, maxWorkers: 5000 });
  expect(kinds).toEqual(expected);
  expect(statistics).toMatchObject({ submitted: TASKS, completed: TASKS, maxWorkers: 192 });
});

test('H6 and where the rest of the program has taken descriptors already', async () => {
  const { kinds, statistics } = await probe({ held: 200, maxWorkers: 5000 });
  expect(kinds).toEqual(expected);
  expect(statistics).toMatchObject({ completed: TASKS, failed: 0 });
  expect(statistics.busyRetries).toBeGreaterThan(0);
});
