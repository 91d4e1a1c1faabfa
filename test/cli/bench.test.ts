import { readdirSync, readFileSync } from 'node:fs';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import type { LimiterFigures } from '../../lib/cli/bench/limiters/measure-limiters.js';
import { outcomeOf, runCli, startCli } from './run-cli.js';

/** Processes that inherited this setting. */
function processesWith(setting: string): string[] {
  return readdirSync('/proc').filter((name) => {
    try {
      return /^\d+$/.test(name) && readFileSync(`/proc/${name}/environ`, 'utf8').includes(setting);
    } catch {
      return false; // it has ended, or is not ours
    }
  });
}

describe('pacegate bench', () => {
  it('measures limiters beside a hand-written one, and names what it could not compare with', async () => {
    const { code, stdout, stderr } = await runCli([
      'bench',
      'limiters',
      '--seconds',
      '1',
      '--json',
    ]);
    expect([code, stderr]).toEqual([0, '']);
    const { limiters } = JSON.parse(stdout) as { limiters: LimiterFigures };
    const rows = [...limiters.single, ...limiters.keyed];
    expect(rows.filter(({ failure }) => failure !== undefined)).toEqual([]);
    for (const { allowed } of rows) expect(allowed?.ns.median).toBeGreaterThan(0);
    expect(rows.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['TokenBucket', 'SlidingWindow, exact', 'KeyedLimiter, strings']),
    );
    expect(limiters.absent).toContain('bottleneck');
  });

  it.runIf(process.platform === 'linux')(
    'leaves nothing behind when it is interrupted',
    async () => {
      const setting = `BENCH_OF=${process.pid}`;
      const child = startCli(['bench', 'scan'], { BENCH_OF: String(process.pid) });
      const ended = outcomeOf(child);
      await once(child.stdout, 'data');
      child.kill('SIGINT');
      expect((await ended).code).toBe(130);
      await expect.poll(() => processesWith(setting), { timeout: 10_000 }).toEqual([]);
    },
  );
});
