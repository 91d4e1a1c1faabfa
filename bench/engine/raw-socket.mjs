// The npm package raw-socket, flat out: as many sends in flight as its queue takes.
import { createRequire } from 'node:module';
import { synFrame } from './frame.mjs';

const { module, destination, ...addresses } = JSON.parse(process.argv[2]);
const raw = createRequire(import.meta.url)(module);
const socket = raw.createSocket({
  addressFamily: raw.AddressFamily.IPv4,
  protocol: raw.Protocol.TCP,
});
socket.setOption(raw.SocketLevel.IPPROTO_IP, raw.SocketOption.IP_HDRINCL, 1);
const packet = synFrame({ destination, ...addresses }).subarray(14);

const send = () => socket.send(packet, 0, packet.length, destination, send);
for (let inFlight = 0; inFlight < 64; inFlight++) send();
