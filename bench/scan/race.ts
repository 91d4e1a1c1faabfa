// One scan against the truth: how long it took, what it missed, what it invented.
import { once } from 'node:events';
import type { ChildProcess } from 'node:child_process';
import type { Field, Ground } from './ground.js';
import type { Scanner } from './scanners.js';

export interface Result {
  readonly scanner: string;
  readonly seconds: number;
  readonly missed: number;
  readonly invented: number;
  readonly found: number;
  /** What pacegate says of an automatic rate. */
  readonly autoRate?: AutoRate;
}

export interface AutoRate {
  readonly rate: number;
  readonly boundBy: string;
  readonly losslessRate: number;
  readonly canaries: number;
  readonly canariesLost: number;
}

const LONGEST_MS = 300_000;

export async function race(
  { pair }: Ground,
  scanner: Scanner,
  field: Field,
  truth: ReadonlySet<string>,
): Promise<Result> {
  const [command, ...args] = scanner.command(pair, field);
  const started = performance.now();
  const { stdout, stderr } = await outcomeOf(pair.startSender(command, args));
  const seconds = (performance.now() - started) / 1000;
  const found = new Set(scanner.found(stdout));
  const autoRate = autoRateOf(stderr);
  const result = {
    scanner: scanner.name,
    seconds,
    missed: [...truth].filter((pairing) => !found.has(pairing)).length,
    invented: [...found].filter((pairing) => !truth.has(pairing)).length,
    found: found.size,
    ...(autoRate === undefined ? {} : { autoRate }),
  };
  process.stderr.write(`${JSON.stringify(result)}\n`);
  return result;
}

async function outcomeOf(child: ChildProcess): Promise<{ stdout: string; stderr: string }> {
  const texts = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.on('data', (chunk: Buffer) => texts[name].push(chunk));
  }
  const timer = setTimeout(() => child.kill('SIGKILL'), LONGEST_MS);
  await once(child, 'close');
  clearTimeout(timer);
  const text = (chunks: readonly Buffer[]): string => Buffer.concat(chunks).toString();
  return { stdout: text(texts.stdout), stderr: text(texts.stderr) };
}

function autoRateOf(stderr: string): AutoRate | undefined {
  const line = stderr.split('\n').find((text) => text.startsWith('{"type":"summary"'));
  if (line === undefined) return undefined;
  return (JSON.parse(line) as { statistics: { autoRate?: AutoRate } }).statistics.autoRate;
}
