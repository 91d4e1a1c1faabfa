// A scan by the library while JavaScript is blocked now and then; prints its statistics.
import { clearInterval, setInterval } from 'node:timers';
import { scan } from 'pacegate/scan';

const { rate, packets, blockMs, everyMs, ...options } = JSON.parse(process.argv[2]);

function block() {
  const end = performance.now() + blockMs;
  while (performance.now() < end);
}

const blocking = blockMs > 0 ? setInterval(block, everyMs) : undefined;
const ports = Array.from({ length: 1000 }, (_, index) => index + 1);
const addresses = Math.ceil(packets / ports.length);
const run = scan({
  ...{ targets: `10.128.0.0-10.128.${addresses >> 8}.${addresses & 255}`, ports },
  ...{ technique: 'syn', maxRate: rate, retries: 0, timeoutMs: 200, states: ['open'], ...options },
});
const { statistics } = await run.done;
clearInterval(blocking);
console.log(JSON.stringify(statistics));
