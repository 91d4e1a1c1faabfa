// Scans over backend xdp, in a lab whose router takes redirected frames: what is found, what is sent, and what
// happens where the backend cannot be had.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeInNamespaces } from './namespace.js';
import { SynCounter } from './syn-counter.js';
import { findingsOf, pacegate, scanFindings, scanLines } from './tools.js';
import { buildLab, hosts, type Lab } from './topology.js';

interface Summary {
  readonly complete: boolean;
  readonly statistics: Readonly<Record<string, unknown>>;
  readonly warnings: readonly { readonly code: string; readonly message: string }[];
}

function summaryOf(stderr: string): Summary {
  const line = stderr.split('\n').find((text) => text.startsWith('{'));
  return JSON.parse(line ?? '') as Summary;
}

/** With generic receive offload a veth takes frames that are redirected to its other end. */
async function setOffload(lab: Lab, state: 'on' | 'off'): Promise<void> {
  const { code, stderr } = await lab.router.run('ethtool', ['-K', 'down0', 'gro', state]);
  if (code !== 0) throw new Error(stderr);
}

const quiet = ['-oJ', '-', '--json-summary', '--no-progress'];

describeInNamespaces('backend xdp', () => {
  let lab: Lab;

  beforeAll(async () => {
    lab = await buildLab();
    await setOffload(lab, 'on');
  });
  afterAll(() => {
    lab.remove();
  });

  for (const family of ['v4', 'v6'] as const) {
    test(`P5 IP${family}: one result a port, one SYN a port, and exactly the retries to a silent host`, async () => {
      const targets = [hosts.server, hosts.resetting, hosts.silent].map((host) => host[family]);
      const atHosts = await SynCounter.install(lab.hosts, 'host0', targets);
      const { code, stdout, stderr } = await pacegate(lab.scanner, [
        ...['scan', '-sS', '-p', '1-200', '--max-rate', '20000', '--max-retries', '2'],
        ...['--backend', 'xdp', '--timeout', '400', ...quiet, ...targets],
      ]);
      const { complete, statistics, warnings } = summaryOf(stderr);
      expect(warnings).toEqual([]);
      expect(code).toBe(0);
      expect(complete).toBe(true);
      expect(statistics).toMatchObject({ backend: 'xdp', sendFailures: 0, open: 2, closed: 398 });
      expect(findingsOf(scanLines(stdout)).size).toBe(600);
      const arrived = await Promise.all(targets.map((_, i) => atHosts.to(i)));
      expect(arrived).toEqual([200, 200, 200 * 3]);
    });
  }

  test('P5 finds what backend packet finds, on the link and behind it', async () => {
    const targets = [hosts.router, hosts.server, hosts.mixed, hosts.rejecting, hosts.nobody];
    const scan = ['-sS', '-p', '21-23,80,443,8080', '--max-rate', '1000', '--timeout', '400'];
    const texts = targets.flatMap(({ v4, v6 }) => [v4, v6]);
    const byPacket = await scanFindings(lab.scanner, [...scan, '--backend', 'packet', ...texts]);
    const byXdp = await scanFindings(lab.scanner, [...scan, '--backend', 'xdp', ...texts]);
    expect(byXdp).toEqual(byPacket);
  });

  test('P5 auto takes it above 400 000 packets a second', async () => {
    const scan = ['scan', '-sS', hosts.resetting.v4, '-p', '1-50', '--timeout', '400', ...quiet];
    for (const [rate, backend] of [
      ['400000', 'packet'],
      ['400001', 'xdp'],
    ] as const) {
      const { stderr } = await pacegate(lab.scanner, [...scan, '--max-rate', rate]);
      expect(summaryOf(stderr)).toMatchObject({ statistics: { backend }, warnings: [] });
    }
  });

  test('P5 where it cannot be had the scan goes on, and a warning says why', async () => {
    await setOffload(lab, 'off');
    const scan = ['scan', '-sS', hosts.server.v4, '-p', '22', '--backend', 'xdp', ...quiet];
    const refused = summaryOf((await pacegate(lab.scanner, scan)).stderr);
    await setOffload(lab, 'on');
    expect(refused).toMatchObject({
      statistics: { backend: 'packet', open: 1 },
      warnings: [{ code: 'backend-fallback' }],
    });
    expect(refused.warnings[0]?.message).toContain('ethtool -K NAME gro on');

    const capabilities = [
      '--ambient-caps=+net_raw',
      '--inh-caps=+net_raw',
      '--bounding-set=-all,+net_raw',
    ];
    const ordinary = ['setpriv', '--reuid=65534', '--clear-groups', ...capabilities];
    const withoutPrivilege = summaryOf((await pacegate(lab.scanner, scan, ordinary)).stderr);
    expect(withoutPrivilege.statistics).toMatchObject({ backend: 'packet', open: 1 });
    expect(withoutPrivilege.warnings[0]?.message).toContain(
      'CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN',
    );
  });

  test('P5 doctor says of each interface whether it can be used', async () => {
    const { stdout } = await pacegate(lab.scanner, ['doctor']);
    expect(stdout).toMatch(/^ok +interface up0 .*; xdp above 400 000 packets\/s/m);
    const router = await pacegate(lab.router, ['doctor']);
    expect(router.stdout).toMatch(/^ok +interface down0 .*; no xdp: the other end of down0/m);
  });
});
