// Listens on the [{ host, port }] of its argument; prints one line when all of them listen.
import { once } from 'node:events';
import { createServer } from 'node:net';

const endpoints = JSON.parse(process.argv[2]);
const servers = endpoints.map(({ host, port }) =>
  createServer((socket) => socket.on('error', () => undefined)).listen({ host, port }),
);
await Promise.all(servers.map((server) => once(server, 'listening')));
console.log('ready');
