// Closes a sender in the middle of a transmit, and once more.
import { PacketSender } from 'pacegate/scan';
import { ENDLESS, rawSockets, sendingThreads } from './datagram.mjs';

const sender = PacketSender.open({ interface: 'lo', rate: 5_000 });
const transmitted = sender.transmit(ENDLESS);
while (sender.statistics.sent < 10) await new Promise((resolve) => setTimeout(resolve, 1));
const threads = await sendingThreads();
sender.close();
const { sent, complete } = await transmitted;
sender.close();
const isConsistent = sent === sender.statistics.sent && sent >= 10;
console.log(threads, await sendingThreads(), await rawSockets(), complete, isConsistent);
for (const call of [
  () => sender.send([]),
  () => sender.setRate(1),
  () => sender.transmit(ENDLESS),
]) {
  try {
    await call();
  } catch (error) {
    console.log(error.code);
  }
}
