import { setImmediate } from 'node:timers';
import { TokenBucket } from 'pacegate';

const bucket = new TokenBucket({ rate: 0.001, burst: 1, initialTokens: 0 });
for (let i = 0; i < 100; i++) void bucket.acquire();
setImmediate(() => {
  console.log('leaving');
  process.exit(0);
});
