// Drops senders without closing them; the device is let go. One that transmits is kept until it is done.
import { setImmediate as turn } from 'node:timers/promises';
import { PacketSender } from 'pacegate/scan';
import { datagram, rawSockets } from './datagram.mjs';

function dropOne() {
  PacketSender.open({ interface: 'lo' }).send([datagram()]);
}
for (let i = 0; i < 20; i++) dropOne();
const before = await rawSockets();
const transmitted = PacketSender.open({ interface: 'lo', rate: 1_000 }).transmit({
  template: datagram(),
  vary: 'none',
  count: 100,
});
for (let i = 0; i < 200 && (await rawSockets()) > 2; i++) {
  globalThis.gc();
  await turn();
}
const meanwhile = await rawSockets();
const { sent, complete } = await transmitted;
console.log(before, meanwhile, sent, complete);
