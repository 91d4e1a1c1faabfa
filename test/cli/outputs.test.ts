// Outputs that are full, gone or gone on with.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MAIN, outcomeOf, results, runCli, silentPort, startCli, type Outcome } from './run-cli.js';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'pacegate-cli-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const SCAN = ['scan', '127.0.0.1', '-sT', '--max-rate', '20000'];

/** Runs the command in a shell, with what follows it there: a redirection or a reader. */
function runShell(args: string[], rest: string): Promise<Outcome> {
  const words = [process.execPath, MAIN, ...args].map((word) => `'${word}'`).join(' ');
  return outcomeOf(spawn('bash', ['-o', 'pipefail', '-c', `${words} ${rest}`]));
}

describe.skipIf(!existsSync('/dev/full'))('a full disk', () => {
  const full = (name: string) => ({
    code: 1,
    stderr: `pacegate: cannot write ${name}: ENOSPC [ERR_PACEGATE_SYSTEM]\n`,
  });

  it.concurrent.each([
    ['results as a table', [...SCAN, '-p', '1000-1010']],
    ['many results', [...SCAN, '-p', '31000-36000', '-oJ', '-']],
    ['the report of doctor', ['doctor']],
    ['help', ['scan', '--help']],
  ])('under standard output ends in one line, exit 1: %s', async (_what, args) => {
    expect(await runShell(args, '>/dev/full')).toMatchObject(full('standard output'));
  });

  it.concurrent.each(['1000-1010', '31000-36000'])(
    'under -oJ FILE ends in one line that names the file, and each row is printed once: %s',
    async (ports) => {
      const outcome = await runCli([...SCAN, '-p', ports, '-oJ', '/dev/full']);
      expect(outcome).toMatchObject(full('/dev/full'));
      const rows = outcome.stdout.split('\n').filter((row) => row.startsWith('127.'));
      expect(new Set(rows).size).toBe(rows.length);
    },
  );

  it('P11 under one of several outputs completes the others, and they say why they end', async () => {
    const [xml, list] = [path.join(folder, 'full.xml'), path.join(folder, 'full.list')];
    const args = [
      ...SCAN,
      '-p',
      '20001-25000',
      '--output',
      'json:/dev/full',
      '-oX',
      xml,
      '-oL',
      list,
    ];
    expect(await runCli(args)).toMatchObject(full('/dev/full'));
    expect(readFileSync(xml, 'utf8')).toContain('errormsg="cannot write /dev/full: ENOSPC"');
    expect(readFileSync(xml, 'utf8').trimEnd()).toMatch(/<\/nmaprun>$/);
    expect(readFileSync(list, 'utf8')).toContain('# failure: cannot write /dev/full: ENOSPC\n');
  });

  it('under standard error costs no result', async () => {
    const outcome = await runShell([...SCAN, '-p', '1000-1010', '-oJ', '-'], '2>/dev/full');
    expect(outcome.code).toBe(1);
    expect(results(outcome.stdout)).toHaveLength(11);
  });
});

describe('a reader that has gone', () => {
  it('does not cut the file short, and the summary follows', async () => {
    const file = path.join(folder, 'whole.ndjson');
    const { code, stderr } = await runShell(
      [...SCAN, '-p', '31000-33999', '-oJ', file],
      '| (exec <&-; true)',
    );
    expect(code).toBe(0);
    expect(results(readFileSync(file, 'utf8'))).toHaveLength(3000);
    expect(stderr).toContain('3 000 ports of 1 address scanned');
  });

  it.each([['doctor'], ['scan --help']])('is no fault of %s', async (command) => {
    const outcome = await runShell(command.split(' '), '| true');
    expect(outcome).toMatchObject({ code: 0, stderr: '' });
  });
});

describe('a file of results and a resume file', () => {
  it('go on together: the file keeps the results from before, also after a line cut short', async () => {
    const file = path.join(folder, 'both.ndjson');
    const resume = path.join(folder, 'both.resume');
    const args = ['scan', '127.0.0.1', '-sT', '-p', '1000-1019', '-oJ', file, '--resume', resume];
    writeFileSync(file, 'from another day\n');
    const child = startCli([...args, '--max-rate', '20', '--open']);
    const ended = outcomeOf(child);
    await expect.poll(() => readFileSync(file, 'utf8')).toBe('');
    child.kill('SIGINT');
    expect((await ended).code).toBe(130);
    expect(existsSync(resume)).toBe(true);

    writeFileSync(file, '{"port":1}\n{"po');
    expect((await runCli([...args, '--max-rate', '2000'])).code).toBe(0);
    const [before, torn, ...after] = readFileSync(file, 'utf8').trimEnd().split('\n');
    expect([before, torn]).toEqual(['{"port":1}', '{"po']);
    expect(results(after.join('\n')).length).toBeGreaterThan(0);
    expect(existsSync(resume)).toBe(false);
  });

  it('says how the scan went when the resume file cannot be written any more', async () => {
    const gone = mkdtempSync(path.join(folder, 'gone-'));
    const resume = path.join(gone, 'r');
    const args = ['scan', '127.0.0.1', '-sT', '-p', '1000-1019', '--max-rate', '5'];
    const child = startCli([...args, '-oJ', '-', '--resume', resume]);
    const ended = outcomeOf(child);
    await once(child.stdout, 'data');
    rmSync(gone, { recursive: true });
    child.kill('SIGINT');
    const { code, stderr } = await ended;
    expect(code).toBe(1);
    const lines = stderr.trimEnd().split('\n');
    expect(lines[0]).toMatch(/stopped after \d+ probes of/);
    expect(lines.at(-1)).toBe(
      `pacegate: cannot write --resume ${resume}: ENOENT [ERR_PACEGATE_SYSTEM]`,
    );
  });
});

describe.skipIf(process.platform !== 'linux')('a second Ctrl-C', () => {
  it('leaves the resume file behind', async () => {
    const silent = await silentPort();
    const resume = path.join(folder, 'twice.resume');
    const ports = `${silent.port},1000-1004`;
    const args = ['-sT', '-p', ports, '--timeout', '600000', '-oJ', '-', '--resume', resume];
    const child = startCli([...SCAN.slice(0, 2), ...args, '--max-rate', '1000']);
    let known = '';
    child.stdout.on('data', (data: Buffer) => (known += data.toString()));
    const ended = outcomeOf(child);
    await expect.poll(() => results(known), { timeout: 5000 }).toHaveLength(5);
    await new Promise((resolve) => setTimeout(resolve, 200)); // the silent port is probed by now
    child.kill('SIGINT');
    await new Promise((resolve) => setTimeout(resolve, 200)); // else it is one signal
    await expect.poll(() => existsSync(resume), { timeout: 5000 }).toBe(true);
    child.kill('SIGINT');
    expect((await ended).code).toBe(130);
    expect(JSON.parse(readFileSync(resume, 'utf8'))).toMatchObject({ version: 1 });
    silent.close();
  });
});
