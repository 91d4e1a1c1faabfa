// Waits for tokens of a shared bucket. Arguments: the options of the bucket, how many tokens.
import { limiterOf } from './limiter.mjs';

const limiter = limiterOf(process.argv[2]);
let granted = 0;
for (let i = 0; i < Number(process.argv[3]); i++) granted += Number(await limiter.acquire());
process.send(granted);
process.disconnect();
