// Where the settings of `pacegate scan` come from: flags, the environment, a preset.

import { describe, expect, it } from 'vitest';
import { outcomeOf, runCli, startCli, type Outcome } from './run-cli.js';

const SCAN = ['scan', '-sT', '-p', '1-3', '127.0.0.1', '--json-summary'];

function run(flags: string[], env: NodeJS.ProcessEnv = {}): Promise<Outcome> {
  const child = startCli([...SCAN, ...flags], env);
  child.stdin.end();
  return outcomeOf(child);
}

async function askedRate(flags: string[], env: NodeJS.ProcessEnv = {}): Promise<number> {
  const { stderr, code } = await run(flags, env);
  expect(code).toBe(0);
  const summary = JSON.parse(stderr) as { statistics: { targetPacketsPerSecond: number } };
  return summary.statistics.targetPacketsPerSecond;
}

const RATE = { PACEGATE_SCAN_RATE_LIMIT_REQUESTS: '321' };

describe('settings', () => {
  it.concurrent.each<[string, string[], NodeJS.ProcessEnv, number]>([
    ['H7 the default', [], {}, 100],
    ['H8 a preset goes before the default', ['--preset', 'local'], {}, 1000],
    ['H7 the environment goes before a preset', ['--preset', 'polite'], RATE, 321],
    ['H7 a flag goes before both', ['--preset', 'polite', '--max-rate', '77'], RATE, 77],
  ])('%s', async (_, flags, env, rate) => {
    expect(await askedRate(['--no-progress', ...flags], env)).toBe(rate);
  });

  it('H7 every wrong variable is named, before anything is sent', async () => {
    const { code, stdout, stderr } = await run(['--max-rate', '5'], {
      PACEGATE_SCAN_RATE_LIMIT_REQUESTS: 'much',
      PACEGATE_SCAN_MAX_THREADS: '0',
      PACEGATE_SCAN_RETRIES: '1',
    });
    expect(stderr).toMatch(
      /^pacegate: 3 settings are wrong: .*REQUESTS must.*MAX_THREADS must.*no variable PACEGATE_SCAN_RETRIES[^\n]* \[ERR_PACEGATE_INVALID_ARGUMENT\]\n$/,
    );
    expect([code, stdout]).toEqual([2, '']);
  });

  it('H8 --preset list prints the presets, and needs no targets', async () => {
    const { code, stdout, stderr } = await runCli(['scan', '--preset', 'list']);
    expect([code, stderr]).toEqual([0, '']);
    const rows = stdout.trimEnd().split('\n');
    expect(rows.map((row) => row.split(/\s+/).slice(0, 3))).toEqual([
      ['PRESET', 'RATE/S', 'WORKERS'],
      ['local', '1000', '200'],
      ['internet', '100', '50'],
      ['polite', '20', '10'],
      ['high-volume', '500', '100'],
    ]);
  });
});
