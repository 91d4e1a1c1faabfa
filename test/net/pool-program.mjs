// Argument: { tasks, held, maxWorkers }. Holds descriptors, then probes 127/8: every third task finds a listener and every
// third of those reads its banner by a function of its own. Prints how many results of each kind there were.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { ConnectionPool } from 'pacegate/scan';

const [, program, argument] = process.argv;
if (argument === 'listen') await listen();
else await probe(JSON.parse(argument));

/** In a process of its own: it needs descriptors, too. */
async function listen() {
  const servers = [1, 2].map(() => createServer((socket) => greet(socket)).listen(0, '0.0.0.0'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const [open, closed] = servers.map((server) => server.address().port);
  servers[1].close();
  process.once('disconnect', () => process.exit());
  process.send({ open, closed });
}

function greet(socket) {
  socket.on('error', () => undefined);
  socket.end('hello');
}

async function banner({ target, port }, signal) {
  const socket = connect({ host: target, port, signal });
  for await (const chunk of socket) return { state: 'open', data: chunk.toString() };
  throw new Error('the connection ended without a banner');
}

function* plan(tasks, { open, closed }) {
  for (let i = 0; i < tasks; i++) {
    const target = `127.0.${1 + ((i >> 7) & 127)}.${1 + (i & 127)}`;
    if (i % 3 > 0) yield { target, port: closed };
    else yield i % 9 === 0 ? { target, port: open, probe: banner } : { target, port: open };
  }
}

async function probe({ tasks, held, maxWorkers }) {
  const listener = fork(program, ['listen']);
  const [ports] = await once(listener, 'message');
  for (let i = 0; i < held; i++) openSync('/dev/null', 'r');
  const pool = new ConnectionPool({ maxWorkers, timeoutMs: 30_000, retries: 0 });
  const kinds = {};
  for await (const { state, reason, data = '' } of pool.submitBatch(plan(tasks, ports))) {
    const kind = `${state} ${reason} ${data}`.trim();
    kinds[kind] = (kinds[kind] ?? 0) + 1;
  }
  await pool.close();
  listener.disconnect();
  console.log(JSON.stringify({ kinds, statistics: pool.statistics() }));
}
