// What a scan records, against what the truth saw: every packet that was sent, every answer, and nothing else.
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ScanStatistics } from '../../../lib/scan/index.js';
import { readCapture, type Capture, type Packet } from '../capture.js';
import { must } from '../command.js';
import { describeInNamespaces } from '../namespace.js';
import { cli, pacegate } from '../tools.js';
import { TruthLink } from './link.js';
import { addressesFrom, backends, portsTo, scanned } from './scanning.js';

const shares = { open: 200, closed: 500, prohibited: 100 };
const prefixes = ['10.78.5.0/27', 'fd78::400/123', '10.77.1.128/27', 'fd77:0:0:1::100/123'];
/** In the order in which the responder counts them. */
const addresses = ['10.78.5.0', 'fd78::400', '10.77.1.128', 'fd77:0:0:1::100'].flatMap((first) =>
  addressesFrom(first, 32),
);
const ports = portsTo(8);

const ofKind = (capture: Capture, kind: Packet['kind']): Packet[] =>
  capture.packets.filter((packet) => packet.kind === kind);

/** SYNs by pair, in the responder's order. */
function probesOf(capture: Capture): number[] {
  const counts = new Map<string, number>();
  for (const { to, toPort } of ofKind(capture, 'syn')) {
    counts.set(`${to} ${toPort}`, (counts.get(`${to} ${toPort}`) ?? 0) + 1);
  }
  return addresses.flatMap((address) => ports.map((port) => counts.get(`${address} ${port}`) ?? 0));
}

/** Lines of tcpdump, which ends with a fault where a file is not whole. */
async function tcpdumpCount(file: string): Promise<number> {
  return (await must('tcpdump', ['-nr', file])).trim().split('\n').length;
}

describeInNamespaces('a recorded scan', () => {
  let link: TruthLink;
  let folder: string;

  beforeAll(async () => {
    link = await TruthLink.create();
    folder = mkdtempSync(path.join(tmpdir(), 'pacegate-pcap-'));
  });
  afterAll(() => {
    link.remove();
    rmSync(folder, { recursive: true });
  });

  test.for(backends)(
    'P11 by %s: IPv4 and IPv6, behind a gateway and on the link',
    async (backend) => {
      const file = path.join(folder, `${backend}.pcap`);
      await using responder = await link.respond('xdp', { key: 3, shares, prefixes, ports: '1-8' });
      const { summary } = await scanned(link.scanner, backend, [
        ...['--max-rate', '20000', '--timeout', '200', '--max-retries', '0'],
        ...['-p', '1-8', '--pcap', file, ...addresses],
      ]);
      const { figures, counts } = await responder.end();
      const capture = readCapture(file);
      expect(capture).toMatchObject({ linkType: 1, leftOver: 0 });
      expect(probesOf(capture)).toEqual([...counts]);
      const { answers } = figures;
      expect(ofKind(capture, 'syn-ack')).toHaveLength(answers.open);
      expect(ofKind(capture, 'reset')).toHaveLength(answers.closed);
      expect(ofKind(capture, 'icmp')).toHaveLength(answers.prohibited);
      const { sent } = summary.statistics;
      const questions = (sent ?? 0) - figures.received;
      expect(ofKind(capture, 'neighbour').length).toBeGreaterThanOrEqual(questions);
      expect(await tcpdumpCount(file)).toBe(capture.packets.length);
      expect(summary.statistics['pcap']).toEqual({
        ...{ file, sent, received: capture.packets.length - (sent ?? 0) },
        ...{ dropped: 0, bytes: statSync(file).size },
      });
    },
  );

  test('P11 by rawip: a scan that is killed leaves whole records, and one that goes on adds the rest', async () => {
    const [file, state] = [path.join(folder, 'killed.pcap'), path.join(folder, 'state')];
    const command = (rate: number): string[] => [
      ...['scan', '127.0.0.1', '::1', '-sS', '-p', '1-5000', '--max-rate', `${rate}`, '--open'],
      ...['--pcap', file, '--resume', state, '-oJ', path.join(folder, 'killed.ndjson')],
      ...['--no-progress', '--json-summary'],
    ];
    const { child, finished } = link.scanner.start(process.execPath, [cli, ...command(4000)]);
    const size = (): number => (existsSync(state) && existsSync(file) ? statSync(file).size : 0);
    await expect.poll(size, { timeout: 20_000, interval: 5 }).toBeGreaterThan(50_000);
    child.kill('SIGKILL');
    await finished;
    const before = readCapture(file).packets;
    const { code, stderr } = await pacegate(link.scanner, command(50_000));
    expect(code).toBe(0);
    const { sent, received } = (JSON.parse(stderr) as { statistics: ScanStatistics }).statistics
      .pcap ?? { sent: 0, received: 0 };
    expect(received).toBe(sent);
    const capture = readCapture(file);
    // On lo packets have no link header.
    expect(capture).toMatchObject({ linkType: 101, leftOver: 0 });
    expect(capture.packets.slice(0, before.length)).toEqual(before);
    expect(capture.packets).toHaveLength(before.length + sent + received);
    expect(await tcpdumpCount(file)).toBe(capture.packets.length);
  });
});
