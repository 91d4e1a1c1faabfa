// A veth pair whose far end counts and drops every SYN in the driver, before any stack sees it.
import type { ChildProcess } from 'node:child_process';
import path from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { VethPair } from '../veth-pair.js';
import type { CountedPackets } from './arrivals.js';

export class Wire {
  readonly pair: VethPair;
  readonly #counter: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  private constructor(pair: VethPair, counter: ChildProcess, lines: Interface) {
    this.pair = pair;
    this.#counter = counter;
    this.#lines = lines[Symbol.asyncIterator]();
  }

  /** @param verdict what becomes of the probes once they are counted */
  static async open(verdict: 'drop' | 'pass' = 'drop'): Promise<Wire> {
    const folder = process.env['PACEGATE_BENCH_TOOLS'];
    if (folder === undefined) throw new Error('run me by: npm run bench -- engine');
    const pair = new VethPair();
    const counter = pair.startReceiver(path.join(folder, 'pacegate_bench_counter'), [
      'rx0',
      path.join(folder, 'counter.bpf.o'),
      verdict,
    ]);
    if (counter.stdout === null) throw new Error('the counter has no standard output');
    counter.stderr?.pipe(process.stderr);
    const wire = new Wire(pair, counter, createInterface(counter.stdout));
    await wire.#answer(); // "ready"
    return wire;
  }

  /** Forgets what has been counted. */
  async reset(): Promise<void> {
    await this.#ask('reset');
  }

  async read(): Promise<CountedPackets> {
    return JSON.parse(await this.#ask('read')) as CountedPackets;
  }

  close(): void {
    this.#counter.stdin?.end();
    this.pair.remove();
  }

  async #ask(question: string): Promise<string> {
    this.#counter.stdin?.write(`${question}\n`);
    return this.#answer();
  }

  async #answer(): Promise<string> {
    const line = await this.#lines.next();
    if (line.done === true) throw new Error('the counter has ended');
    return line.value;
  }
}
