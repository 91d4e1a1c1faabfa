// A /16 that answers by a key, behind a veth pair, and what is true of it.
import { execFileSync, type ChildProcess } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { VethPair } from '../veth-pair.js';

const RESPONDER = path.resolve(
  import.meta.dirname,
  '../../build-responder/test/net/responder/pacegate_responder',
);
const KEY = ['--key', '3', '--open', '50'];

/** What a scan is told to look at. */
export interface Field {
  readonly network: string;
  readonly lastPort: number;
}

/** A path that takes only so many packets. */
export interface Bottleneck {
  readonly packetsPerSecond: number;
  /** Packets that it lets through at once. */
  readonly burst: number;
}

/** Every `address port` that is open: a twentieth of all. */
export function openPorts({ network, lastPort }: Field): Set<string> {
  const args = ['truth', '-', '--prefix', network, '--ports', `1-${lastPort}`, ...KEY];
  const printed = execFileSync(RESPONDER, args, { maxBuffer: 1 << 28 }).toString();
  return new Set(printed.split('\n').filter((line) => line !== ''));
}

export class Ground {
  readonly pair = new VethPair();
  readonly #children: ChildProcess[] = [];

  /** The responder is an XDP program: it answers in the driver, and takes no part in what is measured. */
  static async open(bottleneck?: Bottleneck): Promise<Ground> {
    const ground = new Ground();
    const limits =
      bottleneck === undefined
        ? []
        : [
            ...['--limit', `${bottleneck.packetsPerSecond}`, '--limit-by', 'all'],
            ...['--limit-burst', `${bottleneck.burst}`, '--limit-over', 'drop'],
          ];
    const answering = ['xdp', 'rx0', '--prefix', '10.78.0.0/16', ...KEY, ...limits];
    // Frames that one end sends back in its driver arrive only where the other has a program too.
    await ground.#ready(ground.pair.startSender(RESPONDER, ['pass', 'tx0']));
    await ground.#ready(ground.pair.startReceiver(RESPONDER, answering));
    return ground;
  }

  async #ready(child: ChildProcess): Promise<void> {
    this.#children.push(child);
    if (child.stdout === null) throw new Error('the responder has no standard output');
    child.stderr?.pipe(process.stderr);
    for await (const line of createInterface(child.stdout)) if (line === 'ready') return;
    throw new Error('the responder has ended');
  }

  close(): void {
    for (const child of this.#children) child.stdin?.end();
    this.pair.remove();
  }
}
