// Sends three frames of its own, transmits ten, sends three more; prints what was counted where.
import { setTimeout } from 'node:timers/promises';
import { PacketSender } from 'pacegate/scan';

const { open, frame } = JSON.parse(process.argv[2]);
const template = Buffer.from(frame, 'hex');
const frames = [template, template, template];
const sender = PacketSender.open(open);
const before = sender.send(frames);
const { sent, complete } = await sender.transmit({ template, vary: 'none', count: 10 });
const after = sender.send(frames);
while (sender.statistics.sent < before + sent + after) await setTimeout(1);
console.log(JSON.stringify({ before, sent, complete, after, all: sender.statistics.sent }));
sender.close();
