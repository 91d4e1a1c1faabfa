// Workers that end by themselves, in each way there is, at the same time; this thread goes on.
import { Worker } from 'node:worker_threads';
import { TokenBucket } from 'pacegate';

const bucket = new TokenBucket({ rate: 1e6, burst: 10 });
const program = new URL('busy-worker.mjs', import.meta.url);
const ends = ['leave', 'exit', 'throw', 'leave', 'exit', 'throw'].map(async (workerData) => {
  const worker = new Worker(program, { workerData });
  worker.on('error', () => undefined);
  const code = await new Promise((resolve) => worker.once('exit', resolve));
  return `${workerData} ${code}`;
});
console.log(JSON.stringify(await Promise.all(ends)), await bucket.acquire());
