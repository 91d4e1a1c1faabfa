// Run with --expose-gc: permits that nobody released and nobody holds any more give their places back, to those who
// wait too.
import { setImmediate } from 'node:timers';
import { HostgroupLimiter } from 'pacegate';

const limiter = new HostgroupLimiter({ max: 2 });

function lose() {
  limiter.tryAcquireTarget('lost');
  limiter.tryAcquireTarget('lost too');
}

lose();
let served;
void limiter.acquireTarget('next').then((permit) => (served = permit));
for (let round = 0; round < 100 && served === undefined; round++) {
  globalThis.gc();
  await new Promise((resolve) => setImmediate(resolve));
}
const { dropped, active } = limiter.statistics();
served.release();
served.release();
console.log(served.target, dropped, active, limiter.active);
