// Takes what it can get from a shared bucket, and writes a byte for each token once it has it: at any moment the
// file holds no byte too many, and at most one too few. Arguments: the options of the bucket, the file.
import { openSync, writeSync } from 'node:fs';
import { limiterOf } from './limiter.mjs';

const limiter = limiterOf(process.argv[2]);
const file = openSync(process.argv[3], 'a');
const byte = Buffer.from('.');
process.send('spending');
for (;;) {
  if (limiter.tryAcquire()) writeSync(file, byte);
}
