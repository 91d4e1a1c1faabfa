// A device that is full, goes down, or has next to no room: every pair keeps its one result, and none is made up.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { end, must } from '../command.js';
import { describeInNamespaces, type Namespace } from '../namespace.js';
import { cli, scanLines, type ScanLine } from '../tools.js';
import { TruthLink } from './link.js';
import { addressesFrom, backends, differenceFrom, none, portsTo, scanned } from './scanning.js';

const shares = { open: 200, closed: 600, prohibited: 100 };
const options = { key: 8, shares, prefixes: ['10.78.4.0/24', 'fd78::/120'] };
const ports = portsTo(32);
const addresses = [...addressesFrom('10.78.4.0', 64), ...addressesFrom('fd78::1', 64)];
const pairs = addresses.length * ports.length;

/** Shapes what leaves the scanner; a backend that bypasses the queueing discipline does not notice. */
function shape(namespace: Namespace, discipline: string): Promise<string> {
  const words = `qdisc add dev up0 root ${discipline}`.split(' ');
  return must('ip', ['netns', 'exec', namespace.name, 'tc', ...words]);
}

describeInNamespaces('a device in trouble', () => {
  let link: TruthLink;

  beforeEach(async () => {
    link = await TruthLink.create();
  });
  afterEach(() => {
    link.remove();
  });

  test('P3 a queue that is full again and again (ENOBUFS): all pairs once, nothing lost', async () => {
    // Half of the asked rate, and room for a few frames.
    await shape(link.scanner, 'tbf rate 5mbit burst 2kb limit 2kb');
    await using responder = await link.respond('xdp', { ...options, ports: '1-32' });
    const { lines, summary } = await scanned(link.scanner, 'rawip', [
      ...['--max-rate', '20000', '--timeout', '400', '--max-retries', '0'],
      ...['-p', '1-32', ...addresses],
    ]);
    expect(differenceFrom(responder.truth, addresses, ports, lines)).toEqual(none);
    const { figures } = await responder.end();
    expect(figures.pairs).toMatchObject({ distinct: pairs, repeated: 0, outside: 0 });
    expect(summary.statistics).toMatchObject({ backend: 'rawip', sent: pairs, sendFailures: 0 });
    expect(summary.statistics['busyRetries']).toBeGreaterThan(0);
  });

  /** A scan of some seconds, with `trouble` in the middle of it. */
  async function scanThrough(
    backend: string,
    trouble: () => Promise<void>,
  ): Promise<readonly ScanLine[]> {
    const running = link.scanner.start(process.execPath, [
      ...[cli, 'scan', '-sS', '--backend', backend, '-oJ', '-', '--quiet', '--no-progress'],
      ...['--max-rate', '3000', '--timeout', '200', '--max-retries', '5', '-p', '1-32'],
      ...addresses,
    ]);
    await new Promise((resolve) => running.child.stdout?.once('data', resolve));
    await trouble();
    const { code, stdout, stderr } = await end(running);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    return scanLines(stdout);
  }

  describe.for(backends)('backend %s', (backend) => {
    test('P3 the other end goes down and comes back: the truth, late', async () => {
      await using responder = await link.respond('xdp', options);
      const lines = await scanThrough(backend, async () => {
        await link.farEnd('down');
        await sleep(300);
        await link.farEnd('up');
      });
      expect(differenceFrom(responder.truth, addresses, ports, lines)).toEqual(none);
    });

    test('P3 the interface goes down and comes back: what was not sent is said to be unknown', async () => {
      await using responder = await link.respond('xdp', options);
      const lines = await scanThrough(backend, async () => {
        await link.scanner.ip('link set up0 down');
        await sleep(300);
        await link.scanner.ip('link set up0 up');
      });
      const honest = lines.filter(
        ({ reason }) => reason !== 'send-failed' && reason !== 'no-response',
      );
      const found = differenceFrom(responder.truth, addresses, ports, honest);
      expect({ ...found, missing: [] }).toEqual(none);
      expect(new Set(lines.map(({ address, port }) => `${address} ${port}`)).size).toBe(pairs);
      expect(lines).toHaveLength(pairs);
      // It went on after that: far more was found than the device was down for.
      expect(honest.length).toBeGreaterThan(pairs / 2);
    });

    test('P11 the smallest MTU that a device can have is enough for IPv4 probes', async () => {
      await link.scanner.ip('link set up0 mtu 68');
      await using responder = await link.respond('xdp', options);
      const targets = addressesFrom('10.78.4.0', 64);
      const { lines } = await scanned(link.scanner, backend, [
        ...['--max-rate', '10000', '--timeout', '400', '-p', '1-32'],
        ...targets,
      ]);
      expect(differenceFrom(responder.truth, targets, ports, lines)).toEqual(none);
    });
  });
});
