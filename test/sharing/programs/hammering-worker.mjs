// Spends from a shared bucket until it is terminated.
import { parentPort, workerData } from 'node:worker_threads';
import { TokenBucket } from 'pacegate';

const bucket = new TokenBucket(workerData.shared);
parentPort.postMessage('hammering');
for (;;) {
  if (bucket.tryAcquire()) Atomics.add(workerData.counted, 0, 1n);
}
