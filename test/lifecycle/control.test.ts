import { describe, expect, test } from 'vitest';
import { runProgram } from './run-program.js';

describe('what controls a scan', { timeout: 90_000 }, () => {
  test('H10 H12 does not keep a process or a worker alive', async () => {
    const ending = await runProgram('control-left');
    expect(ending).toEqual({ code: 0, signal: null, stdout: '1 4\nworker 0', stderr: '' });
  });

  test('H12 keeps an hour in at most 2 MiB, and no more after two', async () => {
    const { code, stdout, stderr } = await runProgram('control-hour', { flags: ['--expose-gc'] });
    expect([code, stderr]).toEqual([0, '']);
    const { requests, first, grown } = JSON.parse(stdout) as Record<string, number>;
    expect(requests).toBe(50 * 60 * 59);
    expect(first).toBeLessThan(2.5); // with what the program itself takes
    expect(grown).toBeLessThan(0.5);
  });

  test('H10 gives way when this process has too many descriptors, and recovers', async () => {
    const { code, stdout, stderr } = await runProgram('control-descriptors');
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^(unavailable: .*|throttled workers\nrecovered workers)$/);
  });
});
