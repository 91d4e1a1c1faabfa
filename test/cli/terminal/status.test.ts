import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { isForegroundStat } from '../../../lib/cli/keys/foreground.js';
import { ScanKeys } from '../../../lib/cli/keys/scan-keys.js';
import type { Report } from '../../../lib/cli/status/report.js';
import { showsUnicode, Sparkline } from '../../../lib/cli/status/sparkline.js';
import { InvalidRangeError } from '../../../lib/internal/errors.js';
import type { Scan } from '../../../lib/scan/index.js';
import { outcomeOf, runCli, startCli } from '../run-cli.js';

describe('the sparkline', () => {
  const drawn = (rates: number[], asked: number, isUnicode = true): string => {
    const line = new Sparkline(4, isUnicode);
    rates.forEach((rate, second) => {
      line.add(rate, second * 1000);
    });
    return line.text(asked);
  };

  it('shows the last seconds, a full bar being the rate asked', () => {
    expect(drawn([0, 500, 1000], 1000)).toBe('▁▅█');
    expect(drawn([0, 500, 1000], 1000, false)).toBe('.+#');
    expect(drawn([9, 9, 0, 0, 0, 0], 10)).toBe('▁▁▁▁');
  });

  it('shows more than was asked as the fullest bar, and nothing of one second', () => {
    expect(drawn([1000, 2000], 1000)).toBe('▅█');
    expect(drawn([1000], 1000)).toBe('');
  });

  it('takes one rate a second', () => {
    const line = new Sparkline(4, true);
    for (const [rate, ms] of [
      [100, 0],
      [0, 250],
      [100, 1100],
      [50, 1900],
    ] as const)
      line.add(rate, ms);
    expect(line.text(100)).toBe('▁▅');
  });

  it('is of blocks where the locale can show them', () => {
    expect(showsUnicode({ LANG: 'de_DE.UTF-8' })).toBe(true);
    expect(showsUnicode({ LANG: 'C.utf8', LC_ALL: '' })).toBe(true);
    expect(showsUnicode({ LANG: 'de_DE.UTF-8', LC_ALL: 'C' })).toBe(false);
    expect(showsUnicode({})).toBe(false);
  });
});

describe('keys', () => {
  function pressed(keys: string, minRate = 0): { calls: unknown[][]; said: string[] } {
    const calls: unknown[][] = [];
    const said: string[] = [];
    const statistics = { targetPacketsPerSecond: 1000 };
    const note =
      (name: string) =>
      (...values: unknown[]) => {
        calls.push([name, ...values]);
      };
    const scan = {
      statistics,
      setRate: (rate: number) => {
        if (rate < minRate) throw new InvalidRangeError('rate must be at least minRate');
        statistics.targetPacketsPerSecond = rate;
        calls.push(['setRate', rate]);
      },
      pause: note('pause'),
      resume: note('resume'),
    };
    const report = { print: (text: string) => said.push(text), setPaused: note('setPaused') };
    const steering = new ScanKeys(
      scan as unknown as Scan,
      report as unknown as Report,
      note('stop'),
    );
    for (const key of keys) steering.press(key);
    return { calls, said };
  }

  it('P11 change the rate by a quarter, and back', () => {
    expect(pressed('++--').calls).toEqual([
      ['setRate', 1250],
      ['setRate', 1560],
      ['setRate', 1250],
      ['setRate', 1000],
    ]);
  });

  it('say why a rate is not possible', () => {
    expect(pressed('-', 1000)).toEqual({ calls: [], said: ['rate must be at least --min-rate'] });
  });

  it('P11 pause, go on and stop; others do nothing', () => {
    const { calls, said } = pressed('px pq?');
    expect(calls.map(([name]) => name)).toEqual([
      ...['pause', 'setPaused', 'resume', 'setPaused', 'pause', 'setPaused', 'stop'],
    ]);
    expect(said).toHaveLength(5);
  });

  it('are for the foreground', () => {
    expect(isForegroundStat('7 (a ) b (c) S 1 77 5 34816 77 4194304')).toBe(true);
    expect(isForegroundStat('7 (node) S 1 77 5 34816 78 4194304')).toBe(false);
    expect(isForegroundStat('')).toBe(false);
  });
});

describe('--status-ndjson', () => {
  const lines = (stderr: string): { type: string; [name: string]: unknown }[] =>
    stderr
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string });

  it('P11 makes standard error one JSON object a line: status each second, the summary at last', async () => {
    const args = ['-p', '20001-22500', '--max-rate', '1000', '--open', '--status-ndjson'];
    const { code, stdout, stderr } = await runCli(['scan', '127.0.0.1', '-sT', ...args]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    const told = lines(stderr);
    expect(told.at(-1)).toMatchObject({ type: 'summary', complete: true });
    const status = told.filter(({ type }) => type === 'status');
    expect(status.length).toBeGreaterThanOrEqual(2);
    const times = status.slice(0, -1).map(({ elapsedMs }) => elapsedMs as number);
    for (const [i, ms] of times.entries())
      expect(ms - (times[i - 1] ?? -1000)).toBeGreaterThanOrEqual(1000);
    expect(status.at(-1)).toMatchObject({
      settled: 2500,
      total: 2500,
      percent: 100,
      phase: 'done',
    });
    expect(status[0]).toMatchObject({
      paused: false,
      stopping: false,
      targetPacketsPerSecond: 1000,
    });
  });

  it.each([
    ['a fault', ['scan', '127.0.0.1', '-p', '1-9', '-sT', '-e', 'nix0'], 1, 'NO_SUCH_INTERFACE'],
    ['bad usage', ['scan', '127.0.0.1', '-p', '99999'], 2, 'OUT_OF_RANGE'],
  ])('tells of %s so too', async (_what, args, code, error) => {
    const outcome = await runCli([...args, '--status-ndjson']);
    expect(outcome.code).toBe(code);
    expect(lines(outcome.stderr).at(-1)).toMatchObject({
      type: 'error',
      code: `ERR_PACEGATE_${error}`,
    });
  });

  it('tells where an interrupted scan can be gone on with', async () => {
    const resume = path.join(tmpdir(), `pacegate-status-${process.pid}`);
    const args = ['-p', '20001-29000', '-sT', '--status-ndjson', '--resume', resume];
    const child = startCli(['scan', '127.0.0.1', ...args]);
    let text = '';
    child.stderr.on('data', (data: Buffer) => (text += data.toString()));
    const ended = outcomeOf(child);
    await vi.waitFor(() => {
      expect(text).toContain('"status"');
    }, 10_000);
    child.kill('SIGINT');
    const { code, stderr } = await ended;
    rmSync(resume);
    expect(code).toBe(130);
    expect(lines(stderr).slice(-2)).toMatchObject([
      { type: 'summary', complete: false, interrupted: true },
      { type: 'note', message: expect.stringContaining(resume) as string },
    ]);
  });
});
