// "50 a second" read strictly: a bucket lets a burst through on top of the rate, a hybrid does not.
// Three seconds of constant pressure on both, in no time at all: the clock is a ManualClock.
//
//   node examples/hybrid.mjs
import { HybridLimiter, TokenBucket } from 'pacegate';
import { ManualClock } from 'pacegate/testing';

const clock = new ManualClock();
const limiters = {
  TokenBucket: new TokenBucket({ rate: 50, burst: 20, clock }),
  HybridLimiter: new HybridLimiter({ rate: 50, burst: 20, clock }), // a bucket, then a window of a second
};
const grantedAtMs = { TokenBucket: [], HybridLimiter: [] };

for (let ms = 0; ms < 3000; ms += 1) {
  for (const [name, limiter] of Object.entries(limiters))
    while (limiter.tryAcquire()) grantedAtMs[name].push(ms);
  await clock.advance(1);
}

for (const [name, times] of Object.entries(grantedAtMs)) {
  const most = Math.max(...times.map((from) => countWithin(times, from, 1000)));
  console.log(`${name}: ${times.length} in 3 s, most in any second ${most}`);
}

function countWithin(times, from, spanMs) {
  return times.filter((at) => at >= from && at < from + spanMs).length;
}
