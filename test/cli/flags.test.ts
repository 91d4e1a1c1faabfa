// What is refused before anything happens: no packet, no file touched. In this process, because nothing starts.

import {
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeFailure, inFlags } from '../../lib/cli/failure.js';
import { refuseSharedFiles } from '../../lib/cli/output/shared-files.js';
import { runProgram } from '../../lib/cli/program.js';
import { wantedScan } from '../../lib/cli/scan-flags.js';

let folder = '';
const file = (name: string): string => path.join(folder, name);
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'pacegate-flags-'));
  for (const name of ['old', 'targets', 'resume.spool']) writeFileSync(file(name), '127.0.0.1\n');
  writeFileSync(file('more'), '127.0.0.2\n');
  writeFileSync(file('wrong'), '127.0.0.1\n127.0.0.999\n');
  writeFileSync(file('bad.json'), '{"version": 9}');
  symlinkSync('old', file('link'));
  linkSync(file('old'), file('hard'));
  mkdirSync(file('in'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** What the command says, on its way to exit 2. */
async function refusal(args: string): Promise<string> {
  const argv = args.replaceAll('DIR', folder).split(' ');
  const thrown: unknown = await runProgram(['scan', ...argv]).then(
    () => undefined,
    (error: unknown) => error,
  );
  const { line, exitCode } = describeFailure(thrown);
  expect({ line, exitCode }).toMatchObject({ exitCode: 2 });
  return line;
}

describe('an option whose value is the next option', () => {
  it.each(['-oJ', '-oX', '-oL', '-oA', '--resume', '-iL', '--excludefile'])(
    'P7 is refused: %s',
    async (flag) => {
      expect(await refusal(`127.0.0.1 -p 1 ${flag} --quiet`)).toContain(`${flag} `);
      expect(existsSync('--quiet')).toBe(false);
    },
  );
});

describe('an option given twice', () => {
  it('P7 counts twice where it names ports or lists', () => {
    const lists = { inputList: [file('targets'), file('more')], ports: ['1', '3-4'] };
    const { settings } = wantedScan({ ...lists, progress: true }, []);
    expect(settings.targets).toHaveLength(2);
    expect([...settings.ports]).toEqual([1, 3, 4]);
    const excluded = { excludefile: [file('targets'), file('more')], ports: ['1'], progress: true };
    expect(wantedScan(excluded, ['127.0.0.1-3']).settings.exclude).toHaveLength(2);
  });

  it.each([
    ['-oJ DIR/a -oJ DIR/b', 'a is named already'],
    ['--resume DIR/a --resume DIR/b', 'a is named already'],
    ['-iL - --excludefile -', 'standard input holds one list'],
  ])('is refused where one of the two would be forgotten: %s', async (args, why) => {
    expect(await refusal(`127.0.0.1 -p 1 ${args}`)).toContain(why);
  });
});

describe('one file for two things', () => {
  it.each([
    '-oJ DIR/new -oX DIR/in/../new',
    '-oJ DIR/old -oX DIR/link',
    '-oJ DIR/hard -oX DIR/old',
    '-oA DIR/all --resume DIR/all.xml',
    '-oJ DIR/resume.spool --resume DIR/resume',
    '-iL DIR/targets -oL DIR/targets',
    '--excludefile DIR/old -oL DIR/link',
  ])('P11 is refused, and the file is as it was: %s', async (args) => {
    expect(await refusal(`127.0.0.1 -p 1 ${args}`)).toContain('is the same file as');
    for (const name of ['old', 'targets'])
      expect(readFileSync(file(name), 'utf8')).toBe('127.0.0.1\n');
    expect(existsSync(file('new'))).toBe(false);
  });

  it('is none where both are only read, or neither is a file', () => {
    const list = [file('targets')];
    expect(() => {
      refuseSharedFiles({ inputList: list, excludefile: list });
      refuseSharedFiles({ outputJson: '/dev/null', outputXml: '/dev/zero', outputList: '-' });
    }).not.toThrow();
  });
});

describe('a scan that is refused', () => {
  it.each([
    '127.0.0.1 --exclude 127.0.0.1 -p 1',
    '127.0.0.1 -p 99999',
    '-iL DIR/wrong -p 1',
    '127.0.0.1 -p 1 --resume DIR/bad.json',
  ])('P11 leaves the files of an earlier one alone: %s', async (args) => {
    await refusal(`${args} -oJ DIR/old -oX DIR/targets`);
    for (const name of ['old', 'targets'])
      expect(readFileSync(file(name), 'utf8')).toBe('127.0.0.1\n');
  });

  it('names the list that holds the wrong target, and the resume file', async () => {
    expect(await refusal('-iL DIR/wrong -p 1')).toMatch(/-iL \S+\/wrong must .*127\.0\.0\.999/);
    expect(await refusal('127.0.0.1 -p 1 --resume DIR/bad.json')).toContain(file('bad.json'));
  });

  it.each([
    ['--rate 5', '--max-rate'],
    ['-T4', '--max-rate'],
    ['-F', '-p names'],
    ['--top-ports 5', '-p names'],
    ['-oG x', '-oL'],
    ['-v', '--status-ndjson'],
    ['-sV', 'ports are open'],
    ['-sU', '-sS and -sT'],
    ['--shards 1/2', '--shard I/N'],
    ['--frobnicate', '--help'],
  ])('P7 says what it has instead of an option of nmap or masscan: %s', async (args, instead) => {
    expect(await refusal(`127.0.0.1 -p 1 ${args}`)).toContain(instead);
  });

  it('P7 speaks of flags, not of options of the library', () => {
    expect(inFlags('hostTimeoutMs must be more')).toBe('--host-timeout must be more');
    expect(inFlags('a target took longer than hostTimeoutMs (1)')).toBe(
      'a target took longer than --host-timeout (1)',
    );
    expect(inFlags('maxPrefixRate.rate must be at most maxRate')).toBe(
      '--max-prefix-rate must be at most --max-rate',
    );
    expect(inFlags('seed the ports of myHost')).toBe('--seed the ports of myHost');
  });
});
