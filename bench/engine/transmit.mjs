// pacegate's PacketSender: one template, its destination varied.
import { PacketSender } from 'pacegate/scan';
import { synFrame } from './frame.mjs';

const { rate, packets, backend, interface: device, ...addresses } = JSON.parse(process.argv[2]);
const sender = PacketSender.open({
  interface: device,
  backend,
  ...(rate === undefined ? {} : { rate }),
});
const report = await sender.transmit({
  template: synFrame(addresses),
  vary: 'ipv4-destination',
  count: packets,
});
console.log(JSON.stringify(report));
sender.close();
