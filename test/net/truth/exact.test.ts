// Every backend against the ground truth: nothing missed, nothing invented, and as many probes as it takes.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { describeInNamespaces } from '../namespace.js';
import { engines } from '../responder/responder.js';
import { TruthLink } from './link.js';
import { addressesFrom, backends, differenceFrom, none, portsTo, scanned } from './scanning.js';

const shares = { open: 100, closed: 600, prohibited: 100 };
const ports = portsTo(16);
const groupSize = 128;

/** Targets by how they are reached; each list begins with the first address of its prefix. */
const groups = {
  'IPv4 behind a gateway': { first: '10.78.5.0', prefix: '10.78.5.0/25' },
  'IPv6 behind a gateway': { first: 'fd78::400', prefix: 'fd78::400/121' },
  'IPv4 on the link': { first: '10.77.1.128', prefix: '10.77.1.128/25' },
  'IPv6 on the link': { first: 'fd77:0:0:1::100', prefix: 'fd77:0:0:1::100/121' },
};
const prefixes = Object.values(groups).map(({ prefix }) => prefix);
/** In the order in which the responder counts them, but for the last: a network's last IPv4 address is broadcast. */
const addresses = Object.values(groups).flatMap(({ first }) => addressesFrom(first, groupSize));
const targets = addresses.filter((address) => address !== '10.77.1.255');
const pairs = targets.length * ports.length;

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
      test(`P11 ${Object.keys(groups).join(', ')}`, async () => {
        const options = { key: 1, shares, prefixes, ports: '1-16' };
        await using responder = await link.respond(engine, options);
        const { lines } = await scanned(link.scanner, backend, [
          ...['--max-rate', '8000', '--timeout', '400'],
          ...['--max-retries', '1', '-p', '1-16', ...targets],
        ]);
        expect(differenceFrom(responder.truth, targets, ports, lines)).toEqual(none);
        const { figures, counts } = await responder.end();
        expect(figures.pairs).toMatchObject({ distinct: pairs, outside: 0 });
        const probesOfSilent = counts.filter((_, pair) => {
          const address = addresses[Math.floor(pair / ports.length)] ?? '';
          const port = ports[pair % ports.length] ?? 0;
          return targets.includes(address) && responder.truth.kind(address, port) === 'silent';
        });
        expect(new Set(probesOfSilent)).toEqual(new Set([2]));
        expect(figures.faults).toEqual({ missed: 0, unsent: 0 });
      });
    });
  });
});
