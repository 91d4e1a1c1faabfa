// Run with --expose-gc: buckets dropped, disposed of, and left at the end, each with a lease out.
import { setImmediate } from 'node:timers/promises';
import { TokenBucket } from 'pacegate';

function spend() {
  const bucket = new TokenBucket({ rate: 1, burst: 1000 });
  for (let i = 0; i < 100; i++) bucket.tryAcquire();
  return bucket;
}

for (let round = 0; round < 20; round++) {
  for (let i = 0; i < 500; i++) spend();
  for (let i = 0; i < 500; i++) spend()[Symbol.dispose]();
  globalThis.gc();
  await setImmediate();
  globalThis.gc();
  await setImmediate();
}
const bucket = spend();
await setImmediate();
console.log(bucket.statistics().allowedRequests, spend().availableTokens() >= 900);
process.on('exit', () => spend());
spend();
process.exit(0);
