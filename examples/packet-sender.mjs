// One UDP datagram to each port of a range, a thousand a second, sent by a native thread: no matter what JavaScript does
// meanwhile. A limiter that others use as well has a say, too. Needs the privilege to send raw packets.
//
//   sudo node examples/packet-sender.mjs
import { isPacegateError, TokenBucket } from 'pacegate';
import { PacketSender } from 'pacegate/scan';

/** From 127.0.0.1 to itself; raw IP, as lo carries no Ethernet. */
function datagram(payload) {
  const packet = Buffer.alloc(28 + payload.length);
  packet.writeUInt8(0x45, 0); // IPv4, a header of 20 bytes; its checksum is filled in by the kernel
  packet.writeUInt16BE(packet.length, 2);
  packet.writeUInt8(64, 8); // time to live
  packet.writeUInt8(17, 9); // UDP
  packet.set([127, 0, 0, 1], 12);
  packet.set([127, 0, 0, 1], 16);
  packet.writeUInt16BE(40_000, 20); // from port
  packet.writeUInt16BE(8 + payload.length, 24); // length; a checksum of 0 is none
  packet.write(payload, 28);
  return packet;
}

const limiter = new TokenBucket({ rate: 10_000, burst: 100 });
try {
  const sender = PacketSender.open({ interface: 'lo', rate: 1_000, limiter });
  const transmitted = sender.transmit({
    template: datagram('hello'),
    vary: 'destination-port',
    from: 50_000,
    count: 200,
  });
  for (const end = performance.now() + 100; performance.now() < end;); // JavaScript is busy
  console.log(`sent while JavaScript was busy: ${sender.statistics.sent}`);
  const { sent, failed, packetsPerSecond } = await transmitted;
  console.log(`sent: ${sent}, failed: ${failed}, at ${packetsPerSecond.toFixed(0)} a second`);
  sender.close();
} catch (error) {
  if (!isPacegateError(error)) throw error;
  console.log(`not here: ${error.code}: ${error.message}`);
}
