// What a blocked event loop, and a processor that is taken away, do to the rate.
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { meanRate, windowQuantile } from './arrivals.js';
import type { Wire } from './wire.js';

export interface StressRow {
  readonly what: string;
  readonly rate: number;
  readonly errorPercent: number;
  readonly tenMsP99OverIdeal: number;
  /** Packets the sender says it gave up, and those that fell due while it stood still beyond its catch-up. */
  readonly forgone: number;
  readonly forgoneBound: number;
}

interface Stress {
  readonly what: string;
  /** The event loop is blocked this long, this often. */
  readonly blockMs: number;
  /** The whole process is stopped this long, this often. */
  readonly stopMs: number;
  readonly everyMs: number;
}

/** The least catch-up a scan has unless told otherwise. */
const CATCH_UP_MS = 10;
const RATE = 100_000;

const stresses: readonly Stress[] = [
  { what: 'nothing', blockMs: 0, stopMs: 0, everyMs: 500 },
  { what: 'event loop blocked 200 ms twice a second', blockMs: 200, stopMs: 0, everyMs: 500 },
  { what: 'process stopped 60 ms every second', blockMs: 0, stopMs: 60, everyMs: 1000 },
];

export async function measureStress(wire: Wire, seconds: number): Promise<StressRow[]> {
  const rows: StressRow[] = [];
  for (const stress of stresses) rows.push(await measure(wire, stress, seconds));
  return rows;
}

async function measure(wire: Wire, stress: Stress, seconds: number): Promise<StressRow> {
  const script = path.resolve(import.meta.dirname, '../../bench/engine/scan-under-stress.mjs');
  const { what, blockMs, everyMs } = stress;
  const task = { rate: RATE, packets: RATE * seconds, blockMs, everyMs };
  await wire.reset();
  const child = wire.pair.startSender(process.execPath, [script, JSON.stringify(task)]);
  let output = '';
  child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr?.pipe(process.stderr);
  const closed = once(child, 'close');
  let lostMs = 0;
  for (let at = everyMs; stress.stopMs > 0 && at < seconds * 1000; at += everyMs) {
    await sleep(everyMs);
    lostMs += Math.max(0, (await stopFor(child, stress.stopMs)) - CATCH_UP_MS);
  }
  await closed;
  const counted = await wire.read();
  const { forgone } = JSON.parse(output) as { forgone: number };
  return {
    ...{ what, rate: RATE, forgone, forgoneBound: (lostMs / 1000) * RATE },
    errorPercent: (meanRate(counted) / RATE - 1) * 100,
    tenMsP99OverIdeal: windowQuantile(counted, 10, 0.99) / (RATE / 100),
  };
}

/** @returns how long it stood still: at least `ms` */
async function stopFor(child: ChildProcess, ms: number): Promise<number> {
  const start = performance.now();
  child.kill('SIGSTOP');
  await sleep(ms);
  child.kill('SIGCONT');
  return performance.now() - start;
}
