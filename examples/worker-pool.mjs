// Four workers share one budget of 500 jobs a second: one bucket in shared memory, no messages between threads.
//
//   node examples/worker-pool.mjs
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { TokenBucket } from 'pacegate';

const WORKERS = 4;
const RUN_MS = 1000;
const budget = { rate: 500, burst: 50 };

if (isMainThread) await main();
else parentPort.postMessage(await work());

async function main() {
  const bucket = new TokenBucket(budget);
  const start = performance.now();
  const workers = Array.from(
    { length: WORKERS },
    () => new Worker(new URL(import.meta.url), { workerData: bucket.share }),
  );
  const counts = await Promise.all(workers.map((worker) => once(worker, 'message')));
  const seconds = (performance.now() - start) / 1000;

  const total = counts.reduce((sum, count) => sum + count, 0);
  const bound = Math.floor(budget.burst + budget.rate * seconds);
  console.log(`jobs per worker: ${counts.join(', ')}`);
  console.log(`together: ${total}; the budget allows ${bound}`);
}

/** Takes jobs as fast as the common budget lets it. */
async function work() {
  const bucket = new TokenBucket({ ...budget, share: workerData }); // joins, starts nothing anew
  const end = performance.now() + RUN_MS;
  let jobs = 0;
  while (performance.now() < end) if (await bucket.acquire(1, { timeoutMs: 100 })) jobs += 1;
  return jobs;
}

function once(worker, event) {
  return new Promise((resolve, reject) => worker.once(event, resolve).once('error', reject));
}
