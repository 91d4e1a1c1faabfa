// Part c: one bucket, two threads or two processes. No other package does it, so there is nobody beside it.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { TokenBucket, type TokenBucketOptions } from 'pacegate';
import type { Order, Spent } from './sharing-spender.js';
import { median } from '../report/statistics.js';

const program = path.join(import.meta.dirname, 'sharing-spender.js');
const SPENDERS = 2;

export interface SharingRow {
  readonly between: 'threads' | 'processes';
  readonly spenders: number;
  /** Decisions a second in all, median of rounds. */
  readonly allowedPerSecond: number;
  readonly deniedPerSecond: number;
  /** Tokens there were, tokens that were had, in each round. */
  readonly exact: readonly { readonly tokens: number; readonly admitted: number }[];
}

/** What a thread and a process have in common here. */
interface Spender {
  ask(message: Order | 'go'): Promise<Spent | 'ready'>;
  end(): unknown;
}

function startThread(): Spender {
  const worker = new Worker(program, { execArgv: [] });
  return {
    async ask(message) {
      worker.postMessage(message);
      const [answer] = (await once(worker, 'message')) as [Spent | 'ready'];
      return answer;
    },
    end: () => worker.terminate(),
  };
}

function startProcess(): Spender {
  const child = fork(program, { execArgv: [], serialization: 'advanced' });
  return {
    async ask(message) {
      child.send(message);
      const [answer] = (await once(child, 'message')) as [Spent | 'ready'];
      return answer;
    },
    end: () => child.kill('SIGKILL'),
  };
}

/** A bucket must fill within 52 days, so `empty` gains a token in 4 s: none within a run. */
const quotas = {
  allowed: { rate: 1e9, burst: 1e9 },
  empty: { rate: 0.25, burst: 1_000_000 },
} as const;

export async function measureSharing(
  between: SharingRow['between'],
  { rounds, runMs }: { readonly rounds: number; readonly runMs: number },
): Promise<SharingRow> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'pacegate-bench-'));
  try {
    const allowed: number[] = [];
    const denied: number[] = [];
    const exact: { tokens: number; admitted: number }[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const file = (name: string): string => path.join(folder, `${name}-${round}`);
      const fast = await spendTogether(between, { ...quotas.allowed, file: file('fast') }, runMs);
      allowed.push(perSecond(fast));
      const { rate, burst } = quotas.empty;
      const spent = await spendTogether(between, { rate, burst, file: file('empty') }, runMs);
      exact.push({ tokens: burst, admitted: sum(spent.map(({ admitted }) => admitted)) });
      const drained = { rate, burst, initialTokens: 0, file: file('drained') };
      denied.push(perSecond(await spendTogether(between, drained, runMs)));
    }
    return {
      ...{ between, spenders: SPENDERS, exact },
      allowedPerSecond: median(allowed),
      deniedPerSecond: median(denied),
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function spendTogether(
  between: SharingRow['between'],
  { file, ...options }: TokenBucketOptions & { readonly file: string },
  runMs: number,
): Promise<Spent[]> {
  const isFile = between === 'processes';
  using bucket = new TokenBucket(isFile ? { ...options, share: { file } } : options);
  const order: Order = { options: { ...options, share: bucket.share }, runMs };
  const spenders = Array.from({ length: SPENDERS }, isFile ? startProcess : startThread);
  try {
    await Promise.all(spenders.map((spender) => spender.ask(order)));
    return (await Promise.all(spenders.map((spender) => spender.ask('go')))) as Spent[];
  } finally {
    for (const spender of spenders) await spender.end();
  }
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

const perSecond = (spent: readonly Spent[]): number =>
  sum(spent.map(({ calls, elapsedMs }) => (calls / elapsedMs) * 1000));
