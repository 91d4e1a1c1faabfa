// Four workers hammer one bucket that hardly refills, while the main thread changes its rate (argument: change) or
// takes part: exactly the burst is granted.
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { TokenBucket } from 'pacegate';

const WORKERS = 4;
const options = { rate: 0.1, burst: 300_000 };
const bucket = new TokenBucket(options);
const before = 1000;
for (let i = 0; i < before; i++) bucket.tryAcquire(); // from a lease, which ends where sharing begins

const program = new URL('shared-bucket-worker.mjs', import.meta.url);
const workers = Array.from(
  { length: WORKERS },
  () => new Worker(program, { workerData: { options, share: bucket.share, denials: 3000 } }),
);
await Promise.all(workers.map((worker) => once(worker, 'message')));
const answers = workers.map((worker) => once(worker, 'message'));
for (const worker of workers) worker.postMessage('go');

let own = 0;
for (let i = 0; i < 20_000; i++) if (bucket.tryAcquire()) own++;
bucket.setRate(0.2);
const results = (await Promise.all(answers)).map(([result]) => result);
const taken = results.reduce((sum, result) => sum + result.taken, before + own);
const rest = bucket.tryAcquireUpTo(options.burst);
console.log(
  // What flowed in meanwhile, at most a few tokens; and one of each thread may have paid twice when the rate changed.
  taken + rest <= options.burst + 10 && taken + rest >= options.burst - WORKERS,
  results.every((result) => result.rate === 0.2 && result.counted === result.taken),
  own > 0,
);
