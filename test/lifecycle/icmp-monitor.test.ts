import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { runProgram } from './run-program.js';

const well = (stdout: unknown): object => ({ code: 0, signal: null, stdout, stderr: '' });

/** CAP_NET_RAW is bit 13 of the effective capabilities; only Linux has monitors. */
function hasRawSockets(): boolean {
  if (process.platform !== 'linux') return false;
  const [, mask = '0'] =
    /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  return ((BigInt(`0x${mask}`) >> 13n) & 1n) === 1n;
}

describe('an ICMP monitor', { timeout: 90_000 }, () => {
  test('P4 is one in a process, across threads, and ends with its worker, 10 times', async () => {
    const outcome = [
      'ERR_PACEGATE_MONITOR_RUNNING',
      'in a worker true, then here ERR_PACEGATE_MONITOR_RUNNING',
      'after its end true',
    ].join('; ');
    const ending = await runProgram('monitor-workers');
    // Containers have roots without the capability; what this one has is the kernel's to say.
    expect(ending).toEqual(well(hasRawSockets() ? outcome : 'inactive'));
  });

  test('P4 that was dropped is closed, and one that nobody hears lets the process end', async () => {
    const ending = await runProgram('monitor-dropped', { flags: ['--expose-gc'] });
    expect(ending).toEqual(well('started again'));
  });
});
