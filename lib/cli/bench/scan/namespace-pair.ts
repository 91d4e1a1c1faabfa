// Two network namespaces joined by a veth pair. They have no names: they last as long as the processes in them, which
// end with this one, however that ends.

import type { ChildProcess } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { arrivalRate } from './arrivals.js';
import type { FarEndAnswer, FarEndNotice, FarEndRequest } from './far-end.js';
import { runProgram, startProgram, type Command, type ProgramOutcome } from './run-program.js';

export const NEAR = { device: 'tx0', address: '10.77.9.1', mac: '02:70:67:00:00:01' } as const;
export const FAR = { device: 'rx0', address: '10.77.9.2', mac: '02:70:67:00:00:02' } as const;
/** Every address of it is the far end. */
export const FIELD = '10.78.0.0/24';

const FAR_END = fileURLToPath(new URL('./far-end.js', import.meta.url));
const SETUP_MS = 5000;

export class NamespacePair {
  readonly #near: ChildProcess;
  readonly #far: ChildProcess;
  readonly #signal: AbortSignal;
  /** What the far end says: `answer` or `flowing`. */
  readonly #heard = new EventEmitter();

  private constructor(signal: AbortSignal) {
    this.#signal = signal;
    const wait = ['unshare', '--net', 'sh', '-c', 'echo ready; exec cat'] as const;
    this.#near = startProgram(wait, 'pipe', signal);
    const far: Command = ['unshare', '--net', process.execPath, FAR_END];
    this.#far = startProgram(far, ['ignore', 'ignore', 'ignore', 'ipc'], signal);
    for (const child of [this.#near, this.#far]) child.on('error', () => undefined); // told by who waits
    this.#far.on('message', (message: FarEndAnswer | FarEndNotice) => {
      this.#heard.emit('flowing' in message ? 'flowing' : 'answer', message);
    });
  }

  /**
   * @param openPorts - of the far end; it refuses all others
   * @throws (rejects) what keeps namespaces from being made here; the signal's reason
   */
  static async open(openPorts: readonly number[], signal: AbortSignal): Promise<NamespacePair> {
    signal.throwIfAborted();
    const pair = new NamespacePair(signal);
    try {
      await pair.#start(openPorts);
      return pair;
    } catch (error) {
      pair.close();
      throw error;
    }
  }

  async #start(openPorts: readonly number[]): Promise<void> {
    const signal = AbortSignal.any([this.#signal, AbortSignal.timeout(SETUP_MS)]);
    const gone = once(this.#near, 'close', { signal }).then(() => {
      throw new Error('network namespaces are not permitted (unshare --net)');
    });
    gone.catch(() => undefined);
    if (this.#near.stdout === null) throw new Error('unshare has no output');
    await Promise.race([once(this.#near.stdout, 'data', { signal }), gone]);
    await this.#ask({ listen: openPorts }); // answers from inside its namespace
    await this.#ip(this.#near, [
      'link set lo up',
      `link add ${NEAR.device} address ${NEAR.mac} type veth peer name ${FAR.device} address ${FAR.mac} netns ${this.#far.pid ?? 0}`,
      `address add ${NEAR.address}/24 dev ${NEAR.device}`,
      `link set ${NEAR.device} up`,
    ]);
    await this.#ip(this.#far, [
      'link set lo up',
      `address add ${FAR.address}/24 dev ${FAR.device}`,
      `link set ${FAR.device} up`,
      `route add local ${FIELD} dev lo`,
    ]);
    await this.#ip(this.#near, [`route add 10.0.0.0/8 via ${FAR.address}`]);
    await this.#must(this.#far, ['sh', '-c', 'echo 0 > /proc/sys/net/ipv4/ip_forward']);
  }

  /** Runs a program at the near end. */
  run(command: Command, limitMs: number): Promise<ProgramOutcome> {
    return runProgram(inside(this.#near, command), { limitMs, signal: this.#signal });
  }

  /**
   * Runs a program at the near end, and tells how many packets a second arrived at the far end meanwhile.
   *
   * @param forMs - the program is interrupted so long after packets begin to arrive; undefined: it ends by itself
   */
  async arrivalsOf(
    command: Command,
    limitMs: number,
    forMs?: number,
  ): Promise<{ outcome: ProgramOutcome; rate: number | undefined }> {
    await this.#ask({ count: FAR.device });
    const stop = new AbortController();
    let timer: NodeJS.Timeout | undefined;
    const onFlowing = (): void => {
      timer = setTimeout(() => {
        stop.abort();
      }, forMs);
    };
    if (forMs !== undefined) this.#heard.once('flowing', onFlowing);
    try {
      const options = { limitMs, signal: this.#signal, stop: stop.signal };
      const outcome = await runProgram(inside(this.#near, command), options);
      const answer = await this.#ask({ report: true });
      return { outcome, rate: 'arrivals' in answer ? arrivalRate(answer.arrivals) : undefined };
    } finally {
      this.#heard.off('flowing', onFlowing);
      clearTimeout(timer);
    }
  }

  /** Whether the far end takes frames that an XDP program sends, which costs it some of its speed. */
  async takeXdp(isOn: boolean): Promise<void> {
    const command: Command = ['ethtool', '-K', FAR.device, 'gro', isOn ? 'on' : 'off'];
    const options = { limitMs: SETUP_MS, signal: this.#signal };
    // Without ethtool the sender says what it lacks.
    await runProgram(inside(this.#far, command), options).catch(() => undefined);
    this.#signal.throwIfAborted();
  }

  /** Ends both namespaces and what runs in them. */
  close(): void {
    this.#near.kill('SIGKILL');
    this.#far.kill('SIGKILL');
  }

  async #ask(request: FarEndRequest): Promise<FarEndAnswer> {
    const signal = AbortSignal.any([this.#signal, AbortSignal.timeout(SETUP_MS)]);
    const answered = once(this.#heard, 'answer', { signal });
    this.#far.send(request);
    const [answer] = (await answered) as [FarEndAnswer];
    return answer;
  }

  #ip(where: ChildProcess, lines: readonly string[]): Promise<void> {
    return this.#must(where, ['ip', '-batch', '-'], `${lines.join('\n')}\n`);
  }

  async #must(where: ChildProcess, command: Command, input = ''): Promise<void> {
    const options = { limitMs: SETUP_MS, signal: this.#signal, input };
    const { failure, isLate } = await runProgram(inside(where, command), options);
    if (isLate || failure !== '') throw new Error(`${command.join(' ')}: ${failure || 'no end'}`);
  }
}

function inside({ pid }: ChildProcess, command: Command): Command {
  return ['nsenter', `--net=/proc/${pid ?? 0}/ns/net`, ...command];
}
