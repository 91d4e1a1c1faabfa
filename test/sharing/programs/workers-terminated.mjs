// Ends worker threads in the middle of spending from a shared bucket. They count each token they got in shared
// memory, at most one too few. Argument: a path, or none for a SharedArrayBuffer.
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { TokenBucket } from 'pacegate';

const options = { rate: 0.1, burst: 400_000 };
const bucket = new TokenBucket(
  process.argv[2] ? { ...options, share: { file: process.argv[2] } } : options,
);
const counted = new BigInt64Array(new SharedArrayBuffer(8));
const shared = { ...options, share: bucket.share };
const file = new URL('hammering-worker.mjs', import.meta.url);
const terminated = 20;
for (let i = 0; i < terminated; i++) {
  const worker = new Worker(file, { workerData: { shared, counted } });
  await once(worker, 'message');
  const before = Atomics.load(counted, 0);
  while (Atomics.load(counted, 0) < before + 1000n && bucket.peek().allowed);
  await worker.terminate();
}
// What the dead had is spent, the rest is there.
process.send({
  burst: options.burst,
  counted: Number(counted[0]),
  left: bucket.tryAcquireUpTo(1e9),
  terminated,
});
bucket[Symbol.dispose]();
process.disconnect();
