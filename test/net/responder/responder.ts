// The ground-truth responder as tests use it: started in a namespace, asked what it saw, ended.
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import type { Running } from '../command.js';
import type { Namespace } from '../namespace.js';
import { root } from '../tools.js';
import { Truth, type Shares } from './truth.js';

/** The tool itself. */
export const TOOL = path.join(root, 'build-responder/test/net/responder/pacegate_responder');

export const engines = ['packet', 'xdp'] as const;
export type Engine = (typeof engines)[number];

/** See the tool's own help. Parts are per mille, times microseconds. */
export interface ResponderOptions {
  readonly key?: number;
  readonly shares: Shares;
  readonly prefixes: readonly string[];
  /** Who sends ICMP errors: one address a family. */
  readonly routers?: readonly string[];
  readonly loss?: number;
  readonly duplicate?: number;
  readonly garbage?: number;
  readonly delayUs?: number;
  readonly jitterUs?: number;
  readonly limit?: {
    readonly rate: number;
    readonly burst?: number;
    readonly by?: 'target' | 'prefix' | 'all';
    readonly over?: 'drop' | 'prohibit';
  };
  /** Counts probes of each (address, port) of these ports. */
  readonly ports?: string;
  readonly arrivals?: number;
}

/** What it saw: probes are TCP SYNs to an address of the prefixes. */
export interface Figures {
  readonly received: number;
  readonly pairs: {
    readonly planned: number;
    readonly distinct: number;
    readonly repeated: number;
    readonly outside: number;
  } | null;
  readonly answers: Readonly<Record<'open' | 'closed' | 'prohibited' | 'complained', number>>;
  readonly unanswered: Readonly<Record<'silent' | 'lost' | 'limited', number>>;
  readonly beyond: Readonly<Record<'twice' | 'garbage', number>>;
  readonly faults: Readonly<Record<'missed' | 'unsent', number>>;
  readonly neighbours: number;
  readonly strangers: number;
}

export interface Ending {
  readonly figures: Figures;
  /** Probes a pair: of the first prefix's first address all ports, then its next address. */
  readonly counts: Uint32Array;
  /** When the first probes arrived, ns of the monotonic clock. */
  readonly arrivals: BigUint64Array;
}

export class Responder implements AsyncDisposable {
  readonly truth: Truth;
  readonly #running: Running;
  readonly #lines: Interface;
  readonly #folder: string;

  private constructor(running: Running, lines: Interface, folder: string, truth: Truth) {
    this.#running = running;
    this.#lines = lines;
    this.#folder = folder;
    this.truth = truth;
  }

  /** Answers on `device` from the moment this resolves. @param peerMac - where answers go */
  static async start(
    namespace: Namespace,
    device: string,
    engine: Engine,
    peerMac: string,
    options: ResponderOptions,
  ): Promise<Responder> {
    const folder = mkdtempSync(path.join(tmpdir(), 'pacegate-responder-'));
    const running = startTool(namespace, [
      ...[engine, device, ...argumentsOf(options)],
      ...(engine === 'packet' ? ['--peer-mac', peerMac] : []),
      ...['--pairs-file', path.join(folder, 'pairs')],
      ...['--arrivals-file', path.join(folder, 'arrivals')],
    ]);
    const lines = linesOf(running);
    const truth = new Truth(options.key ?? 0, options.shares);
    await nextLine(running, lines);
    return new Responder(running, lines, folder, truth);
  }

  /** What it saw so far. */
  async figures(): Promise<Figures> {
    const answer = nextLine(this.#running, this.#lines);
    this.#running.child.stdin?.write('\n');
    return JSON.parse(await answer) as Figures;
  }

  /** Ends it. What it has on its way out (delays) is not sent any more. */
  async end(): Promise<Ending> {
    this.#running.child.stdin?.end();
    const { code, stdout, stderr } = await this.#running.finished;
    if (code !== 0) throw new Error(`the responder ended with ${code}: ${stderr}`);
    const last = stdout.trim().split('\n').at(-1) ?? '';
    const read = (name: string): ArrayBuffer =>
      new Uint8Array(readFileSync(path.join(this.#folder, name))).buffer;
    const ending = {
      figures: JSON.parse(last) as Figures,
      counts: new Uint32Array(read('pairs')),
      arrivals: new BigUint64Array(read('arrivals')),
    };
    rmSync(this.#folder, { recursive: true });
    return ending;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#running.child.stdin?.end();
    await this.#running.finished;
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** Lets frames arrive at `device` that its peer sends by XDP, for as long as the namespace is there. */
export async function letEverythingPass(namespace: Namespace, device: string): Promise<void> {
  const running = startTool(namespace, ['pass', device]);
  await nextLine(running, linesOf(running));
}

function startTool(namespace: Namespace, args: readonly string[]): Running {
  if (!existsSync(TOOL)) {
    throw new Error(`${TOOL} is not built; run: node scripts/bootstrap.mjs --need test`);
  }
  return namespace.start(TOOL, args, null);
}

function linesOf({ child }: Running): Interface {
  if (child.stdout === null) throw new Error('the responder has no standard output');
  return createInterface(child.stdout);
}

async function nextLine(running: Running, lines: Interface): Promise<string> {
  const ended = running.finished.then(({ stderr }) => {
    throw new Error(`the responder ended: ${stderr}`);
  });
  ended.catch(() => undefined); // it ends some time
  const [line] = (await Promise.race([once(lines, 'line'), ended])) as [string];
  return line;
}

function argumentsOf(options: ResponderOptions): string[] {
  const { shares, prefixes, routers = [], limit } = options;
  const numbers = {
    key: options.key,
    ...shares,
    loss: options.loss,
    duplicate: options.duplicate,
    garbage: options.garbage,
    'delay-us': options.delayUs,
    'jitter-us': options.jitterUs,
    limit: limit?.rate,
    'limit-burst': limit?.burst,
    'limit-by': limit?.by,
    'limit-over': limit?.over,
    ports: options.ports,
    arrivals: options.arrivals,
  };
  const flag = (name: string, value: string | number): string[] => [`--${name}`, String(value)];
  return [
    ...prefixes.flatMap((prefix) => flag('prefix', prefix)),
    ...routers.flatMap((router) => flag('router', router)),
    ...Object.entries(numbers).flatMap(([name, value]) =>
      value === undefined ? [] : flag(name, value),
    ),
  ];
}
