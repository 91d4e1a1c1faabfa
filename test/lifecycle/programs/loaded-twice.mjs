// Two copies of the addon in one environment: each has its own state, and both end well.
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { TokenBucket } from 'pacegate';

const require = createRequire(import.meta.url);
const file = require('node-gyp-build').resolve(fileURLToPath(new URL('../../..', import.meta.url)));
const second = { exports: {} };
process.dlopen(second, file);
const handle = second.exports.bucket_create(1, 1, 1);
const bucket = new TokenBucket({ rate: 1, burst: 1 });
console.log(second.exports.bucket_try_acquire(handle, 1), bucket.tryAcquire(), bucket.tryAcquire());
