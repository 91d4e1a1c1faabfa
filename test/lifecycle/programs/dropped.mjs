// Run with --expose-gc: buckets, throttles and tables that nobody holds any more give their native slots back.
import { setImmediate } from 'node:timers';
import { AdaptiveThrottle, BackoffTable, TokenBucket } from 'pacegate';
import { native } from '../../../dist/internal/binding.js';

const SLOT_BITS = 2 ** 22 - 1;
const COUNT = 20_000;

function create() {
  for (let i = 0; i < COUNT; i++) {
    new TokenBucket({ rate: 1 }).tryAcquire();
    new AdaptiveThrottle({ rate: 1 });
    new BackoffTable({ maxTargets: 4 });
  }
}

create();
let reused = false;
for (let round = 0; round < 100 && !reused; round++) {
  globalThis.gc();
  await new Promise((resolve) => setImmediate(resolve));
  const bucket = native.bucket_create(1, 1, 1) & SLOT_BITS;
  const throttle = native.throttle_create(1, 1, 0) & SLOT_BITS;
  const options = {
    baseNs: 1,
    maxLevel: 1,
    decayNs: 1,
    prefixV4: 32,
    prefixV6: 128,
    maxTargets: 1,
  };
  const table = native.backoff_create({ ...options, seed: new Uint8Array(16) }) & SLOT_BITS;
  reused = bucket < COUNT && throttle < COUNT && table < COUNT;
}
// A bucket somebody waits for is held by the wait.
let granted;
void new TokenBucket({ rate: 50, burst: 1, initialTokens: 0 })
  .acquire()
  .then((value) => (granted = value));
globalThis.gc();
await new Promise((resolve) => setTimeout(resolve, 1));
globalThis.gc();
process.on('exit', () => console.log(reused ? 'reused' : 'leaked', granted));
