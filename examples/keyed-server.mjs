// A limit per client in front of a plain node:http server: 429 and Retry-After for who asks too much.
//
//   node examples/keyed-server.mjs
import { createServer, get } from 'node:http';
import { KeyedLimiter } from 'pacegate';

// 10 at once, then one in 5 s for each. 100 000 clients are remembered; those who are over their limit stay so,
// however many others come.
const limiter = new KeyedLimiter({ rate: 0.2, burst: 10, maxKeys: 100_000 });

const server = createServer((request, response) => {
  const client = request.headers['x-api-key'] ?? request.socket.remoteAddress;
  const { allowed, remaining, retryAfterMs } = limiter.check(client);
  if (allowed) {
    response.setHeader('X-RateLimit-Remaining', remaining);
    response.end('hello\n');
  } else {
    response.writeHead(429, { 'Retry-After': Math.ceil(retryAfterMs / 1000) });
    response.end('too many requests\n');
  }
});
await new Promise((listening) => server.listen(0, '127.0.0.1', listening));

for (const key of ['alice', 'bob']) {
  const answers = await Promise.all(Array.from({ length: 15 }, () => request(key)));
  const refused = answers.filter(({ statusCode }) => statusCode === 429);
  const served = answers.length - refused.length;
  const retryAfter = refused[0]?.headers['retry-after'];
  console.log(`${key}: served ${served}, refused ${refused.length}, Retry-After: ${retryAfter} s`);
}
console.log(`${limiter.size} clients in ${limiter.bytes} bytes`);
server.close();

function request(key) {
  const options = { port: server.address().port, headers: { 'X-API-Key': key }, agent: false };
  return new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', ...options }, (response) => {
      response.resume().on('end', () => resolve(response));
    }).on('error', reject);
  });
}
