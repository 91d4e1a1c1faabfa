// One transmit with the options of its argument, templates in hexadecimal; prints what came of it.
import { PacketSender } from 'pacegate/scan';

const { open, transmit, block = false } = JSON.parse(process.argv[2]);
const sender = PacketSender.open(open);
const { backend } = sender;
const transmitted = sender.transmit({
  ...transmit,
  template: Buffer.from(transmit.template, 'hex'),
});
// The event loop stands still until all is sent.
const nothing = new Int32Array(new SharedArrayBuffer(4));
while (block && sender.statistics.isTransmitting) Atomics.wait(nothing, 0, 0, 1);
const { sent: sentMeanwhile } = sender.statistics;
const report = await transmitted;
sender.close();
console.log(JSON.stringify({ backend, report, sentMeanwhile, statistics: sender.statistics }));
