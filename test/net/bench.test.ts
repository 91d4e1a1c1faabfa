import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { expect, test } from 'vitest';
import { FAR, FIELD, NamespacePair } from '../../dist/cli/bench/scan/namespace-pair.js';
import { ofList, pacegateCommand } from '../../dist/cli/bench/scan/scanners.js';
import { start } from './command.js';
import { describeInNamespaces } from './namespace.js';

const PROGRAM = path.join(import.meta.dirname, 'bench-program.mjs');
const LIMIT_MS = 10_000;

describeInNamespaces('the ground of pacegate bench', () => {
  test('every address of its field answers, and what arrives is counted at the far end', async () => {
    const pair = await NamespacePair.open([7, 9], new AbortController().signal);
    try {
      const scan = (...args: string[]): ReturnType<typeof pacegateCommand> =>
        pacegateCommand('-sS', ...args, '--max-rate', '20000', '-oL', '-');
      const { stdout } = await pair.run(scan(FIELD, '-p', '6-9'), LIMIT_MS);
      expect(ofList(stdout)).toHaveLength(512);
      const silent = scan('10.128.0.0/16', '-p', '80', '--timeout', '200');
      const { rate } = await pair.arrivalsOf(silent, LIMIT_MS, 200);
      expect(rate).toBeGreaterThan(0);
      const refused = await pair.run(scan(FAR.address, '-p', 'x'), LIMIT_MS);
      expect(refused.failure).toContain('ERR_PACEGATE_INVALID_ARGUMENT');
    } finally {
      pair.close();
    }
  });

  test('ends with the process that made it, also by kill -9', async () => {
    const { child, finished } = start(process.execPath, [PROGRAM]);
    if (child.stdout === null) throw new Error('the program has no standard output');
    const [namespace] = (await once(createInterface(child.stdout), 'line')) as [string];
    expect(namespace).toMatch(/^net:\[\d+\]$/);
    const inode = namespace.replace(/\D/g, '');
    const alive = (): boolean =>
      execFileSync('lsns', ['-t', 'net', '-n', '-o', 'NS']).includes(inode);
    expect(alive()).toBe(true);
    child.kill('SIGKILL');
    await finished;
    await expect.poll(alive, { timeout: LIMIT_MS }).toBe(false);
  });
});
