// A SYN scan that is killed, and gone on with: what the engine had found and nobody had written is found again.
import { randomInt } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ScanState } from '../../lib/scan/index.js';
import { describeInNamespaces, Namespace } from './namespace.js';
import { cli, pacegate, scanLines } from './tools.js';

const PORTS = 65_535;
const LISTENERS = 50;

describeInNamespaces('a SYN scan with a resume file', () => {
  let namespace: Namespace;
  let folder: string;
  const listening = new Set<number>();

  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'pacegate-kill-'));
    namespace = await Namespace.create('kill');
    while (listening.size < LISTENERS) listening.add(randomInt(1, PORTS + 1));
    await namespace.listen([...listening].map((port) => ({ host: '127.0.0.1', port })));
  });
  afterAll(() => {
    namespace.remove();
    rmSync(folder, { recursive: true });
  });

  test('P11 misses nothing and invents nothing after two kill -9, and its XML has each port once', async () => {
    const file = (name: string): string => path.join(folder, name);
    const command = [
      ...['scan', '127.0.0.1', '-sS', '-p', `1-${PORTS}`, '--max-rate', '15000', '--quiet'],
      ...['--resume', file('state'), '-oA', file('scan')],
    ];
    const position = (): number =>
      existsSync(file('state'))
        ? (JSON.parse(readFileSync(file('state'), 'utf8')) as ScanState).position
        : 0;
    for (let kills = 0; kills < 2; kills++) {
      const before = position();
      const { child, finished } = namespace.start(process.execPath, [cli, ...command]);
      await expect.poll(position, { timeout: 20_000, interval: 5 }).toBeGreaterThan(before + 5000);
      child.kill('SIGKILL');
      await finished;
    }
    const { code, stderr } = await pacegate(namespace, command);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });

    const whole = readFileSync(file('scan.ndjson'), 'utf8').replace(/^(?!\{.*\}$).*\n/gm, '');
    const findings = new Map<number, Set<string>>();
    for (const { port, state } of scanLines(whole))
      findings.set(port, (findings.get(port) ?? new Set()).add(state));
    expect(findings.size).toBe(PORTS);
    for (const [port, states] of findings)
      expect([...states]).toEqual([listening.has(port) ? 'open' : 'closed']);

    const xml = readFileSync(file('scan.xml'), 'utf8');
    const open = [...xml.matchAll(/portid="(\d+)"><state state="open"/g)].map(([, port]) => port);
    expect(open.map(Number)).toEqual([...listening].sort((a, b) => a - b));
    expect(xml).toContain(`<extraports state="closed" count="${PORTS - LISTENERS}">`);
  });
});
