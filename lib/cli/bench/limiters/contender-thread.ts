// One contender in a thread of its own: what others did to the optimising compiler does not concern it.

import { parentPort, workerData } from 'node:worker_threads';
import type { Case, Contender, Subject } from './contender.js';
import { keyedContenders } from './keyed-contenders.js';
import { PeerPackages } from './peers.js';
import { singleContenders } from './single-contenders.js';

/** Who it is. */
export interface ThreadTask {
  readonly name: string;
  readonly expected: Case;
}

/** Nanoseconds a call, or why there are none. */
export interface ThreadAnswer {
  readonly ns?: number;
  readonly failure?: string;
}

const { name, expected } = workerData as ThreadTask;
let subject: Subject | undefined;

function open(): Subject {
  const all: readonly Contender[] = [...singleContenders, ...keyedContenders];
  const contender = all.find((one) => one.name === name);
  if (contender === undefined) throw new Error(`nobody is called ${name}`);
  return contender.open(expected, new PeerPackages().load);
}

/** Runs for `timeMs`, and once at least. */
async function measure({ calls, run }: Subject, timeMs: number): Promise<number> {
  const start = performance.now();
  let batches = 0;
  let allowed = 0;
  let elapsedMs: number;
  do {
    const answer = run();
    allowed += typeof answer === 'number' ? answer : await answer;
    batches += 1;
    elapsedMs = performance.now() - start;
  } while (elapsedMs < timeMs);
  const wanted = expected === 'allowed' ? batches * calls : 0;
  if (allowed !== wanted) throw new Error(`${allowed} calls were allowed, not ${wanted}`);
  return (elapsedMs * 1e6) / (batches * calls);
}

async function answer(timeMs: number): Promise<ThreadAnswer> {
  try {
    if (subject === undefined) {
      subject = open();
      if (expected === 'denied') await subject.run(); // takes what there is
      await measure(subject, timeMs);
    }
    return { ns: await measure(subject, timeMs) };
  } catch (error) {
    return { failure: error instanceof Error ? error.message : String(error) };
  }
}

parentPort?.on('message', (timeMs: number) => {
  void answer(timeMs).then((result) => parentPort?.postMessage(result));
});
