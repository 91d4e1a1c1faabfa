// One of those who take from a shared bucket as fast as they can: see shared-bucket-workers.mjs.
import { setImmediate } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { TokenBucket } from 'pacegate';

const { options, share, denials } = workerData;
const bucket = new TokenBucket({ ...options, share });
parentPort.postMessage('ready');
await new Promise((resolve) => parentPort.once('message', resolve));

let taken = 0;
for (let denied = 0; denied < denials;) {
  if (bucket.tryAcquire()) taken++;
  else denied++;
  if (denied % 1000 === 999) await setImmediate();
}
parentPort.postMessage({ taken, rate: bucket.rate, counted: bucket.statistics().allowedRequests });
parentPort.close();
