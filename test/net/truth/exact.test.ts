// Every backend against the ground truth: nothing missed, nothing invented, and as many probes as it takes.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { describeInNamespaces } from '../namespace.js';
import { engines } from '../responder/responder.js';
import { TruthLink } from './link.js';
import { addressesFrom, backends, differenceFrom, none, portsTo, scanned } from './scanning.js';

const shares = { open: 100, closed: 600, prohibited: 100 };
const ports = portsTo(64);

/** Targets by how they are reached: the first, the prefix they begin, and how many. */
const groups: readonly (readonly [string, string, string, number])[] = [
  ['IPv4 behind a gateway', '10.78.5.0', '10.78.5.0/24', 256],
  ['IPv6 behind a gateway', 'fd78::400', 'fd78::400/120', 256],
  ['IPv4 on the link', '10.77.1.128', '10.77.1.128/25', 64],
  ['IPv6 on the link', 'fd77:0:0:1::100', 'fd77:0:0:1::100/120', 64],
];

describeInNamespaces('scans against the truth', () => {
  let link: TruthLink;

  beforeAll(async () => {
    link = await TruthLink.create();
  });
  afterAll(() => {
    link.remove();
  });

  describe.for(engines)('answered by %s', (engine) => {
    describe.for(backends)('backend %s', (backend) => {
      test.for(groups)('P11 %s', async ([, first, prefix, count]) => {
        const options = { key: count, shares, prefixes: [prefix], ports: '1-64' };
        await using responder = await link.respond(engine, options);
        const addresses = addressesFrom(first, count);
        const { lines, summary } = await scanned(link.scanner, [
          ...['--backend', backend, '--max-rate', '20000', '--timeout', '400'],
          ...['--max-retries', '1', '-p', '1-64', ...addresses],
        ]);
        expect(differenceFrom(responder.truth, addresses, ports, lines)).toEqual(none);
        expect(summary.statistics.backend).toBe(backend);
        const { figures, counts } = await responder.end();
        expect(figures.pairs).toMatchObject({ distinct: count * ports.length, outside: 0 });
        const probesOfSilent = counts.filter((_, pair) => {
          const address = addresses[Math.floor(pair / ports.length)];
          const kind = responder.truth.kind(address ?? '', (pair % ports.length) + 1);
          return address !== undefined && kind === 'silent';
        });
        expect(new Set(probesOfSilent)).toEqual(new Set([2]));
        expect(figures.faults).toEqual({ missed: 0, unsent: 0 });
      });
    });
  });
});
