import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openArray } from '../../../lib/cli/output/open-output.js';
import { arrayEnd } from '../../../lib/cli/output/written-before.js';
import { MAIN, outcomeOf, startCli } from '../run-cli.js';

let folder = '';
let file = '';
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'pacegate-json-'));
  file = path.join(folder, 'scan.json');
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const parsed = (): { port: number }[] =>
  JSON.parse(readFileSync(file, 'utf8')) as { port: number }[];
const SCAN = ['scan', '127.0.0.1', '-sT'];

describe('a JSON array in a file', () => {
  it('P11 is valid from the first moment and after each write', async () => {
    const { stream, hasElements } = await openArray(file, false);
    expect(hasElements).toBe(false);
    for (const piece of ['', '{"port":1}\n', ',{"port":2}\n,{"port":3}\n']) {
      await new Promise((resolve) => stream.write(piece, resolve));
      expect(Array.isArray(parsed())).toBe(true);
    }
    stream.end();
    await once(stream, 'close');
    expect(parsed()).toHaveLength(3);
  });

  it.each([
    ['whole', '[\n{"port":1}\n]\n', 13, true],
    ['empty', '[\n]\n', 2, false],
    ['cut short in an element', '[\n{"port":1}\n,{"po', 13, true],
    ['cut short after a comma', '[\n{"port":1}\n,\n', 13, true],
    ['cut short in its first element', '[\n{"por', 2, false],
    ['cut short before its end', '[\n{"port":1}\n', 13, true],
  ])('P11 is gone on with where its last whole element ends: %s', async (_what, text, at, has) => {
    writeFileSync(file, text);
    expect(arrayEnd(file)).toEqual({ end: at, hasElements: has });
    const { stream } = await openArray(file, true);
    stream.end(`${has ? ',' : ''}{"port":9}\n`);
    await once(stream, 'close');
    expect(parsed().at(-1)).toEqual({ port: 9 });
  });

  it('refuses to go on with something else, and begins where there is nothing', () => {
    for (const other of ['{"port":1}\n', '{"a":1}\nhello\n', 'x', '[1]\n']) {
      writeFileSync(file, other);
      expect(() => arrayEnd(file)).toThrow('does not hold the JSON array');
    }
    writeFileSync(file, '');
    expect(arrayEnd(file)).toBeUndefined();
    expect(arrayEnd(path.join(folder, 'missing'))).toBeUndefined();
  });

  it.skipIf(process.platform === 'win32')(
    'is one for the reader of a pipe, who is waited for without holding the process up',
    async () => {
      const pipe = path.join(folder, 'pipe');
      execFileSync('mkfifo', [pipe]);
      const opening = openArray(pipe, true);
      const reader = await open(pipe);
      const { isFramed, stream } = await opening;
      expect(isFramed).toBe(false);
      stream.end('[\n]\n');
      expect(await reader.readFile('utf8')).toBe('[\n]\n');
      await reader.close();
    },
  );

  it('P11 is valid after kill -9', async () => {
    const args = [...SCAN, '-p', '20000-40000', '--max-rate', '4000', '--quiet'];
    const child = startCli([...args, '--output', `json:${file}`]);
    const ended = outcomeOf(child);
    await expect.poll(() => parsed().length, { timeout: 10_000 }).toBeGreaterThan(500);
    child.kill('SIGKILL');
    await ended;
    expect(parsed().length).toBeGreaterThan(500);
  });

  it.skipIf(process.platform === 'win32')('P11 is valid on a disk that was full', async () => {
    const args = [...SCAN, '-p', '20000-26000', '--max-rate', '20000', '--output', `json:${file}`];
    const words = [process.execPath, MAIN, ...args].map((word) => `'${word}'`).join(' ');
    const { code, stderr } = await outcomeOf(spawn('bash', ['-c', `ulimit -f 200; ${words}`]));
    expect(stderr).toContain(`pacegate: cannot write ${file}: EFBIG [ERR_PACEGATE_SYSTEM]\n`);
    expect(code).toBe(1);
    expect(parsed().length).toBeGreaterThan(100);
  });
});
