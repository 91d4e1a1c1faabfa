// The npm package cap, flat out: its send is one call of libpcap.
import { createRequire } from 'node:module';
import { synFrame } from './frame.mjs';

const { module, interface: device, ...addresses } = JSON.parse(process.argv[2]);
const { Cap } = createRequire(import.meta.url)(module);
const cap = new Cap();
cap.open(device, 'tcp port 1', 1 << 20, Buffer.alloc(65_535));
const frame = synFrame(addresses);

for (;;) cap.send(frame, frame.length);
