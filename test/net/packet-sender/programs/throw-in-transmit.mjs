// Ends by an exception in the middle of a transmit.
import { PacketSender } from 'pacegate/scan';
import { ENDLESS } from './datagram.mjs';

const sender = PacketSender.open({ interface: 'lo', rate: 5_000 });
void sender.transmit(ENDLESS);
while (sender.statistics.sent < 10) await new Promise((resolve) => setTimeout(resolve, 1));
throw new Error('on purpose');
