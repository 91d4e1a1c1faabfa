// The network the scans run in: a scanner, a router, and hosts behind it that answer in every way a host can.
//
//   scanner  up0 ── down0  router  lan0 ── host0  hosts
//            10.77.1.2     10.77.1.1, 10.77.2.1   10.77.2.10 ...
//            fd77:0:0:1::2 …:1::1,    …:2::1      fd77:0:0:2::10 ...
import type { Endpoint } from './namespace.js';
import { Namespace } from './namespace.js';

/** What is behind each address; `v6` where it has one. */
export interface Host {
  readonly v4: string;
  readonly v6: string;
}

const behindRouter = (last: number): Host => ({
  v4: `10.77.2.${last}`,
  v6: `fd77:0:0:2::${last}`,
});

export const hosts = {
  /** On the scanner's own link: no gateway in between. Listens on 22. */
  router: { v4: '10.77.1.1', v6: 'fd77:0:0:1::1' },
  /** On the scanner's own link, and nobody has it: ARP and NDP stay without an answer. */
  nobody: { v4: '10.77.1.99', v6: 'fd77:0:0:1::99' },
  /** Listens on 22, 80 and 443; its kernel refuses the rest. */
  server: behindRouter(10),
  /** A firewall answers every port with a reset, listeners or not. */
  resetting: behindRouter(11),
  /** A firewall drops everything. */
  silent: behindRouter(12),
  /** A firewall answers with ICMP port unreachable. */
  rejecting: behindRouter(13),
  /** Port 80 listens, 443 is prohibited by a firewall (ICMP), 8080 is dropped, the rest refuses. */
  mixed: behindRouter(14),
  /** Behind the router, and nobody has it: the router says host unreachable, in its own time. */
  missing: behindRouter(99),
  /** The router has `prohibit` for its network. */
  prohibited: { v4: '10.77.3.10', v6: 'fd77:0:0:3::10' },
  /** The router has `unreachable` for its network. */
  unreachable: { v4: '10.77.4.10', v6: 'fd77:0:0:4::10' },
} as const satisfies Readonly<Record<string, Host>>;

export interface Lab {
  readonly scanner: Namespace;
  readonly router: Namespace;
  readonly hosts: Namespace;
  remove(): void;
}

export async function buildLab(): Promise<Lab> {
  const made: Namespace[] = [];
  const make = async (label: string): Promise<Namespace> => {
    const namespace = await Namespace.create(label);
    made.push(namespace);
    return namespace;
  };
  const remove = (): void => {
    for (const namespace of made) namespace.remove();
  };
  try {
    const lab = {
      scanner: await make('scan'),
      router: await make('route'),
      hosts: await make('hosts'),
    };
    await connect(lab);
    await setUpRouter(lab.router);
    await setUpHosts(lab.hosts);
    return { ...lab, remove };
  } catch (error) {
    remove();
    throw error;
  }
}

type Parts = Omit<Lab, 'remove'>;

async function connect({ scanner, router, hosts: lan }: Parts): Promise<void> {
  await scanner.join(
    router,
    { name: 'up0', addresses: ['10.77.1.2/24', 'fd77:0:0:1::2/64'] },
    { name: 'down0', addresses: ['10.77.1.1/24', 'fd77:0:0:1::1/64'] },
  );
  await router.join(
    lan,
    { name: 'lan0', addresses: ['10.77.2.1/24', 'fd77:0:0:2::1/64'] },
    { name: 'host0', addresses: lanAddresses() },
  );
  // No default route: an address outside the lab has no route, and a mistake cannot leave it.
  await scanner.ip('route add 10.77.0.0/16 via 10.77.1.1');
  await scanner.ip('-6 route add fd77::/48 via fd77:0:0:1::1');
  await lan.ip('route add 10.77.1.0/24 via 10.77.2.1');
  await lan.ip('-6 route add fd77:0:0:1::/64 via fd77:0:0:2::1');
  // A link that is down.
  await scanner.ip('link add idle0 type veth peer name idle1');
}

function lanAddresses(): string[] {
  const present = [hosts.server, hosts.resetting, hosts.silent, hosts.rejecting, hosts.mixed];
  return present.flatMap(({ v4, v6 }) => [`${v4}/24`, `${v6}/64`]);
}

/** Kernels send one ICMP error a second to one destination; then which port gets it would be chance. */
const unlimitedErrors = {
  'net.ipv4.icmp_ratelimit': 0,
  'net.ipv4.icmp_ratemask': 0,
  'net.ipv6.icmp.ratelimit': 0,
};

async function setUpRouter(router: Namespace): Promise<void> {
  await router.sysctl({
    ...unlimitedErrors,
    'net.ipv4.ip_forward': 1,
    'net.ipv6.conf.all.forwarding': 1,
    // "Host unreachable" after 3 x 50 ms, not after 3 s.
    'net.ipv4.neigh.lan0.retrans_time_ms': 50,
    'net.ipv6.neigh.lan0.retrans_time_ms': 50,
  });
  await router.ip('route add prohibit 10.77.3.0/24');
  await router.ip('route add unreachable 10.77.4.0/24');
  await router.ip('-6 route add prohibit fd77:0:0:3::/64');
  await router.ip('-6 route add unreachable fd77:0:0:4::/64');
  await router.listen([
    { host: hosts.router.v4, port: 22 },
    { host: hosts.router.v6, port: 22 },
  ]);
}

async function setUpHosts(lan: Namespace): Promise<void> {
  await lan.sysctl(unlimitedErrors);
  await lan.nft(`table inet firewall {
    chain input {
      type filter hook input priority filter
      ip daddr ${hosts.resetting.v4} tcp dport 1-65535 reject with tcp reset
      ip6 daddr ${hosts.resetting.v6} tcp dport 1-65535 reject with tcp reset
      ip daddr ${hosts.silent.v4} drop
      ip6 daddr ${hosts.silent.v6} tcp dport 1-65535 drop
      ip daddr ${hosts.rejecting.v4} tcp dport 1-65535 reject with icmp port-unreachable
      ip6 daddr ${hosts.rejecting.v6} tcp dport 1-65535 reject with icmpv6 port-unreachable
      ip daddr ${hosts.mixed.v4} tcp dport 443 reject with icmp admin-prohibited
      ip6 daddr ${hosts.mixed.v6} tcp dport 443 reject with icmpv6 admin-prohibited
      ip daddr ${hosts.mixed.v4} tcp dport 8080 drop
      ip6 daddr ${hosts.mixed.v6} tcp dport 8080 drop
    }
  }`);
  const listening: Endpoint[] = [hosts.server, hosts.resetting, hosts.silent, hosts.mixed].flatMap(
    ({ v4, v6 }) => [v4, v6].flatMap((host) => [22, 80, 443].map((port) => ({ host, port }))),
  );
  await lan.listen(listening);
}
