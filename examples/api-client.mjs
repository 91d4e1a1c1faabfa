// An API allows 100 requests a second, and this client never sends more: not in any second, wherever it begins.
//
//   node examples/api-client.mjs
//
// In any time t a bucket grants at most burst + rate x t: here 5 + 85 in a second. What is left up to 100 is
// room for the network, which delays some requests more than others.
import { createServer } from 'node:http';
import { TokenBucket } from 'pacegate';

const REQUESTS = 200;
const ALLOWED_PER_SECOND = 100;

/** The API: notes when each request arrives, and refuses what is too much. */
const arrivals = [];
const server = createServer((_request, response) => {
  const now = performance.now();
  arrivals.push(now);
  const inLastSecond = arrivals.filter((at) => now - at < 1000).length;
  response.statusCode = inLastSecond > ALLOWED_PER_SECOND ? 429 : 200;
  response.end();
});
await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
const url = `http://127.0.0.1:${server.address().port}/`;

/** The client: everything that calls the API asks the bucket first. */
const bucket = new TokenBucket({ rate: 85, burst: 5 });
async function call() {
  if (!(await bucket.acquire(1, { timeoutMs: 10_000 }))) throw new Error('no turn within 10 s');
  const response = await fetch(url);
  await response.arrayBuffer();
  return response.status;
}

const start = performance.now();
const statuses = await Promise.all(Array.from({ length: REQUESTS }, call)); // all at once, for all it knows
const seconds = (performance.now() - start) / 1000;
server.close();

const most = Math.max(...arrivals.map((from) => countBetween(from, from + 1000)));
function countBetween(from, to) {
  return arrivals.filter((at) => at >= from && at < to).length;
}

const refused = statuses.filter((status) => status === 429).length;
console.log(`${REQUESTS} requests in ${seconds.toFixed(2)} s`);
console.log(`most in any second: ${most} of ${ALLOWED_PER_SECOND}; refused by the API: ${refused}`);
