// Ends workers in the middle of native calls and of waits, while this thread uses limiters itself.
import { once } from 'node:events';
import { setImmediate } from 'node:timers';
import { Worker } from 'node:worker_threads';
import { TokenBucket } from 'pacegate';

const bucket = new TokenBucket({ rate: 1e6, burst: 10 });
const program = new URL('busy-worker.mjs', import.meta.url);
for (let i = 0; i < 20; i++) {
  const worker = new Worker(program, { workerData: i % 4 === 3 ? 'wait' : 'spin' });
  await once(worker, 'message');
  for (let turn = 0; turn < i * 3; turn++) {
    bucket.tryAcquire();
    await new Promise((resolve) => setImmediate(resolve));
  }
  await worker.terminate();
}
console.log('20 terminated', await bucket.acquire());
