import { setImmediate } from 'node:timers';
import { TokenBucket } from 'pacegate';

const bucket = new TokenBucket({ rate: 0.001, burst: 1, initialTokens: 0 });
void bucket.acquire();
setImmediate(() => {
  throw new Error('on purpose');
});
