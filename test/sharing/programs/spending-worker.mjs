// Takes all there is in a shared limiter that hardly refills; the options come as workerData or in a message.
import { once } from 'node:events';
import { parentPort, workerData } from 'node:worker_threads';
import { limiterOf } from './limiter.mjs';

const limiter = limiterOf(workerData ?? (await once(parentPort, 'message'))[0]);
let taken = 0;
for (let denied = 0; denied < 1000;) {
  if (limiter.tryAcquire()) taken++;
  else denied++;
}
parentPort.postMessage(taken);
parentPort.close();
