// Ends by itself with limiters that nobody disposed of.
import { AdaptiveThrottle, TokenBucket } from 'pacegate';

const bucket = new TokenBucket({ rate: 1000, burst: 10 });
const throttle = new AdaptiveThrottle({ rate: 1000 });
console.log(bucket.tryAcquire(), throttle.nextBatch(0), bucket.check(11).retryAfterMs);
