import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from './run-cli.js';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'pacegate-cli-'));
  writeFileSync(path.join(folder, 'bad.json'), '{"version": 9}');
  writeFileSync(path.join(folder, 'no.json'), 'not json');
  writeFileSync(path.join(folder, 'targets'), '127.0.0.1 # me\n10.0.0.0/33\n');
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** Exactly one line, ending in a code; no result, no stack. */
async function expectOneLine(
  args: string[],
  exitCode: number,
  code: string,
  named: string,
): Promise<void> {
  const {
    code: exited,
    stdout,
    stderr,
  } = await runCli(args.map((arg) => arg.replace('DIR', folder)));
  expect(stderr).toMatch(/^pacegate: [^\n]+ \[ERR_PACEGATE_[A-Z_]+\]\n$/);
  expect(stderr).toContain(`[ERR_PACEGATE_${code}]`);
  expect(stderr).toContain(named);
  expect(stdout).toBe('');
  expect(exited).toBe(exitCode);
}

const T = '127.0.0.1';

describe('bad usage: one line with a code, exit 2, nothing sent', () => {
  it.concurrent.each<[string[], string, string]>([
    [['scan', '-p', '70000', T], 'OUT_OF_RANGE', '70000'],
    [['scan', '-p80-70', T], 'OUT_OF_RANGE', '80-70'],
    [['scan', '-p', 'http', T], 'INVALID_ARGUMENT', 'http'],
    [['scan', T], 'INVALID_ARGUMENT', '-p is missing'],
    [['scan', '-p80'], 'INVALID_ARGUMENT', 'targets'],
    [['scan', '-p80', '10.0.0.0/33'], 'OUT_OF_RANGE', '10.0.0.0/33'],
    [['scan', '-p80', '010.0.0.1'], 'INVALID_ARGUMENT', '010.0.0.1'],
    [['scan', '-p80', '224.0.0.1'], 'INVALID_ARGUMENT', '224.0.0.1'],
    [['scan', '-p80', T, '--exclude', T], 'INVALID_ARGUMENT', 'no address is left'],
    [['scan', '-p80', T, '--max-rate', '0'], 'OUT_OF_RANGE', '--max-rate'],
    [['scan', '-p80', T, '--max-rate', '-1'], 'OUT_OF_RANGE', '--max-rate'],
    [['scan', '-p80', T, '--max-rate=-1'], 'OUT_OF_RANGE', '-1'],
    [['scan', '-p80', T, '--max-rate', 'NaN'], 'INVALID_ARGUMENT', '--max-rate'],
    [['scan', '-p80', T, '--max-rate', ''], 'INVALID_ARGUMENT', '--max-rate'],
    [['scan', '-p80', T, '--max-rate-cap', '5'], 'INVALID_ARGUMENT', 'auto'],
    [['scan', '-p80', T, '--preset', 'turbo'], 'INVALID_ARGUMENT', '--preset must be one of local'],
    [['scan', '-p80', T, '--max-workers', '0'], 'OUT_OF_RANGE', '--max-workers'],
    [['scan', '-p80', T, '--max-workers', 'x'], 'INVALID_ARGUMENT', '--max-workers'],
    [['scan', '-p80', T, '--max-retries', '1.5'], 'OUT_OF_RANGE', '--max-retries'],
    [['scan', '-p80', T, '--pcap', '-'], 'INVALID_ARGUMENT', '--pcap must be a file'],
    [
      ['scan', '-p80', T, '--pcap', 'x', '-oJ', 'x'],
      'INVALID_ARGUMENT',
      'is the same file as --pcap x',
    ],
    [['scan', '-p80', T, '-sT', '--pcap', 'x'], 'NOT_SUPPORTED', '--pcap needs'],
    [['scan', '-p80', T, '--seed', '-3'], 'OUT_OF_RANGE', '--seed'],
    [['scan', '-p80', T, '--backend', 'foo'], 'INVALID_ARGUMENT', '--backend'],
    [['scan', '-p80', T, '-sS', '-sT'], 'INVALID_ARGUMENT', '-sS and -sT'],
    [['scan', '-p80', T, '-sX'], 'INVALID_ARGUMENT', '-sX'],
    [['scan', '-p80', T, '--frobnicate'], 'INVALID_ARGUMENT', '--frobnicate'],
    [['scan', '-p80', T, '--max-rat', '5'], 'INVALID_ARGUMENT', '--max-rate'],
    [['scan', '-p80', T, '-oJ'], 'INVALID_ARGUMENT', '-oJ'],
    [['scan', '-p80', T, '-oX', '-', '-oL', '-'], 'INVALID_ARGUMENT', 'two outputs'],
    [['scan', '-p80', T, '--output', 'csv:x'], 'INVALID_ARGUMENT', '--output'],
    [['scan', '-p80', T, '--resume', 'DIR/bad.json'], 'INVALID_ARGUMENT', '--resume'],
    [['scan', '-p80', T, '--resume', 'DIR/no.json'], 'INVALID_ARGUMENT', 'no.json'],
    [['scan', '-p80', '-iL', 'DIR/targets'], 'OUT_OF_RANGE', '10.0.0.0/33'],
    [['scan', '-p80', '-sT', T, '-e', 'a b'], 'INVALID_ARGUMENT', '-e'],
    [['scan', '-p80', '-sT', T, '--adaptive-rate'], 'NOT_SUPPORTED', '--adaptive-rate'],
    [['scan', '-p80', T, '--max-target-rate', 'x'], 'INVALID_ARGUMENT', '--max-target-rate'],
    [['scan', '-p80', T, '--max-prefix-rate', '5/x'], 'INVALID_ARGUMENT', '--max-prefix-rate'],
    [['scan', '-p80', T, '--max-prefix-rate', '5/24/9'], 'INVALID_ARGUMENT', '--max-prefix-rate'],
    [['scan', '-p80', T, '--max-prefix-rate', '0/24'], 'OUT_OF_RANGE', '--max-prefix-rate must'],
    [['scan', '-p80', T, '--backoff-limit', '0'], 'OUT_OF_RANGE', '--backoff-limit'],
    [['scan', '-p80', T, '--max-hostgroup', '0'], 'OUT_OF_RANGE', '--max-hostgroup'],
    [['scan', '-p80', T, '--max-parallelism', 'x'], 'INVALID_ARGUMENT', '--max-parallelism'],
    [
      ['scan', '-p80', T, '--max-parallelism', '3', '--max-hostgroup', '4'],
      'INVALID_ARGUMENT',
      '--max-parallelism',
    ],
    [
      ['scan', '-p80', T, '--max-hostgroup', '4', '--min-hostgroup', '5'],
      'INVALID_ARGUMENT',
      '--min-hostgroup must be at most',
    ],
    [['scan', '-p80', T, '--hostgroup-mode', 'x'], 'INVALID_ARGUMENT', '--hostgroup-mode'],
    [['scan', '-p80', '-sT', T, '--adaptive-rate'], 'NOT_SUPPORTED', '--adaptive-rate needs'],
    [['scan', '-p80', T, '--host-timeout', '0'], 'OUT_OF_RANGE', '--host-timeout'],
    [['scan', '-p80', T, '--tarpit', 'burn'], 'INVALID_ARGUMENT', '--tarpit must be'],
    [['scan', '-p80', T, '--tarpit-ports', '64'], 'INVALID_ARGUMENT', '--tarpit-ports'],
    [['scan', '-p80', T, '--tarpit-ports', '64/64'], 'INVALID_ARGUMENT', '--tarpit must'],
    [['frobnicate'], 'INVALID_ARGUMENT', 'frobnicate'],
    [['bench', 'frobnicate'], 'INVALID_ARGUMENT', 'limiters or scan'],
    [['bench', '--seconds', '0'], 'OUT_OF_RANGE', '--seconds'],
    [['bench', 'scan', '--seconds', 'x'], 'INVALID_ARGUMENT', '--seconds'],
    [['bench', 'scan', 'limiters'], 'INVALID_ARGUMENT', 'arguments'],
    [['doctor', '--frobnicate'], 'INVALID_ARGUMENT', '--frobnicate'],
    [[], 'INVALID_ARGUMENT', 'no command'],
  ])('P7 %j: %s', async (args, code, named) => {
    await expectOneLine(args, 2, code, named);
  });
});

describe('commands of later versions are refused by name', () => {
  it.concurrent.each(['serve'])('%s', async (command) => {
    await expectOneLine([command], 2, 'NOT_SUPPORTED', command);
  });
});

describe('faults: one line with a code, exit 1', () => {
  it.concurrent.each<[string[], string, string]>([
    [['scan', '-p80', T, 'no-such-host.invalid'], 'UNKNOWN_HOST', 'no-such-host.invalid'],
    [['scan', '-p80', T, '-sT', '-e', 'nix0'], 'NO_SUCH_INTERFACE', 'nix0'],
    [['scan', '-p80', '8.0.0.0/8'], 'NOT_PERMITTED', '--i-am-authorised'],
    [['scan', '-p80', '-iL', 'DIR/missing'], 'SYSTEM', 'ENOENT'],
    [['scan', '-p80', T, '--excludefile', 'DIR/missing'], 'SYSTEM', '--excludefile'],
    [['scan', '-p80', T, '-oJ', 'DIR/missing/out'], 'SYSTEM', 'ENOENT'],
    [['scan', '-p80', T, '--resume', 'DIR'], 'SYSTEM', 'EISDIR'],
    [['scan', '-p80', T, '--resume', 'DIR/missing/r'], 'SYSTEM', 'missing/r: ENOENT'],
  ])('%j: %s', async (args, code, named) => {
    await expectOneLine(args, 1, code, named);
  });
});

describe('help and version', () => {
  it('go to standard output, exit 0', async () => {
    const [help, scanHelp, version] = await Promise.all(
      [['--help'], ['scan', '--help'], ['--version']].map((args) => runCli(args)),
    );
    expect(help).toMatchObject({ code: 0, stderr: '' });
    expect(help?.stdout).toContain('pacegate doctor');
    for (const flag of [
      '-sS',
      '-sT',
      '-p PORTS',
      '-oJ',
      '-iL',
      '--max-rate',
      '--exclude',
      '--resume',
    ]) {
      expect(scanHelp?.stdout).toContain(flag);
    }
    expect(version?.stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});
