// Ends workers in the middle of transmits, in every way, while this thread transmits itself.
import { Worker } from 'node:worker_threads';
import { PacketSender } from 'pacegate/scan';
import { ENDLESS, rawSockets, sendingThreads } from './datagram.mjs';

const sender = PacketSender.open({ interface: 'lo', rate: 1_000 });
const transmitted = sender.transmit(ENDLESS);
const program = new URL('transmitting-worker.mjs', import.meta.url);
const codes = [];
for (const how of ['terminate', 'exit', 'throw', 'close', 'terminate', 'exit', 'throw', 'close']) {
  const worker = new Worker(program, { workerData: how });
  worker.on('error', () => undefined); // it has one to end by
  const ended = new Promise((resolve) => worker.on('exit', resolve));
  await new Promise((resolve) => worker.on('message', resolve));
  if (how === 'terminate') await worker.terminate();
  codes.push(`${how} ${await ended}`);
}
console.log(codes.join(', '));
console.log(await sendingThreads(), await rawSockets());
sender.close();
await transmitted;
console.log(await sendingThreads(), await rawSockets());
