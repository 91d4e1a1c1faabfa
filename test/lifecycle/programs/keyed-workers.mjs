// Four threads ask for the same few keys as often as they can: prints how often each key was granted in all.
import { KeyedLimiter } from 'pacegate';
import { isMainThread, Worker, workerData } from 'node:worker_threads';

const KEYS = 8;
const options = { rate: 1 / 3600, burst: 1_000, maxKeys: 5_000 };

function spend(limiter, granted) {
  const keys = Uint32Array.from({ length: KEYS }, (_, i) => i);
  const allowed = new Uint8Array(KEYS);
  for (let round = 0; round < 600; round++) {
    limiter.tryAcquireMany(keys, allowed);
    for (let i = 0; i < KEYS; i++) Atomics.add(granted, i, allowed[i]);
    for (let i = 0; i < KEYS; i++) if (limiter.tryAcquire(i)) Atomics.add(granted, i, 1);
    limiter.tryAcquire(`passer-by ${round}`);
  }
}

if (isMainThread) {
  const granted = new Int32Array(new SharedArrayBuffer(4 * KEYS));
  const limiter = new KeyedLimiter(options);
  const { share } = limiter;
  const workers = Array.from(
    { length: 4 },
    () => new Worker(new URL(import.meta.url), { workerData: { share, granted } }),
  );
  await Promise.all(workers.map((worker) => new Promise((resolve) => worker.on('exit', resolve))));
  console.log(JSON.stringify([...granted]), limiter.size);
} else {
  spend(new KeyedLimiter({ ...options, share: workerData.share }), workerData.granted);
}
