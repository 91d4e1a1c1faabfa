// Targets that ask for less, by real ICMP errors of real kernels and by forged ones; and caps, counted where the
// packets arrive.
import { createInterface } from 'node:readline';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { BackoffEvent, ScanResult, ScanSummary } from '../../lib/scan/index.js';
import { end, must, type Running } from './command.js';
import { describeInNamespaces, type Namespace } from './namespace.js';
import { SynCounter } from './syn-counter.js';
import { buildLab, hosts, type Lab } from './topology.js';

const PROGRAM = path.join(import.meta.dirname, 'backoff-program.mjs');

type Told = BackoffEvent & { readonly icmpUnreachable: number; readonly backedOffTargets: number };

interface Ended {
  readonly results: readonly ScanResult[];
  readonly summary: ScanSummary;
}

/** A scan in a program of its own. */
class Scanning {
  readonly backoffs: Told[] = [];
  #settled = 0;
  #ended: Ended | undefined;
  readonly #running: Running;
  readonly #hurry: (() => void)[] = [];

  constructor(namespace: Namespace, options: object) {
    this.#running = namespace.start(process.execPath, [PROGRAM, JSON.stringify(options)]);
    const { stdout } = this.#running.child;
    if (stdout === null) throw new Error('the scan has no standard output');
    createInterface(stdout).on('line', (line) => {
      const { kind, ...value } = JSON.parse(line) as { kind: string };
      if (kind === 'settled') this.#settled = (value as { pairs: number }).pairs;
      else if (kind === 'backoff') this.backoffs.push(value as unknown as Told);
      else this.#ended = value as unknown as Ended;
      for (const look of this.#hurry.splice(0)) look();
    });
  }

  /** Until it satisfies; fails when the scan ends before. */
  async until(isSatisfied: (scanning: this) => boolean): Promise<void> {
    while (!isSatisfied(this)) {
      if (this.#ended !== undefined) throw new Error('the scan has ended');
      await new Promise<void>((look) => this.#hurry.push(look));
    }
  }

  /** Pairs that have a result, to the last ten. */
  get settled(): number {
    return this.#settled;
  }

  /** Asks for the end: what has been sent is still awaited. */
  stop(): void {
    this.#running.child.kill('SIGTERM');
  }

  async end(): Promise<Ended> {
    const { code, stderr } = await end(this.#running);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    if (this.#ended === undefined) throw new Error('the scan printed no end');
    return this.#ended;
  }
}

const levels = (backoffs: readonly Told[]): unknown[] =>
  backoffs.map((told) => (told.all ? 'all' : `${told.target} ${told.level}`));

const tally = (results: readonly ScanResult[]): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const { reason } of results) counts[reason] = (counts[reason] ?? 0) + 1;
  return counts;
};

/** The source port of the scan's probes, as it arrives at an interface. */
async function sourcePort(namespace: Namespace, device: string): Promise<() => Promise<number>> {
  await namespace.nft(`table netdev listen {
    set ports { type inet_service; flags dynamic; size 16; }
    chain arriving {
      type filter hook ingress device ${device} priority 1
      tcp flags & (syn | ack) == syn add @ports { tcp sport }
    }
  }`);
  return async () => {
    const list = ['nft', '-j', 'list', 'set', 'netdev', 'listen', 'ports'];
    const text = await must('ip', ['netns', 'exec', namespace.name, ...list]);
    const { nftables } = JSON.parse(text) as { nftables: { set?: { elem?: number[] } }[] };
    return nftables.flatMap(({ set }) => set?.elem ?? [])[0] ?? 0;
  };
}

const hex = (text: string): number[] => text.split('.').map(Number);
const word = (value: number): number[] => [value >> 8, value & 0xff];

/** The start of a probe as an ICMP error quotes it: everything right, but for the cookie. */
function quotedProbe(from: string, to: string, ports: readonly [number, number]): string {
  const ip = [0x45, 0, ...word(40), 0, 0, 0, 0, 63, 6, 0, 0, ...hex(from), ...hex(to)];
  const tcp = [...word(ports[0]), ...word(ports[1]), 0xde, 0xad, 0xbe, 0xef];
  return Buffer.from([...ip, ...tcp]).toString('hex');
}

describeInNamespaces('targets that ask for less', () => {
  let lab: Lab;

  beforeAll(async () => {
    lab = await buildLab();
  });
  afterAll(() => {
    lab.remove();
  });

  for (const [family, network] of [
    ['v4', '10.77.3.0/24'],
    ['v6', 'fd77:0:0:3::/64'],
  ] as const) {
    test(`P5 IP${family}: a prohibited network is asked in rounds of one probe, then given up`, async () => {
      const arriving = await SynCounter.install(lab.router, 'down0');
      const targets =
        family === 'v4' ? network : Array.from({ length: 64 }, (_, i) => `fd77:0:0:3::${i}`);
      const scanning = new Scanning(lab.scanner, {
        // The router answers every probe: no time-out passes, however slow the machine is.
        ...{ targets, ports: '1-20', technique: 'syn', maxRate: 500, retries: 0, timeoutMs: 5000 },
        ...{ adaptiveRate: true, backoffLimitMs: 7000 },
      });
      const { results, summary } = await scanning.end();
      const [first, ...later] = scanning.backoffs.filter(({ all }) => all !== true);
      // Two addresses for themselves, the third for all of them.
      expect(first).toMatchObject({ level: 1, remainingMs: 2000 });
      const rounds = scanning.backoffs.filter((told) => !told.all && told.target === network);
      expect(levels(rounds)).toEqual([`${network} 1`, `${network} 2`, `${network} 3`]);
      expect(levels(later).slice(-2)).toEqual([`${network} 2`, `${network} 3`]);
      expect(rounds.map((told) => (told.all ? 0 : told.remainingMs))).toEqual([2000, 4000, 8000]);
      expect(scanning.backoffs.filter(({ all }) => all)).toHaveLength(1);
      // One probe behind each silence.
      const [, second = Number.NaN, third] = rounds.map(({ icmpUnreachable }) => icmpUnreachable);
      expect(third).toBe(second + 1);

      const total = (family === 'v4' ? 256 : 64) * 20;
      const counts = tally(results);
      expect(results).toHaveLength(total);
      expect(counts).toEqual({
        'admin-prohibited': third,
        rate_limit_timeout: total - (third ?? 0),
      });
      expect(await arriving.total()).toBe(third);
      expect(summary.complete).toBe(true);
      expect(summary.statistics).toMatchObject({
        allBackedOff: true,
        parked: 0,
        rateLimitTimeouts: counts['rate_limit_timeout'],
        unknown: counts['rate_limit_timeout'],
      });
    });
  }

  test('P5 when the way is opened in the middle, every pair ends with its true state', async () => {
    const targets = [hosts.server.v4, hosts.resetting.v4, hosts.mixed.v4];
    for (const target of targets) await lab.router.ip(`route add prohibit ${target}/32`);
    const arriving = await SynCounter.install(lab.router, 'down0');
    const scanning = new Scanning(lab.scanner, {
      // Nobody here stays silent: no time-out passes, however slow the machine is.
      ...{ targets, ports: '1-150', technique: 'syn', maxRate: 300, retries: 0, timeoutMs: 5000 },
      adaptiveRate: true,
    });
    await scanning.until(({ backoffs }) => backoffs.some(({ all }) => all));
    for (const target of targets) await lab.router.ip(`route del prohibit ${target}/32`);
    const { results, summary } = await scanning.end();
    expect(results).toHaveLength(450);
    expect(new Set(results.map(({ address, port }) => `${address} ${port}`)).size).toBe(450);
    const settled = results.filter(({ reason }) => reason !== 'admin-prohibited');
    expect(settled.length).toBeGreaterThan(300);
    for (const { address, port, state } of settled) {
      const isOpen = address === hosts.server.v4 ? [22, 80].includes(port) : port === 22;
      const expected =
        address === hosts.resetting.v4 ? 'closed' : isOpen || port === 80 ? 'open' : 'closed';
      expect({ address, port, state }).toEqual({ address, port, state: expected });
    }
    expect(summary.statistics).toMatchObject({
      ...{ parked: 0, backedOffTargets: 0, allBackedOff: false, rateLimitTimeouts: 0, unknown: 0 },
    });
    expect(await arriving.total()).toBe(450);
  });

  test('P5 forged errors with a wrong cookie change nothing', async () => {
    const port = await sourcePort(lab.router, 'down0');
    const target = hosts.server.v4;
    const scanning = new Scanning(lab.scanner, {
      // Until it is stopped.
      ...{ targets: target, ports: '1-10000', technique: 'syn', maxRate: 20, retries: 0 },
      ...{ adaptiveRate: true, timeoutMs: 4000 },
    });
    await scanning.until(({ settled }) => settled > 0);
    const scanner = '10.77.1.2';
    const quoted = quotedProbe(scanner, target, [await port(), 22]);
    const forge = ['--icmp', '--icmp-type', '3', '--icmp-code', '13', '--data', quoted];
    const count = ['-c', '10', '--delay', '10ms', '-N'];
    const { code, stderr } = await lab.router.run('nping', [...forge, ...count, scanner]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const before = scanning.settled;
    await scanning.until(({ settled }) => settled > before + 10);
    scanning.stop();
    const { results, summary } = await scanning.end();
    expect(scanning.backoffs).toEqual([]);
    const { statistics } = summary;
    expect(statistics).toMatchObject({ invalid: 10, icmpUnreachable: 0, parked: 0 });
    expect(results).toHaveLength(statistics.settled);
    for (const { reason } of results) expect(['syn-ack', 'reset']).toContain(reason);
  });

  test('P5 caps hold at the receiver, for each address and for their network', async () => {
    const targets = [hosts.server.v4, hosts.resetting.v4, hosts.mixed.v4];
    const arriving = await SynCounter.install(lab.hosts, 'host0', targets);
    const startMs = performance.now();
    const scanning = new Scanning(lab.scanner, {
      ...{ targets, ports: '1-40', technique: 'syn', maxRate: 1000, retries: 0 },
      ...{ maxTargetRate: 20, maxPrefixRate: { rate: 50, prefixV4: 24 } },
    });
    await scanning.until(({ settled }) => settled > 0);
    // Read before the clock: what has arrived by then cannot be more than the time allows.
    const early = await Promise.all([arriving.total(), arriving.to(0), arriving.to(1)]);
    const seconds = (performance.now() - startMs) / 1000;
    const [total, ...each] = early;
    expect(total).toBeLessThanOrEqual(1 + 50 * seconds);
    for (const packets of each) expect(packets).toBeLessThanOrEqual(1 + 20 * seconds);
    const { results, summary } = await scanning.end();
    const allSeconds = (performance.now() - startMs) / 1000;
    expect(await arriving.total()).toBe(120);
    expect(120).toBeLessThanOrEqual(1 + 50 * allSeconds);
    expect(40).toBeLessThanOrEqual(1 + 20 * allSeconds);
    expect(results).toHaveLength(120);
    expect(summary.statistics).toMatchObject({ filtered: 0, unknown: 0, backedOffTargets: 0 });
  });
});
