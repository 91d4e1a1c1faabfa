// Scans through the library, one after another, in a process inside a namespace.
import { once } from 'node:events';
import path from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import type { ScanOptions, ScanSummary } from '../../../lib/scan/index.js';
import type { Running } from '../command.js';
import type { Namespace } from '../namespace.js';

const PROGRAM = path.join(import.meta.dirname, 'scan-runner.mjs');

export class ScanRunner implements Disposable {
  readonly #running: Running;
  readonly #lines: Interface;

  constructor(namespace: Namespace) {
    this.#running = namespace.start(process.execPath, [PROGRAM], null);
    const { stdout } = this.#running.child;
    if (stdout === null) throw new Error('the scans have no standard output');
    this.#lines = createInterface(stdout);
  }

  /** One scan to its end, or until it has given `stopAfter` results. */
  async run(
    options: ScanOptions & { readonly stopAfter?: number },
  ): Promise<ScanSummary & { readonly results: number }> {
    const answer = once(this.#lines, 'line') as Promise<[string]>;
    this.#running.child.stdin?.write(`${JSON.stringify(options)}\n`);
    const ended = this.#running.finished.then(({ stderr }) => {
      throw new Error(`a scan failed: ${stderr}`);
    });
    const [line] = await Promise.race([answer, ended]);
    const summary = JSON.parse(line) as ScanSummary & { readonly results: number };
    const { backend, total } = summary.statistics;
    // Where nothing is left to be done (an empty shard, a finished scan) no device is opened.
    if (total > 0 && options.backend !== undefined && backend !== options.backend) {
      throw new Error(`${backend} instead of ${options.backend}: ${line}`);
    }
    return summary;
  }

  [Symbol.dispose](): void {
    this.#running.child.stdin?.end();
  }
}
