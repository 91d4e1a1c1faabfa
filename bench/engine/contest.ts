// One contender, one task: what arrived, and what it cost.
import type { ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CountedPackets } from './arrivals.js';
import type { Contender, Task } from './contenders.js';
import type { Wire } from './wire.js';

export interface Trial {
  readonly counted: CountedPackets;
  /** Of one core, while it was sending: start and end of the process left out. NaN for who sent too shortly. */
  readonly cpuPercent: number;
}

/** Processor time in /proc is in hundredths of a second on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;
const POLL_MS = 20;
const START_LIMIT_MS = 20_000;

/** Lets it send for `seconds` from its first packet on, and then kills it if it has not ended. */
export async function contest(
  wire: Wire,
  contender: Contender,
  task: Task,
  seconds: number,
): Promise<Trial> {
  const [command, ...args] = contender.command(wire.pair, task);
  await wire.reset();
  const child = wire.pair.startSender(command, args);
  const ended = outcome(child);
  try {
    await firstPacket(wire, ended);
    await sleep(seconds * 100);
    const start = cpuReading(child);
    await sleep(seconds * 800);
    const end = cpuReading(child);
    await Promise.race([ended, sleep(seconds * 100 + 500)]);
    return { counted: await wire.read(), cpuPercent: share(start, end) };
  } finally {
    child.kill('SIGKILL');
    await ended;
    await sleep(200); // what it has left in the system's queues
  }
}

async function firstPacket(wire: Wire, ended: Promise<string>): Promise<void> {
  let complaints: string | undefined;
  void ended.then((text) => (complaints = text));
  for (let waited = 0; waited < START_LIMIT_MS; waited += POLL_MS) {
    if ((await wire.read()).count > 0) return;
    if (complaints !== undefined) throw new Error(`sent nothing: ${complaints.trim()}`);
    await sleep(POLL_MS);
  }
  throw new Error(`sent nothing within ${START_LIMIT_MS} ms`);
}

interface CpuReading {
  readonly cpuSeconds: number;
  readonly atMs: number;
}

function cpuReading({ pid }: ChildProcess): CpuReading | undefined {
  try {
    const stat = readFileSync(`/proc/${pid ?? 0}/stat`, 'utf8');
    const fields = stat.replace(/^.*\) /s, '').split(' ');
    const ticks = Number(fields[11]) + Number(fields[12]); // user and system
    return { cpuSeconds: ticks / TICKS_PER_SECOND, atMs: performance.now() };
  } catch {
    return undefined; // it has ended
  }
}

function share(start: CpuReading | undefined, end: CpuReading | undefined): number {
  if (start === undefined || end === undefined) return Number.NaN;
  return ((end.cpuSeconds - start.cpuSeconds) * 1e5) / (end.atMs - start.atMs);
}

/** Collects what it complains of, and resolves with that when it has ended, however. */
async function outcome(child: ChildProcess): Promise<string> {
  let complaints = '';
  child.stdout?.resume();
  child.stderr?.on(
    'data',
    (chunk: Buffer) => (complaints = (complaints + chunk.toString()).slice(-500)),
  );
  return new Promise((resolve) => {
    child.once('close', () => {
      resolve(complaints);
    });
    child.once('error', ({ message }) => {
      resolve(message);
    });
  });
}
