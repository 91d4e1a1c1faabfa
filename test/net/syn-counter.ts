// Counts the TCP SYNs that arrive at an interface, whoever sent them and however.
import { must } from './command.js';
import type { Namespace } from './namespace.js';

interface CounterList {
  readonly nftables: readonly { readonly counter?: { name: string; packets: number } }[];
}

/** Counts from its creation on. The netdev hook sees a frame before anything else has a say. */
export class SynCounter {
  readonly #namespace: Namespace;
  readonly #table: string;

  private constructor(namespace: Namespace, table: string) {
    this.#namespace = namespace;
    this.#table = table;
  }

  /** @param destinations - counted one by one, beside the total */
  static async install(
    namespace: Namespace,
    device: string,
    destinations: readonly string[] = [],
  ): Promise<SynCounter> {
    const table = 'count';
    const syn = 'tcp flags & (syn | ack) == syn';
    const named = destinations.map((address, i) => ({
      name: `to${i}`,
      match: `${address.includes(':') ? 'ip6' : 'ip'} daddr ${address} ${syn}`,
    }));
    const counters = [{ name: 'total', match: syn }, ...named];
    // The first two lines make this work whether or not the table is there already.
    await namespace.nft(`table netdev ${table}
      delete table netdev ${table}
      table netdev ${table} {
        ${counters.map(({ name }) => `counter ${name} { }`).join('\n')}
        chain arriving {
          type filter hook ingress device ${device} priority 0
          ${counters.map(({ name, match }) => `${match} counter name ${name}`).join('\n')}
        }
      }`);
    return new SynCounter(namespace, table);
  }

  total(): Promise<number> {
    return this.#read('total');
  }

  /** SYNs to the destination of that index. */
  to(index: number): Promise<number> {
    return this.#read(`to${index}`);
  }

  async #read(name: string): Promise<number> {
    const text = await must('ip', [
      ...['netns', 'exec', this.#namespace.name],
      ...['nft', '-j', 'list', 'counters', 'table', 'netdev', this.#table],
    ]);
    const { nftables } = JSON.parse(text) as CounterList;
    const found = nftables.find(({ counter }) => counter?.name === name);
    if (found?.counter === undefined) throw new Error(`no counter ${name}: ${text}`);
    return found.counter.packets;
  }
}
