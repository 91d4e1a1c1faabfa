// The monitor as programs use it, against the errors of real kernels.
import { createInterface } from 'node:readline';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { end, type Running } from './command.js';
import { describeInNamespaces, type Namespace } from './namespace.js';
import { nmapFindings } from './tools.js';
import { buildLab, hosts, type Lab } from './topology.js';

const PROGRAM = path.join(import.meta.dirname, 'icmp-program.mjs');

type Line = Record<string, unknown> & { readonly kind: string };

/** A program with a monitor, and what it has printed. */
class Watching {
  readonly lines: Line[] = [];
  readonly #running: Running;
  readonly #hurry: (() => void)[] = [];

  private constructor(namespace: Namespace, argument: object) {
    this.#running = namespace.start(process.execPath, [PROGRAM, JSON.stringify(argument)]);
    const { stdout } = this.#running.child;
    if (stdout === null) throw new Error('the monitor has no standard output');
    createInterface(stdout).on('line', (line) => {
      this.lines.push(JSON.parse(line) as Line);
      for (const look of this.#hurry.splice(0)) look();
    });
  }

  static async start(
    namespace: Namespace,
    options: object = {},
    scanOptions?: object,
  ): Promise<Watching> {
    const watching = new Watching(namespace, { options, scanOptions });
    await watching.until(() => watching.lines.length > 0);
    return watching;
  }

  get events(): Line[] {
    return this.lines.filter(({ kind }) => kind === 'event');
  }

  /** Waits until what it has printed satisfies; rejects when it ends before. */
  async until(isSatisfied: () => boolean): Promise<void> {
    const ended = this.#running.finished.then(({ stderr }) => {
      throw new Error(`ended with ${JSON.stringify(this.lines)}: ${stderr}`);
    });
    ended.catch(() => undefined);
    while (!isSatisfied())
      await Promise.race([ended, new Promise<void>((look) => this.#hurry.push(look))]);
  }

  /** Stops the scan beside the monitor. */
  stopScan(): void {
    this.#running.child.kill('SIGUSR2');
  }

  /** Closes the monitor and returns its last words. */
  async close(): Promise<Line> {
    this.#running.child.kill('SIGTERM');
    const { code, stderr } = await end(this.#running);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const last = this.lines.at(-1);
    if (last?.kind !== 'ended') throw new Error(`no last words: ${JSON.stringify(this.lines)}`);
    return last;
  }
}

const seen = (events: readonly Line[]): string[] =>
  events
    .map(({ target, from, type, code, targetPort }) =>
      [target, targetPort, 'from', from, type, code].join(' '),
    )
    .sort();

/** A datagram to each endpoint, from inside; nobody waits for an answer. */
async function sendDatagrams(
  namespace: Namespace,
  endpoints: readonly (readonly [string, number])[],
): Promise<void> {
  const script = `
    import { createSocket } from 'node:dgram';
    for (const [host, port] of ${JSON.stringify(endpoints)}) {
      const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
      await new Promise((sent) => socket.send('x'.repeat(600), port, host, sent));
      socket.close();
    }`;
  const { code, stderr } = await namespace.run(process.execPath, [
    ...['--input-type=module', '-e', script],
  ]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
}

describeInNamespaces('an ICMP monitor', () => {
  let lab: Lab;

  beforeAll(async () => {
    lab = await buildLab();
  });
  afterAll(() => {
    lab.remove();
  });

  test('P4 hears what real kernels say, in both families, on all interfaces', async () => {
    const watching = await Watching.start(lab.scanner);
    const { v4, v6 } = hosts.router;
    // Long datagrams: the kernels quote more than a capture keeps.
    await sendDatagrams(lab.scanner, [
      [hosts.prohibited.v4, 7],
      [hosts.prohibited.v6, 7],
      [hosts.unreachable.v4, 7],
      [hosts.unreachable.v6, 7],
      [hosts.server.v4, 7],
      [hosts.server.v6, 7],
      ['127.0.0.1', 7],
      ['::1', 7],
    ]);
    await watching.until(() => watching.events.length >= 8);
    expect(seen(watching.events)).toEqual(
      [
        `${hosts.prohibited.v4} 7 from ${v4} 3 13`,
        `${hosts.prohibited.v6} 7 from ${v6} 1 1`,
        `${hosts.unreachable.v4} 7 from ${v4} 3 1`,
        `${hosts.unreachable.v6} 7 from ${v6} 1 0`,
        `${hosts.server.v4} 7 from ${hosts.server.v4} 3 3`,
        `${hosts.server.v6} 7 from ${hosts.server.v6} 1 4`,
        '127.0.0.1 7 from 127.0.0.1 3 3',
        '::1 7 from ::1 1 4',
      ].sort(),
    );
    for (const { verified, interface: device, protocol, target } of watching.events) {
      const isLocal = target === '127.0.0.1' || target === '::1';
      expect({ verified, device, protocol }).toEqual({
        verified: 'undefined',
        device: isLocal ? 'lo' : 'up0',
        protocol: 17,
      });
    }
    expect(await watching.close()).toMatchObject({
      active: false,
      statistics: { received: 8, verified: 0, forged: 0, dropped: 0, kernelDropped: 0 },
    });
  });

  test('P4 hears of a TTL that ran out, of pings too, and only on its own interface', async () => {
    const watching = await Watching.start(lab.scanner, { interface: 'up0' });
    await sendDatagrams(lab.scanner, [['127.0.0.1', 9]]);
    // nmap's ping program sends with any TTL, and no privilege beyond the tests' is needed for it.
    await lab.scanner.run('nping', [
      ...['--icmp', '--ttl', '1', '-c', '1', '--delay', '1ms', '-H', '-N'],
      hosts.server.v4,
    ]);
    await watching.until(() => watching.events.length > 0);
    await watching.close();
    expect(watching.events).toHaveLength(1);
    expect(watching.events[0]).toMatchObject({
      target: hosts.server.v4,
      from: hosts.router.v4,
      type: 11,
      code: 0,
      protocol: 1,
      interface: 'up0',
    });
    expect(watching.events[0]).not.toHaveProperty('targetPort');
  });

  test('P4 works beside nmap and beside the monitor of another process', async () => {
    const both = [await Watching.start(lab.scanner), await Watching.start(lab.scanner)];
    const target = hosts.prohibited.v4;
    const findings = await nmapFindings(lab.scanner, '-sS', 'v4', [80, 443], [target]);
    expect([...findings.values()]).toEqual(
      new Array(2).fill({ state: 'filtered', reason: 'admin-prohibited' }),
    );
    for (const watching of both) {
      const ports = (): Set<unknown> =>
        new Set(watching.events.map((event) => event['targetPort']));
      await watching.until(() => ports().size === 2);
      expect([...ports()].sort()).toEqual([443, 80]);
      for (const event of watching.events)
        expect(event).toMatchObject({ target, type: 3, code: 13, verified: 'undefined' });
      expect(await watching.close()).toMatchObject({ statistics: { verified: 0, forged: 0 } });
    }
  });

  test('P4 verifies probes of a scan in the same process, and knows a forgery', async () => {
    const { prohibited, mixed, silent } = hosts;
    // By its route, and by its firewall; the silent one keeps the scan running while its errors are forged.
    const targets = [prohibited.v4, prohibited.v6, mixed.v4, mixed.v6, silent.v4];
    const watching = await Watching.start(
      lab.scanner,
      {},
      {
        ...{ targets, ports: '443', technique: 'syn' },
        ...{ maxRate: 1000, retries: 10, timeoutMs: 4000 },
      },
    );
    await watching.until(() => watching.events.length === 4);
    expect(seen(watching.events)).toEqual(
      [
        `${prohibited.v4} 443 from ${hosts.router.v4} 3 13`,
        `${prohibited.v6} 443 from ${hosts.router.v6} 1 1`,
        `${mixed.v4} 443 from ${mixed.v4} 3 13`,
        `${mixed.v6} 443 from ${mixed.v6} 1 1`,
      ].sort(),
    );
    for (const event of watching.events) expect(event).toMatchObject({ verified: true });

    const sourcePort = Number(watching.events[0]?.['sourcePort']);
    await forge(lab.router, { target: silent.v4, sourcePort, sequence: 0x01020304 });
    await forge(lab.router, { target: silent.v4, sourcePort: 40_000, sequence: 0x01020304 });
    await watching.until(() => watching.events.length === 6);
    expect(watching.events.slice(4).map(({ target, verified }) => [target, verified])).toEqual([
      [silent.v4, false],
      [silent.v4, 'undefined'],
    ]);

    watching.stopScan();
    await watching.until(() => watching.lines.some(({ kind }) => kind === 'scanned'));
    const scanned = watching.lines.find(({ kind }) => kind === 'scanned');
    // The scan was not deceived either: the silent target has not answered.
    expect(scanned).toMatchObject({ icmpUnreachable: 4 });
    const results = watching.lines.filter(({ kind }) => kind === 'result');
    expect(results.filter(({ reason }) => reason === 'admin-prohibited')).toHaveLength(4);
    for (const { address, reason } of results)
      if (address === silent.v4) expect(reason).toBe('no-response');
    expect(await watching.close()).toMatchObject({
      statistics: { received: 6, verified: 4, forged: 1 },
    });
  });

  test('P10 without the privilege it is inactive, says why, and the program goes on', async () => {
    const { code, stdout } = await lab.scanner.run('setpriv', [
      ...['--inh-caps=-all', '--ambient-caps=-all', '--bounding-set=-all'],
      ...[process.execPath, PROGRAM, '{"options":{}}'],
    ]);
    const [started, ended] = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Line);
    expect(started).toMatchObject({
      active: false,
      reason: expect.stringMatching(/CAP_NET_RAW/) as string,
    });
    expect(ended).toMatchObject({ kind: 'ended', statistics: { received: 0 } });
    expect(code).toBe(0);
  });
});

/** A 3/13 to the scanner with eight quoted bytes of a probe: what anybody on the path can send. */
async function forge(
  from: Namespace,
  quoted: { target: string; sourcePort: number; sequence: number },
): Promise<void> {
  const header = Buffer.alloc(28);
  header.set([0x45, 0, 0, 40, 0, 0, 0, 0, 64, 6, 0, 0]);
  header.set('10.77.1.2'.split('.').map(Number), 12);
  header.set(quoted.target.split('.').map(Number), 16);
  header.writeUInt16BE(quoted.sourcePort, 20);
  header.writeUInt16BE(443, 22);
  header.writeUInt32BE(quoted.sequence, 24);
  const { code, stderr } = await from.run('nping', [
    ...['--icmp', '--icmp-type', '3', '--icmp-code', '13', '--data', header.toString('hex')],
    ...['-c', '1', '--delay', '1ms', '-H', '-N', '10.77.1.2'],
  ]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
}
