// The wait is all that keeps this process alive; it must not end with exit code 13 before the grant.
import { systemClock, TokenBucket } from 'pacegate';

const bucket = new TokenBucket({ rate: 100, burst: 1 });
const startNs = systemClock.nowNs();
for (let i = 0; i < 5; i++) await bucket.acquire();
const tooEarly = systemClock.nowNs() - startNs < 40_000_000n;
console.log(tooEarly ? 'too early' : 'granted');
