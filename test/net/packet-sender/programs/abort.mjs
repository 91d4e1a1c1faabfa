// Aborts a transmit under way, one before it begins, and goes on where the first one ended.
/* global AbortController, AbortSignal */
import { PacketSender } from 'pacegate/scan';
import { datagram } from './datagram.mjs';

const sender = PacketSender.open({ interface: 'lo', rate: 1_000 });
const job = { template: datagram(), vary: 'destination-port', from: 1, count: 5_000 };
const controller = new AbortController();
const transmitted = sender.transmit({ ...job, signal: controller.signal });
const refused = await sender.transmit(job).catch(({ code }) => code);
const refusedToo = await Promise.resolve()
  .then(() => sender.send([datagram()]))
  .catch(({ code }) => code);
while (sender.statistics.sent < 100) await new Promise((resolve) => setTimeout(resolve, 1));
controller.abort();
const first = await transmitted;
console.log(refused, refusedToo, first.complete, first.next === 1 + first.sent);
const none = await sender.transmit({ ...job, signal: AbortSignal.abort() });
console.log(none.sent, none.complete, none.next);
sender.setRate(20_000);
const rest = await sender.transmit({ ...job, from: first.next, count: 5_000 - first.sent });
console.log(first.sent + rest.sent, rest.complete, rest.next);
sender.close();
