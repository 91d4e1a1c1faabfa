// A /16 that answers by a key, behind a veth pair, and what is true of it.
import { execFileSync, type ChildProcess } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { VethPair, type Queue } from '../veth-pair.js';

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

/** A policer: a token bucket that drops what it has no token for. */
export interface Policer {
  readonly packetsPerSecond: number;
  /** Packets that it lets through at once. */
  readonly burst: number;
}

/** A path that takes only so many packets. */
export type Bottleneck = Policer | Queue;

/** Every `address port` that is open: a twentieth of all. */
export function openPorts({ network, lastPort }: Field): Set<string> {
  const args = ['truth', '-', '--prefix', network, '--ports', `1-${lastPort}`, ...KEY];
  const printed = execFileSync(RESPONDER, args, { maxBuffer: 1 << 28 }).toString();
  return new Set(printed.split('\n').filter((line) => line !== ''));
}

export class Ground {
  readonly pair: VethPair;
  readonly #children: ChildProcess[] = [];

  private constructor(queue?: Queue) {
    this.pair = new VethPair(queue);
  }

  /** The responder is an XDP program: it answers in the driver, and takes no part in what is measured. */
  static async open(bottleneck?: Bottleneck): Promise<Ground> {
    const queue = bottleneck !== undefined && 'packets' in bottleneck ? bottleneck : undefined;
    const policer = bottleneck !== undefined && 'burst' in bottleneck ? bottleneck : undefined;
    const ground = new Ground(queue);
    const limits = policer === undefined ? [] : limitsOf(policer);
    const answering = ['xdp', 'rx0', '--prefix', '10.78.0.0/16', ...KEY, ...limits];
    // Frames that one end sends back in its driver arrive only where the other has a program too.
    const { pair } = ground;
    await ground.#ready(
      queue === undefined
        ? pair.startSender(RESPONDER, ['pass', 'tx0'])
        : pair.startMiddle(RESPONDER, ['pass', 'out0']),
    );
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

const limitsOf = ({ packetsPerSecond, burst }: Policer): string[] => [
  ...['--limit', `${packetsPerSecond}`, '--limit-by', 'all'],
  ...['--limit-burst', `${burst}`, '--limit-over', 'drop'],
];
