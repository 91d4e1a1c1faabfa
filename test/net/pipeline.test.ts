// A pipeline on real connections.
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ScanPipeline, type TaskResult } from '../../lib/scan/index.js';

let servers: Server[];
const portOf = (server: Server | undefined) => (server?.address() as AddressInfo).port;

beforeAll(async () => {
  servers = [1, 2].map(() =>
    createServer((socket) => {
      socket.on('error', () => undefined);
      socket.end(`hello from ${socket.localAddress ?? ''}`);
    }).listen(0, '127.0.0.1'),
  );
  await Promise.all(servers.map((server) => once(server, 'listening')));
});
afterAll(() => {
  for (const server of servers) server.close();
});

async function banner({ address, port }: TaskResult, signal: AbortSignal): Promise<string> {
  const socket = connect({ host: address, port, signal });
  for await (const chunk of socket) return (chunk as Buffer).toString();
  throw new Error('no banner');
}

test('H5 finds what listens and reads its banner, across a stop and a new start', async () => {
  const [open, other] = servers.map(portOf) as [number, number];
  const options = { targets: '127.0.0.1-127.0.0.4', ports: [1, open, other], maxRate: 5000 };
  const found = new Map<string, string>();
  const read = async (pipeline: ScanPipeline<string>, most: number) => {
    for await (const { address, port, state, data = '' } of pipeline) {
      expect(found.has(`${address} ${port}`)).toBe(false);
      found.set(`${address} ${port}`, `${state} ${data}`.trim());
      if (--most === 0) break;
    }
  };
  const first = new ScanPipeline(options).pipe(banner);
  await read(first, 5);
  await read(new ScanPipeline({ ...options, resume: first.state() }).pipe(banner), Infinity);

  expect(found.size).toBe(12);
  const states = [...found.values()].sort();
  expect(states.filter((state) => state === 'closed')).toHaveLength(10);
  expect(found.get(`127.0.0.1 ${open}`)).toBe('open hello from 127.0.0.1');
  expect(found.get(`127.0.0.1 ${other}`)).toBe('open hello from 127.0.0.1');
});
