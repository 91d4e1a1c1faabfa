// A rate that the scan finds by itself, on a path that loses what is above its limit.
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { AutoRateStatistics } from '../../../lib/scan/auto-rate.js';
import { describeInNamespaces } from '../namespace.js';
import { TruthLink } from './link.js';
import { backends, differenceFrom, none, portsTo, addressesFrom, scanned } from './scanning.js';

const prefix = '10.78.64.0/23';
const addresses = addressesFrom('10.78.64.0', 512);
const ports = portsTo(20);

describeInNamespaces('an automatic rate', () => {
  let link: TruthLink;

  beforeAll(async () => {
    link = await TruthLink.create();
  });
  afterAll(() => {
    link.remove();
  });

  test.for(backends)('P12 loses nothing for good to a policer, by %s', async (backend) => {
    await using responder = await link.respond('xdp', {
      ...{ key: 12, shares: { open: 200, closed: 300 }, prefixes: [prefix] },
      limit: { rate: 6000, burst: 600, by: 'all', over: 'drop' },
    });
    // A try may fall into what the search loses: on a busy machine two pairs of 10 240 lost three in a row.
    const { lines, summary } = await scanned(link.scanner, backend, [
      ...['--max-rate', 'auto', '--max-retries', '4', '--timeout', '600', '-p', '1-20', prefix],
    ]);
    expect(differenceFrom(responder.truth, addresses, ports, lines)).toEqual(none);
    const { autoRate } = summary.statistics as unknown as { autoRate: AutoRateStatistics };
    expect(autoRate.canaries).toBeGreaterThan(0);
  });
});
