// What is sent, counted where it arrives: nothing twice, nothing too little, nothing where it was excluded.
import { setTimeout as sleep } from 'node:timers/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { end } from './command.js';
import { describeInNamespaces } from './namespace.js';
import { SynCounter } from './syn-counter.js';
import { cli, findingsOf, pacegate, scanLines, type ScanLine } from './tools.js';
import { buildLab, hosts, type Lab } from './topology.js';

interface Summary {
  readonly type: string;
  readonly interrupted: boolean;
  readonly complete: boolean;
  readonly statistics: Readonly<Record<string, number>>;
}

function summaryOf(stderr: string): Summary {
  const line = stderr.split('\n').find((text) => text.startsWith('{'));
  return JSON.parse(line ?? '') as Summary;
}

/** Packets that were no SYNs can only have asked for the gateway's address: once, or a little more often. */
function neighbourQuestions({ sent = 0 }: Summary['statistics'], syns: number): boolean {
  return sent > syns && sent <= syns + 3;
}

describeInNamespaces('what a scan sends', () => {
  let lab: Lab;

  beforeAll(async () => {
    lab = await buildLab();
  });
  afterAll(() => {
    lab.remove();
  });

  const ways = (['v4', 'v6'] as const).flatMap((family) =>
    (['packet', 'pcap'] as const).map((backend) => [family, backend] as const),
  );
  for (const [family, backend] of ways) {
    test(`IP${family} by ${backend}: one result a port; one SYN a port, and exactly the retries to a silent host`, async () => {
      const targets = [hosts.server, hosts.resetting, hosts.silent].map((host) => host[family]);
      const atHosts = await SynCounter.install(lab.hosts, 'host0', targets);
      const atRouter = await SynCounter.install(lab.router, 'down0');
      const { code, stdout, stderr } = await pacegate(lab.scanner, [
        ...['scan', '-sS', '-p', '1-100', '--max-rate', '2000', '--max-retries', '2'],
        ...['--timeout', '400', '-oJ', '-', '--json-summary', '--no-progress'],
        ...['--backend', backend],
        ...targets,
        hosts.server[family], // once more: a target named twice is one target
      ]);
      expect(stderr.trim().split('\n')).toHaveLength(1);
      expect(code).toBe(0);
      const found = findingsOf(scanLines(stdout)); // fails on a port reported twice
      expect([...found.keys()].sort()).toEqual(
        targets.flatMap((a) => Array.from({ length: 100 }, (_, i) => `${a} ${i + 1}`)).sort(),
      );
      const arrived = await Promise.all(targets.map((_, i) => atHosts.to(i)));
      expect(arrived).toEqual([100, 100, 100 * 3]);
      expect(await atRouter.total()).toBe(500);
      const { complete, statistics } = summaryOf(stderr);
      expect(complete).toBe(true);
      expect(statistics).toMatchObject({ open: 2, closed: 198, filtered: 100, sendFailures: 0 });
      expect(neighbourQuestions(statistics, 500)).toBe(true);
      expect(statistics['packetsPerSecond']).toBeLessThanOrEqual(2000 * 1.01);
    });
  }

  test('excluded addresses get nothing, whatever form the exclude is written in', async () => {
    const targets = [hosts.server.v4, hosts.resetting.v4, hosts.silent.v4, hosts.mixed.v4];
    const counter = await SynCounter.install(lab.hosts, 'host0', targets);
    const { code, stdout } = await pacegate(lab.scanner, [
      ...['scan', '-sS', '10.77.2.10-10.77.2.14', '-p', '1-20', '--max-rate', '1000'],
      ...['--exclude', '10.77.2.12/31', '--exclude', '10.77.2.11', '-oJ', '-'],
    ]);
    expect(code).toBe(0);
    const probed = new Set(scanLines(stdout).map(({ address }) => address));
    expect([...probed].sort()).toEqual([hosts.server.v4, hosts.mixed.v4]);
    expect(await counter.to(0)).toBe(20);
    expect(await counter.to(1)).toBe(0);
    expect(await counter.to(2)).toBe(0);
    expect(await counter.total()).toBe(40);
  });

  test('the library gives the same results as the command', async () => {
    const options = {
      targets: [hosts.server.v4, hosts.mixed.v6, '10.77.2.11/32'],
      ports: '20-22,80,443',
      technique: 'syn',
      maxRate: 1000,
      seed: 7,
    };
    const script = path.join(import.meta.dirname, 'library-scan.mjs');
    const library = await lab.scanner.run(process.execPath, [script, JSON.stringify(options)]);
    expect(library.stderr).toBe('');
    const command = await pacegate(lab.scanner, [
      ...['scan', '-sS', '-p', options.ports, '--max-rate', '1000', '-oJ', '-'],
      ...options.targets,
    ]);
    const byKey = (lines: readonly ScanLine[]) => Object.fromEntries(findingsOf(lines));
    const { results, summary } = JSON.parse(library.stdout) as {
      results: ScanLine[];
      summary: Summary & { seed: number };
    };
    expect(results).toHaveLength(15);
    expect(byKey(results)).toEqual(byKey(scanLines(command.stdout)));
    expect(summary).toMatchObject({ complete: true, seed: 7 });
    expect(results.every(({ rttMs = 0 }) => rttMs > 0)).toBe(true);
  });

  test('Ctrl-C: sending ends, what is known is printed, exit code 130', async () => {
    const counter = await SynCounter.install(lab.hosts, 'host0');
    const running = lab.scanner.start(process.execPath, [
      ...[cli, 'scan', '-sS', hosts.resetting.v4, '-p', '1-20000', '--max-rate', '1000'],
      ...['-oJ', '-', '--json-summary', '--no-progress'],
    ]);
    await new Promise((resolve) => running.child.stdout?.once('data', resolve));
    await sleep(300);
    running.child.kill('SIGINT');
    const { code, stdout, stderr } = await end(running);
    expect(code).toBe(130);
    const { interrupted, complete, statistics } = summaryOf(stderr);
    expect({ interrupted, complete }).toEqual({ interrupted: true, complete: false });
    const sent = await counter.total();
    expect(sent).toBeGreaterThan(100);
    expect(sent).toBeLessThan(20_000);
    expect(neighbourQuestions(statistics, sent)).toBe(true);
    // Every probe was answered, so every probe is a line.
    expect(findingsOf(scanLines(stdout)).size).toBe(sent);
  });
});
