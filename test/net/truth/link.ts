// A scanner and the ground truth, joined by a veth pair.
//
//   scanner  up0 ── down0  truth        10.78.0.0/16, fd78::/48     behind the truth's own address, as a gateway
//            10.77.1.2     10.77.1.1    10.77.1.128/25, …:1::100/120  on the link itself: the truth answers ARP and NDP
//            fd77:0:0:1::2 …:1::1
import { must } from '../command.js';
import { Namespace } from '../namespace.js';
import { buildFrame } from '../packet-sender/frame.js';
import {
  letEverythingPass,
  Responder,
  type Engine,
  type ResponderOptions,
} from '../responder/responder.js';

export class TruthLink {
  readonly scanner: Namespace;
  readonly #truth: Namespace;
  readonly #scannerMac: string;
  readonly #gatewayMac: string;

  private constructor(
    scanner: Namespace,
    truth: Namespace,
    scannerMac: string,
    gatewayMac: string,
  ) {
    this.scanner = scanner;
    this.#truth = truth;
    this.#scannerMac = scannerMac;
    this.#gatewayMac = gatewayMac;
  }

  static async create(): Promise<TruthLink> {
    const scanner = await Namespace.create('scan');
    const truth = await Namespace.create('truth');
    await scanner.join(
      truth,
      { name: 'up0', addresses: ['10.77.1.2/24', 'fd77:0:0:1::2/64'] },
      { name: 'down0', addresses: ['10.77.1.1/24', 'fd77:0:0:1::1/64'] },
    );
    await scanner.ip('route add 10.78.0.0/16 via 10.77.1.1');
    await scanner.ip('-6 route add fd78::/48 via fd77:0:0:1::1');
    // Else its kernel says "no route" beside what the truth answers.
    await truth.ip('route add blackhole 10.78.0.0/16');
    await truth.ip('-6 route add blackhole fd78::/48');
    // Its kernel would not answer for the gateway in the first second of a link (IPv6).
    const gatewayMac = await macOf(truth, 'down0');
    for (const gateway of ['10.77.1.1', 'fd77:0:0:1::1']) {
      await scanner.ip(`neigh add ${gateway} lladdr ${gatewayMac} dev up0`);
    }
    await letEverythingPass(scanner, 'up0');
    return new TruthLink(scanner, truth, await macOf(scanner, 'up0'), gatewayMac);
  }

  respond(engine: Engine, options: ResponderOptions): Promise<Responder> {
    return Responder.start(this.#truth, 'down0', engine, this.#scannerMac, options);
  }

  /** A SYN by way of the gateway. */
  frameTo(destination: string): Buffer {
    const link = { source: this.#scannerMac, destination: this.#gatewayMac };
    return buildFrame({ link, source: '10.77.1.2', destination, protocol: 'tcp' });
  }

  /** Takes the truth's end of the link away, or puts it back. */
  async farEnd(state: 'up' | 'down'): Promise<void> {
    await this.#truth.ip(`link set down0 ${state}`);
  }

  remove(): void {
    this.scanner.remove();
    this.#truth.remove();
  }
}

async function macOf(namespace: Namespace, device: string): Promise<string> {
  const file = `/sys/class/net/${device}/address`;
  return (await must('ip', ['netns', 'exec', namespace.name, 'cat', file])).trim();
}
