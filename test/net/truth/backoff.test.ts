// Caps and back-off by every backend, against the truth.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { describeInNamespaces } from '../namespace.js';
import { TruthLink } from './link.js';
import {
  addressesFrom,
  backends,
  differenceFrom,
  none,
  portsTo,
  scanned,
  type Backend,
} from './scanning.js';

const prefix = '10.78.12.0/24';
const targets = addressesFrom('10.78.12.0', 8);
const ports = portsTo(10);

/** The smallest number of tokens that a bucket of this rate must have held, were these its departures. */
function burstOf(arrivals: readonly bigint[], ratePerSecond: number): number {
  let lead = 0;
  let least = 0;
  arrivals.forEach((at, i) => {
    const above = i - (Number(at - (arrivals[0] ?? 0n)) / 1e9) * ratePerSecond;
    least = Math.min(least, above);
    lead = Math.max(lead, above - least + 1);
  });
  return lead;
}

describeInNamespaces('limits of single targets', () => {
  let link: TruthLink;

  beforeAll(async () => {
    link = await TruthLink.create();
  });
  afterAll(() => {
    link.remove();
  });

  describe.for<Backend | 'rawip'>([...backends, 'rawip'])('backend %s', (backend) => {
    test("P5 a prefix's cap holds in every stretch of time, retries included", async () => {
      const rate = 60;
      await using responder = await link.respond('xdp', {
        ...{ key: 7, shares: { closed: 700 }, prefixes: [prefix], ports: '1-10', arrivals: 1000 },
      });
      const { lines, summary } = await scanned(link.scanner, backend, [
        ...['--max-rate', '5000', '--max-prefix-rate', `${rate}/24`, '--max-retries', '1'],
        ...['--timeout', '300', '-p', '1-10', ...targets],
      ]);
      expect(differenceFrom(responder.truth, targets, ports, lines)).toEqual(none);
      const { figures, counts, arrivals } = await responder.end();
      const silent = lines.filter(({ reason }) => reason === 'no-response').length;
      expect(counts.filter((probes) => probes === 2)).toHaveLength(silent);
      expect(figures.received).toBe(80 + silent);
      // The bucket holds one; a quarter of a second is what a busy machine may hold probes up.
      expect(burstOf([...arrivals.subarray(0, figures.received)], rate)).toBeLessThanOrEqual(
        1 + rate / 4,
      );
      expect(summary.statistics['packetsPerSecond']).toBeLessThan(2 * rate);
    });

    test('P5 a network behind a firewall is asked once more, then given up', async () => {
      const shares = { prohibited: 1000 };
      await using responder = await link.respond('xdp', {
        ...{ key: 8, shares, prefixes: [prefix], routers: ['10.77.1.1'], ports: '1-10' },
      });
      const { lines, summary } = await scanned(link.scanner, backend, [
        ...['--max-rate', '2000', '--adaptive-rate', '--backoff-limit', '2500'],
        ...['--timeout', '5000', '-p', '1-10', ...targets],
      ]);
      const { figures } = await responder.end();
      expect(lines).toHaveLength(80);
      const asked = lines.filter(({ reason }) => reason === 'admin-prohibited');
      expect(figures.received).toBe(asked.length);
      expect(lines.filter(({ reason }) => reason === 'rate_limit_timeout')).toHaveLength(
        80 - asked.length,
      );
      expect(summary).toMatchObject({
        complete: true,
        statistics: { allBackedOff: true, parked: 0 },
      });
    });
  });
});
