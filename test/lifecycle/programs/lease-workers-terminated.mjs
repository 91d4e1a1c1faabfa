// Ends workers that have leases out, while this thread leases itself.
import { once } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { TokenBucket } from 'pacegate';

const bucket = new TokenBucket({ rate: 1, burst: 100_000 });
const program = new URL('lease-worker.mjs', import.meta.url);
for (let i = 0; i < 20; i++) {
  const worker = new Worker(program);
  await once(worker, 'message');
  for (let turn = 0; turn < i * 3; turn++) {
    for (let call = 0; call < 50; call++) bucket.tryAcquire();
    await setImmediate();
  }
  await worker.terminate();
}
console.log('20 terminated', bucket.statistics().allowedRequests);
