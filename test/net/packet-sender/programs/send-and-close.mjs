// Sends the frames of its argument, given in hexadecimal, and closes at once.
import { PacketSender } from 'pacegate/scan';

const { open, frames } = JSON.parse(process.argv[2]);
const sender = PacketSender.open(open);
const taken = sender.send(frames.map((text) => Buffer.from(text, 'hex')));
sender.close();
const { backend, sent } = sender.statistics;
console.log(JSON.stringify({ backend, taken, sent }));
