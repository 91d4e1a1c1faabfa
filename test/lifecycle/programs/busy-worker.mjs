// Uses limiters until it is told or made to stop. workerData: how it ends.
import { parentPort, workerData } from 'node:worker_threads';
import { AdaptiveThrottle, TokenBucket } from 'pacegate';

const bucket = new TokenBucket({ rate: 1e6, burst: 1000 });
const slow = new TokenBucket({ rate: 0.001, burst: 1, initialTokens: 0 });
const throttle = new AdaptiveThrottle({ rate: 1e6 });
void slow.acquire();
parentPort.postMessage('running');

switch (workerData) {
  case 'leave':
    slow[Symbol.dispose]();
    break;
  case 'exit':
    process.exit(0);
    break;
  case 'throw':
    throw new Error('on purpose');
  case 'wait':
    for (;;) await bucket.acquire(100);
  default:
    for (let sent = 0; ;) {
      bucket.tryAcquire();
      bucket.check(3);
      sent += throttle.nextBatch(sent);
      new TokenBucket({ rate: 1 }).peek();
    }
}
