// One large plan from start to abort: node plan.mjs '{"targets":"10.0.0.0/8","singles":0,"options":{}}'; prints JSON.
// `singles`: so many addresses apart from one another, named one by one, instead of `targets`.
import { readFileSync } from 'node:fs';
import { clearInterval, setInterval } from 'node:timers';
import { scan } from 'pacegate/scan';

const SENDING_MS = 3000;
const { targets, singles, options } = JSON.parse(process.argv[2]);

/** Every other address of a network, so that no two of them make a range. */
function apart(count) {
  return Array.from({ length: count }, (_, i) => {
    const address = (10 << 24) + 2 * i;
    return [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join('.');
  });
}

/** In MiB, as the kernel counts them: all that is resident, code and shared libraries included. */
function memory(name) {
  const status = readFileSync('/proc/self/status', 'utf8');
  return Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)[1]) / 1024;
}

const named = singles > 0 ? apart(singles) : targets;
const beforeMb = memory('VmRSS');
const processor = process.cpuUsage();
const started = performance.now();
const running = scan({
  ...{ targets: named, ports: '1-100', maxRate: 10_000, technique: 'syn' },
  exclude: ['10.77.9.0/24'], // the link itself
  ...options,
});
const callMs = performance.now() - started;
const spent = process.cpuUsage(processor);
let firstProbeMs;
const watch = setInterval(() => {
  // The first packet asks for the gateway's MAC address.
  if (running.statistics.sent < 2) return;
  firstProbeMs = performance.now() - started;
  clearInterval(watch);
  setTimeout(() => void running.stop(), SENDING_MS);
}, 1);
const { statistics } = await running.done;
process.stdout.write(
  JSON.stringify({
    ...{ beforeMb, peakMb: memory('VmHWM'), callMs, firstProbeMs },
    callCpuMs: (spent.user + spent.system) / 1000,
    packetsPerSecond: statistics.packetsPerSecond,
  }),
);
