// A limiter that JavaScript, two transmits and a worker's one share: nobody gets a token too many.
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { TokenBucket } from 'pacegate';
import { PacketSender } from 'pacegate/scan';
import { ENDLESS } from './datagram.mjs';

const options = { rate: 0.001, burst: 1_000 };
const limiter = new TokenBucket(options);
let own = 0;
for (let i = 0; i < 50; i++) own += limiter.tryAcquire() ? 1 : 0; // of a lease, not settled yet
const senders = [1, 2].map(() => PacketSender.open({ interface: 'lo', limiter }));
const transmitted = senders.map((sender) => sender.transmit(ENDLESS));
const worker = new Worker(
  `const { workerData, parentPort } = require('node:worker_threads');
   import('pacegate').then(({ TokenBucket }) => {
     const bucket = new TokenBucket(workerData);
     let taken = 0;
     for (let i = 0; i < 100; i++) taken += bucket.tryAcquire() ? 1 : 0;
     parentPort.postMessage(taken);
   });`,
  { eval: true, workerData: { ...options, share: limiter.share } },
);
const [ofWorker] = await once(worker, 'message');
const sentNow = () => senders.reduce((sum, { statistics }) => sum + statistics.sent, 0);
while (sentNow() + own + ofWorker < options.burst) {
  await new Promise((resolve) => setTimeout(resolve, 1));
}
const isEmpty = !limiter.tryAcquire();
limiter[Symbol.dispose](); // the senders keep what they need of it
await new Promise((resolve) => setTimeout(resolve, 20));
for (const sender of senders) sender.close();
const reports = await Promise.all(transmitted);
const total = reports.reduce((sum, { sent }) => sum + sent, own + ofWorker);
console.log(
  total,
  isEmpty,
  reports.every(({ complete }) => !complete),
);
