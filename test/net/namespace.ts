// Network namespaces for tests: all traffic stays inside them, and nothing of them is left behind.
import { execFileSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, test } from 'vitest';
import { end, endGroup, must, start, type Finished, type Running } from './command.js';

const PREFIX = 'pacegate';
/** Not those of a bench, which have a word there. */
const STALE = new RegExp(`^${PREFIX}-(\\d+)-`);
const LISTENER = path.join(import.meta.dirname, 'listener.mjs');

const alive = new Set<Namespace>();

// However this process ends, short of being killed, nothing stays; see removeStale() for the rest.
process.on('exit', () => {
  for (const namespace of alive) namespace.remove();
});

/** One network namespace, named after this process. Interfaces are made inside it, never outside. */
export class Namespace {
  readonly name: string;
  readonly #children = new Set<ChildProcess>();

  private constructor(label: string) {
    this.name = `${PREFIX}-${process.pid}-${label}`;
  }

  static async create(label: string): Promise<Namespace> {
    removeStale();
    const namespace = new Namespace(label);
    await must('ip', ['netns', 'add', namespace.name]);
    alive.add(namespace);
    // Addresses are usable at once, and the kernel says nothing on its own account.
    await namespace.sysctl({
      'net.ipv6.conf.default.accept_dad': 0,
      'net.ipv6.conf.default.router_solicitations': 0,
      'net.ipv6.conf.default.accept_ra': 0,
    });
    await namespace.ip('link set lo up');
    return namespace;
  }

  /** Starts a program inside. `ip netns exec` becomes that program, so signals reach it directly. */
  start(command: string, args: readonly string[], input?: string | null): Running {
    const running = start('ip', ['netns', 'exec', this.name, command, ...args], input);
    this.#children.add(running.child);
    running.child.once('close', () => this.#children.delete(running.child));
    return running;
  }

  run(command: string, args: readonly string[], input?: string): Promise<Finished> {
    return end(this.start(command, args, input));
  }

  /** Runs `ip` with arguments separated by spaces. */
  ip(text: string): Promise<string> {
    return must('ip', ['-n', this.name, ...text.split(' ')]);
  }

  /** Loads an nft script. */
  nft(script: string): Promise<string> {
    return must('ip', ['netns', 'exec', this.name, 'nft', '-f', '-'], script);
  }

  /** Settings by the names sysctl(8) gives them. */
  async sysctl(settings: Readonly<Record<string, number>>): Promise<void> {
    const lines = Object.entries(settings).map(
      ([name, value]) => `echo ${value} > /proc/sys/${name.replaceAll('.', '/')}`,
    );
    await must('ip', ['netns', 'exec', this.name, 'sh', '-e'], lines.join('\n'));
  }

  /** A veth pair to another namespace, both ends up, each with its addresses (`10.77.1.1/24`). */
  async join(peer: Namespace, mine: VethEnd, theirs: VethEnd): Promise<void> {
    await this.ip(`link add ${mine.name} type veth peer name ${theirs.name} netns ${peer.name}`);
    for (const [namespace, end] of [[this, mine] as const, [peer, theirs] as const]) {
      for (const address of end.addresses) {
        await namespace.ip(
          `address add ${address} dev ${end.name}${address.includes(':') ? ' nodad' : ''}`,
        );
      }
      await namespace.ip(`link set ${end.name} up`);
    }
  }

  /** Real TCP listeners that accept and say nothing; resolves when all of them listen. */
  async listen(endpoints: readonly Endpoint[]): Promise<void> {
    const { child, finished } = this.start(process.execPath, [LISTENER, JSON.stringify(endpoints)]);
    if (child.stdout === null) throw new Error('the listener has no standard output');
    const ready = once(createInterface(child.stdout), 'line');
    const ended = finished.then(({ stderr }) => {
      throw new Error(`the listener ended: ${stderr}`);
    });
    ended.catch(() => undefined); // it ends with the namespace
    await Promise.race([ready, ended]);
  }

  /** Ends whatever runs inside. Waits for nothing, so it can be called while this process ends. */
  remove(): void {
    for (const child of this.#children) endGroup(child);
    alive.delete(this);
    deleteNamespace(this.name);
  }
}

export interface VethEnd {
  readonly name: string;
  readonly addresses: readonly string[];
}

export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** Namespaces of test processes that were killed. */
function removeStale(): void {
  for (const name of existing()) {
    const pid = STALE.exec(name)?.[1];
    if (pid !== undefined && !isRunning(Number(pid))) deleteNamespace(name);
  }
}

function existing(): string[] {
  try {
    return readdirSync('/run/netns');
  } catch {
    return []; // the folder comes with the first namespace
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** With the processes in it, which would keep it alive unseen. */
function deleteNamespace(name: string): void {
  try {
    const pids = execFileSync('ip', ['netns', 'pids', name], { stdio: 'pipe' }).toString();
    for (const pid of pids.split('\n').filter(Boolean)) kill(Number(pid));
    execFileSync('ip', ['netns', 'delete', name], { stdio: 'ignore' });
  } catch {
    // Gone already.
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has just ended.
  }
}

/** Why namespaces cannot be made here; empty when they can. */
function whyNotPermitted(): string {
  if (process.platform !== 'linux') return 'network namespaces are a feature of Linux';
  if (process.getuid?.() !== 0) return 'making network namespaces needs root';
  const name = `${PREFIX}-${process.pid}-probe`;
  try {
    execFileSync('ip', ['netns', 'add', name], { stdio: 'pipe' });
    for (const tool of ['nft', 'nmap', 'setpriv']) {
      execFileSync('ip', ['netns', 'exec', name, tool, '--version'], { stdio: 'pipe' });
    }
    return '';
  } catch (error) {
    const { stderr, message } = error as { stderr?: Buffer; message: string };
    return stderr?.toString().trim() ?? message;
  } finally {
    deleteNamespace(name);
  }
}

/**
 * describe() for tests that need namespaces. Where those are not permitted it says why and skips; with
 * PACEGATE_REQUIRE_NETNS=1 it fails instead.
 */
export function describeInNamespaces(title: string, tests: () => void): void {
  const reason = whyNotPermitted();
  if (reason === '') {
    describe(title, tests);
  } else if (process.env['PACEGATE_REQUIRE_NETNS'] === '1') {
    test(`${title}: needs network namespaces`, () => {
      expect(reason).toBe('');
    });
  } else {
    process.stderr.write(`skipped, no network namespaces here: ${reason}\n`);
    describe.skip(title, tests);
  }
}
