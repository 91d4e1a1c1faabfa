// Who says no? An ICMP monitor beside whatever else runs, feeding a back-off table.
// This machine itself is made to complain, by a datagram to a closed port of its loopback: nothing leaves it.
//
//   sudo node examples/icmp-monitor.mjs    (without the privilege it says what is missing)
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { BackoffTable } from 'pacegate';
import { IcmpMonitor } from 'pacegate/scan';

const backoff = new BackoffTable();
const monitor = IcmpMonitor.start({ interface: 'lo' });
if (!monitor.active) console.log(`inactive: ${monitor.inactiveReason}`);

const port = await closedPort();
const socket = createSocket('udp4');
socket.send('anybody there?', port, '127.0.0.1');

// Of an inactive monitor the loop ends at once.
for await (const { target, targetPort, from, type, code, verified } of monitor) {
  if (targetPort !== port) continue; // some other program's
  console.log(`${from} says ${type}/${code} about ${target}:${targetPort}`);
  console.log(`a probe of a scan in this process: ${verified === true ? 'yes' : 'no'}`);
  console.log(`back-off level of ${target}: ${backoff.report(target)}`);
  break;
}
monitor.close();
socket.close();

/** A port that was free a moment ago. */
async function closedPort() {
  const probe = createSocket('udp4').bind(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port: free } = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  return free;
}
