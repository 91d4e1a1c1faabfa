// Leases and ends them without end, until it is terminated: see lease-workers-terminated.mjs.
import { setImmediate } from 'node:timers/promises';
import { parentPort } from 'node:worker_threads';
import { TokenBucket } from 'pacegate';

const bucket = new TokenBucket({ rate: 1e9, burst: 1e9 });
parentPort.postMessage('ready');
for (;;) {
  for (let i = 0; i < 1000; i++) bucket.tryAcquire();
  await setImmediate();
}
