import { describe, expect, test } from 'vitest';
import { runProgram } from './run-program.js';

const well = (stdout: unknown): object => ({ code: 0, signal: null, stdout, stderr: '' });

describe('an ICMP monitor', { timeout: 90_000 }, () => {
  test('P4 is one in a process, across threads, and ends with its worker, 10 times', async () => {
    const outcome = [
      'ERR_PACEGATE_MONITOR_RUNNING',
      'in a worker true, then here ERR_PACEGATE_MONITOR_RUNNING',
      'after its end true',
    ].join('; ');
    const ending = await runProgram('monitor-workers');
    expect(ending).toEqual(well(expect.stringMatching(new RegExp(`^(${outcome}|inactive)$`))));
  });

  test('P4 that was dropped is closed, and one that nobody hears lets the process end', async () => {
    const ending = await runProgram('monitor-dropped', { flags: ['--expose-gc'] });
    expect(ending).toEqual(well('started again'));
  });
});
