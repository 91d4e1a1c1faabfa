// Connect scans by real sockets, of a network in which nobody is: a device without neighbours takes every SYN.
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeInNamespaces, Namespace } from './namespace.js';

const program = fileURLToPath(new URL('connect-program.mjs', import.meta.url));

interface Report {
  readonly kinds: Readonly<Record<string, number>>;
  readonly complete: boolean;
  readonly sent: number;
  readonly hostTimeouts: number;
  readonly warnings: readonly string[];
}

describeInNamespaces('connect scans', () => {
  let host: Namespace;

  beforeAll(async () => {
    host = await Namespace.create('connect');
    await host.ip('link add silent0 type veth peer name nobody0');
    await host.ip('link set nobody0 up');
    await host.ip('link set silent0 up arp off');
    await host.ip('address add 10.77.7.1/24 dev silent0');
  });
  afterAll(() => {
    host.remove();
  });

  /** Scans with at most 256 descriptors. */
  async function probe(options: object): Promise<Report> {
    const shell = 'ulimit -n 256; exec "$0" "$@"';
    const argument = JSON.stringify({
      held: 0,
      maxRate: 100_000,
      adaptiveTimeout: false,
      ...options,
    });
    const { stdout } = await host.run('sh', ['-c', shell, process.execPath, program, argument]);
    return JSON.parse(stdout) as Report;
  }

  test('P11 a scan that wants more sockets than there are descriptors says so, and loses nothing', async () => {
    const report = await probe({
      ...{ targets: '10.77.7.0/24', ports: '80', retries: 0, timeoutMs: 50 },
      ...{ held: 200, maxWorkers: 5000 },
    });
    expect(report).toMatchObject({
      kinds: { 'filtered no-response': 254, 'closed conn-refused': 1 },
      complete: true,
      sent: 255,
    });
    expect(report.warnings).toContain('host-short');
  });

  test('P11 a silent port is tried exactly 1 + retries times, where there may be one socket only', async () => {
    expect(
      await probe({
        ...{
          targets: '10.77.7.1-10.77.7.2',
          ports: '1-9',
          retries: 2,
          timeoutMs: 5,
          maxWorkers: 1,
        },
      }),
    ).toMatchObject({
      kinds: { 'filtered no-response': 9, 'closed conn-refused': 9 },
      sent: 9 + 9 * 3,
      warnings: [],
    });
  });

  test('P6 it keeps a hostgroup, and gives up targets that take too long', async () => {
    const report = await probe({
      ...{ targets: '10.77.7.1-10.77.7.6', ports: '1-20', maxHostgroup: 2 },
      ...{ retries: 100, timeoutMs: 50, hostTimeoutMs: 120 },
    });
    expect(report).toMatchObject({
      kinds: { 'unknown host_timeout': 100, 'closed conn-refused': 20 },
      complete: true,
      hostTimeouts: 5,
    });
  });
});
