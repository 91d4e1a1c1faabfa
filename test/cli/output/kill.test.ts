// What a resume file promises: whenever and however a scan ends, the next one goes on, and nothing is lost.

import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ScanState } from '../../../lib/scan/index.js';
import { MAIN, outcomeOf, results, runCli, startCli } from '../run-cli.js';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'pacegate-kill-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

// Below the ports that Linux gives to whoever wants any: nobody listens there.
const PORTS = { first: 20_001, last: 24_000 };
const probed = Array.from({ length: 4000 }, (_, i) => PORTS.first + i);
const file = (name: string): string => path.join(folder, name);
const portsIn = (found: { port: number }[]): number[] =>
  [...new Set(found.map(({ port }) => port))].sort((a, b) => a - b);

const scan = (...outputs: string[]): string[] => [
  ...['scan', '127.0.0.1', '-sT', '-p', `${PORTS.first}-${PORTS.last}`, '--quiet', '--seed', '9'],
  ...['--resume', file('state'), ...outputs],
];
const toAll = (): string[] => scan('-oA', file('scan'), '--output', `json:${file('scan.json')}`);
const state = (): ScanState => JSON.parse(readFileSync(file('state'), 'utf8')) as ScanState;
/** Lines that a kill has cut short are left out. */
const linesOf = (text: string): { port: number }[] =>
  results(
    text
      .split('\n')
      .filter((line) => /^\{.*\}$/.test(line))
      .join('\n'),
  );
const arrayOf = (name: string): { port: number }[] =>
  JSON.parse(readFileSync(file(name), 'utf8')) as { port: number }[];
const listed = (text: string): { port: number }[] =>
  [...text.matchAll(/^\w+ tcp (\d+) 127\.0\.0\.1 \d+$/gm)].map(([, port]) => ({
    port: Number(port),
  }));

/** The positions before the state are settled; as many results must be in every output. */
async function killAt(position: number): Promise<void> {
  const child = startCli([...toAll(), '--max-rate', '1500']);
  const ended = outcomeOf(child);
  const reached = (): boolean => existsSync(file('state')) && state().position >= position;
  await expect.poll(reached, { timeout: 20_000, interval: 7 }).toBe(true);
  child.kill('SIGKILL');
  await ended;
  const { position: saved } = state();
  for (const found of [
    linesOf(readFileSync(file('scan.ndjson'), 'utf8')),
    arrayOf('scan.json'),
    listed(readFileSync(file('scan.list'), 'utf8')),
  ]) {
    expect(portsIn(found).length).toBeGreaterThanOrEqual(saved);
  }
}

describe('a scan with a resume file', () => {
  it('P11 loses nothing by kill -9, whatever it writes, and ends without one', async () => {
    await killAt(1);
    await killAt(state().position + 500);
    const { code, stderr } = await runCli([...toAll(), '--max-rate', '20000']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(portsIn(linesOf(readFileSync(file('scan.ndjson'), 'utf8')))).toEqual(probed);
    expect(portsIn(arrayOf('scan.json'))).toEqual(probed);
    expect(portsIn(listed(readFileSync(file('scan.list'), 'utf8')))).toEqual(probed);
    // XML sums closed ports up, each once.
    const xml = readFileSync(file('scan.xml'), 'utf8');
    expect(xml).toContain(`<extraports state="closed" count="${probed.length}">`);
    for (const left of ['state', 'state.spool', 'state.tmp'])
      expect(existsSync(file(left))).toBe(false);
  });

  it('P11 is completed in all outputs when its terminal goes', async () => {
    const child = startCli([...toAll(), '--max-rate', '2000']);
    const ended = outcomeOf(child);
    await expect.poll(() => existsSync(file('state')), { timeout: 10_000 }).toBe(true);
    child.kill('SIGHUP');
    expect((await ended).code).toBe(129);
    const found = arrayOf('scan.json');
    expect(found.length).toBeGreaterThan(0);
    expect(linesOf(readFileSync(file('scan.ndjson'), 'utf8'))).toEqual(found);
    expect(readFileSync(file('scan.xml'), 'utf8')).toContain('errormsg="stopped before its end"');
  });

  it('P11 keeps the state before the first result that a full disk did not take', async () => {
    const args = scan('-oJ', file('full'), '--max-rate', '1200');
    const words = [process.execPath, MAIN, ...args];
    const shell = `ulimit -f 200; ${words.map((word) => `'${word}'`).join(' ')}`;
    const { code } = await outcomeOf(spawn('bash', ['-c', shell]));
    expect(code).toBe(1);
    const found = linesOf(readFileSync(file('full'), 'utf8'));
    expect(portsIn(found).length).toBeLessThan(probed.length);
    const { position } = state();
    expect(portsIn(found).length).toBeGreaterThanOrEqual(position);
    const rest = await runCli(args);
    expect(rest.code).toBe(0);
    expect(portsIn(linesOf(readFileSync(file('full'), 'utf8')))).toEqual(probed);
  });

  it('P11 keeps the state of a reader that has gone before the results it did not take', async () => {
    const child = startCli(scan('-oJ', '-', '--max-rate', '2500'));
    const ended = outcomeOf(child);
    let taken = '';
    child.stdout.on('data', (data: Buffer) => (taken += data.toString()));
    await expect.poll(() => existsSync(file('state')), { timeout: 10_000 }).toBe(true);
    const before = state();
    await new Promise((resolve) => setTimeout(resolve, 50)); // what was written has been taken
    child.stdout.destroy();
    expect((await ended).code).toBe(0);
    expect(state()).toEqual(before);
    expect(portsIn(linesOf(taken)).length).toBeGreaterThanOrEqual(before.position);
  });
});
