// The process ends under workers that are in the middle of native calls.
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

const program = new URL('busy-worker.mjs', import.meta.url);
const workers = ['spin', 'wait', 'spin'].map((workerData) => new Worker(program, { workerData }));
await Promise.all(workers.map((worker) => once(worker, 'message')));
console.log('leaving');
process.exit(0);
