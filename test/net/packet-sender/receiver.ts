// What arrives at an interface: how often each destination, and what the kernel made of the checksums.
import { must } from '../command.js';
import type { Namespace } from '../namespace.js';

interface SetList {
  readonly nftables: readonly {
    readonly set?: { readonly elem?: readonly Element[] };
  }[];
}
interface Element {
  readonly elem: { readonly val: string | number; readonly counter: { readonly packets: number } };
}

/** What is told apart: the destination address, or the destination port. */
export type Destination = 'ipv4' | 'port';

const KINDS = {
  ipv4: { type: 'ipv4_addr', match: 'ip daddr' },
  port: { type: 'inet_service', match: 'th dport' },
} as const;

/**
 * Counts, from its creation on, packets from `source` by destination. The netdev hook sees a frame before anything else
 * has a say.
 */
export class Receiver {
  readonly #namespace: Namespace;

  private constructor(namespace: Namespace) {
    this.#namespace = namespace;
  }

  static async install(
    namespace: Namespace,
    device: string,
    kind: Destination,
    source: string,
  ): Promise<Receiver> {
    const { type, match } = KINDS[kind];
    const from = `${source.includes(':') ? 'ip6' : 'ip'} saddr ${source}`;
    const transport = kind === 'port' ? 'meta l4proto { tcp, udp }' : '';
    await namespace.nft(`table netdev seen
      delete table netdev seen
      table netdev seen {
        set destinations { type ${type}; size 65536; flags dynamic; counter; }
        chain arriving {
          type filter hook ingress device ${device} priority 0
          ${from} ${transport} update @destinations { ${match} }
        }
      }`);
    return new Receiver(namespace);
  }

  /** Packets by destination. */
  async counts(): Promise<Map<string | number, number>> {
    const text = await this.#run('nft', '-j', 'list', 'set', 'netdev', 'seen', 'destinations');
    const { nftables } = JSON.parse(text) as SetList;
    const elements = nftables.find(({ set }) => set !== undefined)?.set?.elem ?? [];
    return new Map(elements.map(({ elem }) => [elem.val, elem.counter.packets]));
  }

  /** The kernel's counters by `Protocol.Name`; those of IPv6 by their own names (`Udp6NoPorts`). */
  async kernel(): Promise<ReadonlyMap<string, number>> {
    const pairs = (await this.#run('cat', '/proc/net/snmp')).trim().split('\n');
    const counters = new Map<string, number>();
    for (let i = 0; i + 1 < pairs.length; i += 2) {
      const [names = [], values = []] = pairs.slice(i, i + 2).map((line) => line.split(' '));
      names.slice(1).forEach((name, at) => {
        counters.set(`${names[0]?.replace(':', '.')}${name}`, Number(values[at + 1]));
      });
    }
    for (const line of (await this.#run('cat', '/proc/net/snmp6')).trim().split('\n')) {
      const [name = '', value] = line.split(/\s+/);
      counters.set(name, Number(value));
    }
    return counters;
  }

  #run(...command: string[]): Promise<string> {
    return must('ip', ['netns', 'exec', this.#namespace.name, ...command]);
  }
}
