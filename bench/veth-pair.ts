// Two network namespaces joined by a veth pair: one sends, the other counts. Nothing outside is touched.
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/** A router's queue between the ends, on the way to the counting end. */
export interface Queue {
  readonly packetsPerSecond: number;
  /** Frames of 60 bytes that fit into it; what comes when it is full is dropped. */
  readonly packets: number;
}

/** The sending end is `tx0`, the counting end `rx0`; packets to 10.78.0.0/16 and 10.128.0.0/9 go by the counting end as a gateway. */
export class VethPair {
  readonly senderMac: string;
  readonly receiverMac: string;
  static #made = 0;
  readonly #name = `pacegate-bench-${process.pid}-${++VethPair.#made}`;
  readonly #sender = `${this.#name}-tx`;
  readonly #receiver = `${this.#name}-rx`;
  readonly #middle = `${this.#name}-mid`;
  readonly #namespaces: readonly string[];
  readonly #onExit = (): void => {
    this.remove();
  };

  constructor(queue?: Queue) {
    this.#namespaces = [
      this.#sender,
      this.#receiver,
      ...(queue === undefined ? [] : [this.#middle]),
    ];
    process.on('exit', this.#onExit);
    for (const name of this.#namespaces) ip(`netns add ${name}`);
    if (queue === undefined) this.#join();
    else this.#joinThrough(queue);
    ip(`-n ${this.#sender} address add 10.77.9.1/24 dev tx0`);
    ip(`-n ${this.#receiver} address add 10.77.9.2/24 dev rx0`);
    ip(`-n ${this.#sender} link set tx0 up`);
    ip(`-n ${this.#receiver} link set rx0 up`);
    for (const network of ['10.78.0.0/16', '10.128.0.0/9']) this.route(network);
    this.senderMac = macOf(this.#sender, 'tx0');
    this.receiverMac = macOf(this.#receiver, 'rx0');
  }

  #join(): void {
    ip(`-n ${this.#sender} link add tx0 type veth peer name rx0 netns ${this.#receiver}`);
  }

  /** A bridge of two ports, `in0` and `out0`; a frame counts as 64 bytes, however short it is. */
  #joinThrough({ packetsPerSecond, packets }: Queue): void {
    ip(`-n ${this.#sender} link add tx0 type veth peer name in0 netns ${this.#middle}`);
    ip(`-n ${this.#receiver} link add rx0 type veth peer name out0 netns ${this.#middle}`);
    ip(`-n ${this.#middle} link add bridge0 type bridge`);
    for (const port of ['in0', 'out0']) ip(`-n ${this.#middle} link set ${port} master bridge0 up`);
    ip(`-n ${this.#middle} link set bridge0 up`);
    const rate = `rate ${packetsPerSecond * 64 * 8}bit burst 3200b limit ${packets * 60}b mpu 64b`;
    const command = `-n ${this.#middle} qdisc add dev out0 root tbf ${rate}`;
    execFileSync('tc', command.split(' '), { stdio: 'inherit' });
  }

  /** Only where there is a queue: on the machine that has it. */
  startMiddle(command: string, args: readonly string[]): ChildProcess {
    return start(this.#middle, command, args);
  }

  startSender(command: string, args: readonly string[]): ChildProcess {
    return start(this.#sender, command, args);
  }

  startReceiver(command: string, args: readonly string[]): ChildProcess {
    return start(this.#receiver, command, args);
  }

  /**
   * Whether a kernel thread of its own takes the packets on the counting end. Otherwise that work is done, and
   * counted, in the time of whoever sends; two machines would share no processor.
   */
  receiveInOwnThread(isOwn: boolean): void {
    execFileSync('ip', [
      ...['netns', 'exec', this.#receiver, 'sh', '-c'],
      `echo ${isOwn ? 1 : 0} > /sys/class/net/rx0/threaded`,
    ]);
  }

  /**
   * How long the counting end waits for more packets before it takes some, as network cards do: else every packet
   * wakes it, at the expense of whoever sends. Its ring has room for 256.
   */
  gatherPackets(ns: number): void {
    const settings = [`${ns > 0 ? 2 : 0} > /sys/class/net/rx0/napi_defer_hard_irqs`];
    settings.push(`${ns} > /sys/class/net/rx0/gro_flush_timeout`);
    const script = settings.map((setting) => `echo ${setting}`).join('; ');
    execFileSync('ip', ['netns', 'exec', this.#receiver, 'sh', '-ec', script]);
  }

  /** Packets to that network go by the counting end, too. */
  route(network: string): void {
    ip(`-n ${this.#sender} route add ${network} via 10.77.9.2`);
  }

  /** The counting end becomes a router that answers "administratively prohibited" for a network, every time. */
  prohibit(network: string): void {
    this.route(network);
    ip(`-n ${this.#receiver} route add prohibit ${network}`);
    const settings = ['net/ipv4/ip_forward 1', 'net/ipv4/icmp_ratemask 0'];
    const script = settings.map((setting) => {
      const [name = '', value = ''] = setting.split(' ');
      return `echo ${value} > /proc/sys/${name}`;
    });
    execFileSync('ip', ['netns', 'exec', this.#receiver, 'sh', '-ec', script.join('\n')]);
  }

  /** Once is enough; more does no harm. */
  remove(): void {
    process.off('exit', this.#onExit);
    for (const name of this.#namespaces) {
      try {
        execFileSync('ip', ['netns', 'delete', name], { stdio: 'ignore' });
      } catch {
        // Gone already, or never made.
      }
    }
  }
}

function ip(text: string): string {
  return execFileSync('ip', text.split(' '), { stdio: ['ignore', 'pipe', 'inherit'] }).toString();
}

function macOf(namespace: string, device: string): string {
  const mac = /link\/ether ([0-9a-f:]{17})/.exec(ip(`-n ${namespace} link show ${device}`))?.[1];
  if (mac === undefined) throw new Error(`${device} has no MAC address`);
  return mac;
}

/** `ip netns exec` becomes the command, so its processor time is the command's. */
function start(namespace: string, command: string, args: readonly string[]): ChildProcess {
  return spawn('ip', ['netns', 'exec', namespace, command, ...args], { stdio: 'pipe' });
}

/** What a program printed to standard output; throws when it failed. */
export async function outputOf(child: ChildProcess): Promise<string> {
  const texts = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.on('data', (chunk: Buffer) => (texts[name] += chunk.toString()));
  }
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  if (code === 0) return texts.stdout;
  const printed = `${texts.stderr}${texts.stdout}`.slice(-500);
  throw new Error(`${child.spawnargs.join(' ')} ended with ${code ?? signal ?? '?'}: ${printed}`);
}
