// Sends frames of its own; prints how many were taken and what was refused.
import { TokenBucket } from 'pacegate';
import { PacketSender } from 'pacegate/scan';
import { datagram } from './datagram.mjs';

const frames = Array.from({ length: 100 }, (_, i) => datagram(10_000 + i));
const limiter = new TokenBucket({ rate: 0.001, burst: 150 });
const sender = PacketSender.open({ interface: 'lo', limiter });
console.log(sender.send([]), sender.send(frames), sender.send(frames), sender.send(frames));
sender.close();

const slow = PacketSender.open({ interface: 'lo', rate: 0.001 });
console.log(slow.send(frames), slow.send(frames));
const shared = new Uint8Array(new SharedArrayBuffer(32));
shared.set(datagram(20_000));
slow.setRate(Infinity);
console.log(slow.send([shared]));
for (const bad of [
  frames[0],
  'frames',
  [frames[0], 'frame'],
  [new Uint8Array(0)],
  [new Uint8Array(70_000)],
]) {
  try {
    slow.send(bad);
  } catch (error) {
    console.log(error.code, error.message);
  }
}
try {
  slow.send([new Uint8Array(60)]); // neither IPv4 nor IPv6
} catch (error) {
  console.log(error.code, error.systemError, error.message);
}
console.log(slow.statistics.sent, slow.statistics.failed);
slow.close();
