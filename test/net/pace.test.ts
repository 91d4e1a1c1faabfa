// Options that change when packets leave, and which ones: never whether they do.
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeInNamespaces } from './namespace.js';
import { SynCounter } from './syn-counter.js';
import { findingsOf, pacegate, scanLines } from './tools.js';
import { buildLab, hosts, type Lab } from './topology.js';

describeInNamespaces('the pace of a scan', () => {
  let lab: Lab;

  beforeAll(async () => {
    lab = await buildLab();
  });
  afterAll(() => {
    lab.remove();
  });

  const scan = (...flags: string[]) =>
    pacegate(lab.scanner, [
      ...['scan', '-sS', '-p', '1-100', '--max-rate', '3000', '--timeout', '400'],
      ...['--max-retries', '0', '-oJ', '-', '--json-summary', '--no-progress', ...flags],
      ...[hosts.server.v4, hosts.resetting.v4],
    ]);

  for (const precision of ['eco', 'balanced', 'spin']) {
    test(`P3 ${precision}: every pair once`, async () => {
      const counter = await SynCounter.install(lab.hosts, 'host0', [hosts.server.v4]);
      const { code, stdout } = await scan('--precision', precision, '--catch-up', '0.5');
      expect(code).toBe(0);
      expect(findingsOf(scanLines(stdout)).size).toBe(200);
      expect(await counter.to(0)).toBe(100);
      expect(await counter.total()).toBe(200);
    });
  }

  test('P11 scans share a limiter to the token, whatever their rate', async () => {
    const counter = await SynCounter.install(lab.hosts, 'host0', [hosts.server.v4]);
    const program = fileURLToPath(new URL('limiter-program.mjs', import.meta.url));
    const { stdout, stderr } = await lab.scanner.run(process.execPath, [program, hosts.server.v4]);
    expect(stderr).toBe('');
    expect(stdout.trim().split('\n')).toEqual(['150', '300', 'false,false', 'true,true']);
    expect(await counter.total()).toBeLessThanOrEqual(300);
    expect(await counter.total()).toBeGreaterThan(290); // the others asked for the address
  });

  test('P11 shards share a scan: each pair is probed by exactly one of them', async () => {
    const counter = await SynCounter.install(lab.hosts, 'host0', [hosts.server.v4]);
    const found: string[] = [];
    for (const shard of ['1/3', '2/3', '3/3']) {
      const { code, stdout, stderr } = await scan('--seed', '12', '--shard', shard);
      expect(code).toBe(0);
      found.push(...findingsOf(scanLines(stdout)).keys());
      expect(stderr).toContain('"complete":true');
    }
    expect(found).toHaveLength(200);
    expect(new Set(found).size).toBe(200);
    expect(await counter.to(0)).toBe(100);
    expect(await counter.total()).toBe(200);
  });
});
