// Transmits until it is told or made to stop. workerData: how it ends.
import { parentPort, workerData } from 'node:worker_threads';
import { TokenBucket } from 'pacegate';
import { PacketSender } from 'pacegate/scan';
import { ENDLESS } from './datagram.mjs';

const limiter = new TokenBucket({ rate: 1e6, burst: 1_000 });
const sender = PacketSender.open({ interface: 'lo', limiter });
void sender.transmit(ENDLESS);
while (sender.statistics.sent < 10) await new Promise((resolve) => setTimeout(resolve, 1));
parentPort.postMessage('running');
if (workerData === 'exit') process.exit(0);
if (workerData === 'throw') throw new Error('on purpose');
if (workerData === 'close') sender.close();
