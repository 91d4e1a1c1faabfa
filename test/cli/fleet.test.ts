import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { results, runCli } from './run-cli.js';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'pacegate-cli-fleet-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const member = (...args: string[]) =>
  runCli(['scan', '127.0.0.1', '-sT', '--fleet', path.join(folder, 'plan'), ...args]);

describe('pacegate scan --fleet', () => {
  it('P11 two of them scan one plan, a third has nothing left to do, and another plan is refused', async () => {
    const args = ['-p', '1-400', '--max-rate', '1000', '-oJ', '-', '--fleet-shards', '4'];
    const outcomes = await Promise.all([member(...args), member(...args)]);
    const ports = outcomes.flatMap(({ stdout }) => results(stdout).map(({ port }) => port));
    expect(ports.sort((a, b) => a - b)).toEqual(Array.from({ length: 400 }, (_, i) => i + 1));
    for (const { code, stderr } of outcomes) {
      expect(code).toBe(0);
      expect(stderr).toContain('fleet: 4 of 4 shards done by all members, 400 pairs');
    }
    const [late, stranger] = await Promise.all([member(...args), member(...args, '-p', '401')]);
    expect([late.code, results(late.stdout)]).toEqual([0, []]);
    expect(stranger.code).toBe(1);
    expect(stranger.stderr).toMatch(
      /^pacegate: the plan in the store has other .*SHARED_STATE\]$/m,
    );
  });

  it.each([
    [['--resume', 'state'], '--resume is not for a fleet'],
    [['--shard', '1/2', '--seed', '1'], '--shard is not for a fleet'],
  ])('P11 refuses %j', async (args, message) => {
    const { code, stderr } = await member('-p', '1-5', ...args);
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringContaining(message) as string,
    });
  });
});
