// What an ordinary user may do who has CAP_NET_RAW and nothing else.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeInNamespaces } from '../namespace.js';
import { withCapabilities } from '../privileges.js';
import { pacegate, scanLines } from '../tools.js';
import { TruthLink } from './link.js';
import { addressesFrom, backends, differenceFrom, none, portsTo } from './scanning.js';

const shares = { open: 200, closed: 600, prohibited: 100 };
const options = { key: 5, shares, prefixes: ['10.78.7.0/24', 'fd78::/120'] };
const addresses = [...addressesFrom('10.78.7.0', 16), ...addressesFrom('fd78::1', 16)];

describeInNamespaces('CAP_NET_RAW alone', () => {
  let link: TruthLink;

  beforeAll(async () => {
    link = await TruthLink.create();
  });
  afterAll(() => {
    link.remove();
  });

  test.for([...backends, 'rawip'])('P3 backend %s finds the truth', async (backend) => {
    await using responder = await link.respond('xdp', options);
    const { code, stdout, stderr } = await pacegate(
      link.scanner,
      [
        ...['scan', '-sS', '-p', '1-16', '--max-rate', '5000', '--timeout', '300'],
        ...['--backend', backend, '-oJ', '-', ...addresses],
      ],
      withCapabilities(',+net_raw'),
    );
    expect(code).toBe(0);
    // A live-frames program takes CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN; without them it is said what is used in its place.
    expect(/warning: .*CAP_BPF/.test(stderr)).toBe(backend === 'xdp');
    const lines = scanLines(stdout);
    expect(differenceFrom(responder.truth, addresses, portsTo(16), lines)).toEqual(none);
  });
});
