// A scan of this machine under control: a pool of workers under a rate, which rises while tasks succeed, which gives way
// to the host when that is busy, and whose figures name the bottleneck.
//
//   node examples/scan-control.mjs
import { createServer } from 'node:net';
import { TokenBucket } from 'pacegate';
import {
  AdaptiveRate,
  comprehensiveStatistics,
  ConnectionPool,
  outcomeOf,
  PerformanceMonitor,
  presets,
  ResourceThrottle,
} from 'pacegate/scan';

const server = createServer((socket) => socket.on('error', () => undefined).resume());
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const { port: openPort } = server.address();

const { rate, workers } = presets.local;
const limiter = new TokenBucket({ rate: rate.least });
const adaptive = new AdaptiveRate({
  limiter,
  maxRate: rate.most,
  maxWaitMs: Infinity,
  settleMs: 0,
});
const throttle = new ResourceThrottle({ limiter: adaptive });
const monitor = new PerformanceMonitor();
const pool = new ConnectionPool({ limiter, throttle, maxWorkers: workers.most });

adaptive.on('change', ({ to, reason }) => console.log(`rate ${to.toFixed(0)}: ${reason}`));
throttle.on('change', ({ measure, reason }) => console.log(`host, ${measure}: ${reason}`));
throttle.on('degraded', ({ name, remark }) => console.log(`without ${name}: ${remark}`));

function* tasks() {
  for (let i = 0; i < 1500; i++) {
    yield { target: '127.0.0.1', port: i === 700 ? openPort : 1 + (i % 1000) };
  }
}

const open = new Set();
let results = 0;
for await (const result of pool.submitBatch(tasks())) {
  const outcome = outcomeOf(result);
  for (const observer of [adaptive, monitor]) observer.observe(outcome);
  if (result.state === 'open') open.add(result.port);
  results += 1;
  if (results !== 1000) continue;
  const sources = { limiter, pool, throttle, monitor, timeoutMs: 1000 };
  const { performance, health } = comprehensiveStatistics(sources);
  console.log(`bottleneck: ${performance.bottleneck.name} (${performance.bottleneck.reason})`);
  for (const { name, target, unit, status } of health) {
    console.log(`${name}, which should be ${target} ${unit}: ${status}`);
  }
}
console.log(`results: ${results}, failed: ${pool.statistics().failed}`);
console.log(`found the open port: ${open.has(openPort) ? 'yes' : 'no'}`);

await pool.close();
for (const part of [throttle, monitor, limiter]) part[Symbol.dispose]();
server.close();
