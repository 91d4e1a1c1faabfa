// Worker threads that spend from one limiter in a SharedArrayBuffer: two get the handle by workerData, two by
// postMessage. Says how much each got. Argument: the options.
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { limiterOf } from './limiter.mjs';

const options = JSON.parse(process.argv[2]);
const limiter = limiterOf(process.argv[2]);
let mine = 0;
for (let i = 0; i < 1000; i++) mine += Number(limiter.tryAcquire());
const shared = { ...options, share: limiter.share };
const file = new URL('spending-worker.mjs', import.meta.url);

const workers = [0, 1, 2, 3].map(
  (i) => new Worker(file, { workerData: i < 2 ? shared : undefined }),
);
for (const worker of workers.slice(2)) worker.postMessage(shared);
const counts = await Promise.all(workers.map((worker) => once(worker, 'message')));
while (limiter.tryAcquire()) mine++;
process.send({ taken: counts.flat(), mine });
process.disconnect();
