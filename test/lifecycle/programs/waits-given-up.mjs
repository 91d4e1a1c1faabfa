// Waits of an hour that are aborted, refused or disposed of: nothing may keep the process alive after them.
/* global AbortController */
import { systemClock, TokenBucket } from 'pacegate';

const options = { rate: 1 / 3600, burst: 1, initialTokens: 0 };
const disposed = new TokenBucket(options);
const waiting = disposed.acquire();
disposed[Symbol.dispose]();

const controller = new AbortController();
const bucket = new TokenBucket(options);
const aborted = bucket.acquire(1, { signal: controller.signal }).catch((error) => error.name);
const sleeping = systemClock.sleep(3_600_000, controller.signal).catch((error) => error.name);
controller.abort();
const refused = bucket.acquire(1, { timeoutMs: 1000 });
console.log(JSON.stringify(await Promise.all([waiting, aborted, sleeping, refused])));
