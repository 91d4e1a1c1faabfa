// One of the two who spend from one bucket: a worker thread or a process. It joins by the share it is given.
import { parentPort } from 'node:worker_threads';
import { TokenBucket, type TokenBucketOptions } from 'pacegate';

export interface Order {
  readonly options: TokenBucketOptions;
  readonly runMs: number;
}

export interface Spent {
  readonly calls: number;
  readonly admitted: number;
  readonly elapsedMs: number;
}

/** Calls between two looks at the clock. */
const CHUNK = 1000;

function spend(bucket: TokenBucket, runMs: number): Spent {
  const start = performance.now();
  let calls = 0;
  let admitted = 0;
  let elapsedMs = 0;
  while (elapsedMs < runMs) {
    for (let call = 0; call < CHUNK; call += 1) if (bucket.tryAcquire()) admitted += 1;
    calls += CHUNK;
    elapsedMs = performance.now() - start;
  }
  return { calls, admitted, elapsedMs };
}

let ready: { readonly bucket: TokenBucket; readonly runMs: number } | undefined;

/** First an order, answered by 'ready'; then 'go', answered by what was spent. */
function obey(message: Order | 'go'): Spent | 'ready' {
  if (message !== 'go') {
    ready = { bucket: new TokenBucket(message.options), runMs: message.runMs };
    spend(new TokenBucket({ rate: 1e6 }), 20); // compiles the loop, on a bucket that counts for nothing
    return 'ready';
  }
  if (ready === undefined) throw new Error('go came before the order');
  return spend(ready.bucket, ready.runMs);
}

if (parentPort === null) {
  process.on('message', (message: Order | 'go') => process.send?.(obey(message)));
} else {
  const port = parentPort;
  port.on('message', (message: Order | 'go') => {
    port.postMessage(obey(message));
  });
}
