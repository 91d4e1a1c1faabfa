// Takes all there is in a shared bucket that hardly refills, says how much that was, and ends.
import { limiterOf } from './limiter.mjs';

const limiter = limiterOf(process.argv[2]);
let taken = 0;
while (limiter.tryAcquire()) taken++;
process.send(taken);
process.disconnect();
