// What listens on this machine, and how it introduces itself: a pipeline that connects, reads a banner from what is open,
// is stopped in the middle, and goes on where it stood.
//
//   node examples/banners.mjs
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { ScanPipeline } from 'pacegate/scan';

const greetings = ['SSH-2.0-demo', '220 mail.example ESMTP'];
const servers = greetings.map((greeting) =>
  createServer((socket) => {
    socket.on('error', () => undefined);
    socket.end(`${greeting}\r\n`);
  }).listen(0, '0.0.0.0'),
);
await Promise.all(servers.map((server) => once(server, 'listening')));
const ports = servers.map((server) => server.address().port);

async function banner({ address, port }, signal) {
  const socket = connect({ host: address, port, signal });
  for await (const chunk of socket) return chunk.toString().trim();
  return undefined;
}

const options = {
  targets: '127.0.0.0/26',
  ports: [1, ...ports],
  maxRate: 2000,
  maxWorkers: 20,
  timeoutMs: 5000,
};

const found = new Map();
let [read, state] = [0, undefined];
for (let isComplete = false; !isComplete;) {
  const pipeline = new ScanPipeline({ ...options, resume: state }).pipe(banner);
  isComplete = true;
  for await (const { state: portState, data = portState } of pipeline) {
    found.set(data, (found.get(data) ?? 0) + 1);
    read += 1;
    isComplete = read !== 100;
    if (!isComplete) break; // as if somebody had stopped it
  }
  state = JSON.parse(JSON.stringify(pipeline.state()));
  const { settled, total } = pipeline.statistics();
  console.log(`settled: ${settled} of ${total}`);
}
for (const server of servers) server.close();

for (const [data, count] of [...found].sort()) console.log(`${data}: ${count}`);
console.log(`results: ${read}`);
