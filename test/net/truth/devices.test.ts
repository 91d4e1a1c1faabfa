// Devices that are no plain Ethernet card: what works over them is exact, and what does not is refused in one line.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { describeInNamespaces } from '../namespace.js';
import { pacegate } from '../tools.js';
import { TruthLink } from './link.js';
import { addressesFrom, differenceFrom, none, portsTo, scanned } from './scanning.js';

const shares = { open: 200, closed: 600, prohibited: 100 };
const options = { key: 2, shares, prefixes: ['10.77.1.128/26'] };
const addresses = addressesFrom('10.77.1.128', 32);
const ports = portsTo(16);

describeInNamespaces('devices', () => {
  let link: TruthLink;

  beforeEach(async () => {
    link = await TruthLink.create();
  });
  afterEach(() => {
    link.remove();
  });

  const scanOver = (device: string) =>
    scanned(link.scanner, 'packet', [
      ...['-e', device, '--max-rate', '5000', '--timeout', '300', '-p', '1-16', ...addresses],
    ]);

  /** On top of up0, with an address of its own in its network. */
  const stacked: Readonly<Record<string, readonly string[]>> = {
    macvlan: ['link add link up0 name odd0 type macvlan mode private'],
    bridge: ['link add odd0 type bridge', 'link set up0 master odd0'],
  };

  test.for(Object.entries(stacked))('P11 %s: works, and is exact', async ([, commands]) => {
    for (const command of [
      ...commands,
      'address flush dev up0',
      'address add 10.77.1.2/24 dev odd0',
      'link set odd0 up',
    ]) {
      await link.scanner.ip(command);
    }
    await using responder = await link.respond('xdp', options);
    const { lines } = await scanOver('odd0');
    expect(differenceFrom(responder.truth, addresses, ports, lines)).toEqual(none);
  });

  describe('that go nowhere', () => {
    test('P11 ifb: nobody there answers ARP, so every port is filtered, and that is why', async () => {
      for (const command of ['link add odd0 type ifb', 'link set odd0 up']) {
        await link.scanner.ip(command);
      }
      await link.scanner.ip('address add 10.79.0.1/24 dev odd0');
      const { lines } = await scanned(link.scanner, 'packet', [
        '-p',
        '1-16',
        '--timeout',
        '200',
        '10.79.0.7',
      ]);
      expect(lines).toHaveLength(16);
      expect(new Set(lines.map(({ state, reason }) => `${state} ${reason}`))).toEqual(
        new Set(['filtered host-unreach']),
      );
    });

    test.for(['packet'])(
      'P11 tun: no Ethernet frames, so --backend %s is refused',
      async (backend) => {
        for (const command of ['tuntap add dev odd0 mode tun', 'link set odd0 up']) {
          await link.scanner.ip(command);
        }
        await link.scanner.ip('address add 10.79.0.1/24 dev odd0');
        const { code, stdout, stderr } = await pacegate(link.scanner, [
          ...['scan', '-sS', '10.79.0.7', '-p', '1-16', '-oJ', '-', '--backend', backend],
        ]);
        expect(stderr).toMatch(/^pacegate: .*odd0.*raw IP.* \[ERR_PACEGATE_NOT_SUPPORTED\]\n$/);
        expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      },
    );
  });
});
