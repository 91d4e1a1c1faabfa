// The far end of the pair, in its network namespace: listens on the ports that are to be open, and counts what arrives.

import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { receivedPackets, type Arrival } from './arrivals.js';

/** What the near end asks for. */
export type FarEndRequest =
  | { readonly listen: readonly number[] }
  /** Begins to count what a device receives; says `flowing` when more has come than the system's own packets. */
  | { readonly count: string }
  /** Wants what was counted. */
  | { readonly report: true };

export type FarEndAnswer = { readonly ready: true } | { readonly arrivals: readonly Arrival[] };

/** What it says of itself. */
export interface FarEndNotice {
  readonly flowing: true;
}

const EVERY_MS = 2;
const FLOWING_PACKETS = 20;

let arrivals: Arrival[] = [];
let isFlowing = false;
let timer: NodeJS.Timeout | undefined;

function look(device: string): void {
  const before = performance.now();
  const packets = receivedPackets(readFileSync('/proc/net/dev', 'utf8'), device);
  arrivals.push([(before + performance.now()) / 2, packets]);
  if (isFlowing || packets < (arrivals[0]?.[1] ?? 0) + FLOWING_PACKETS) return;
  isFlowing = true;
  process.send?.({ flowing: true } satisfies FarEndNotice);
}

function listen(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.end();
    });
    server.once('error', reject);
    server.listen({ port, host: '0.0.0.0', backlog: 4096 }, resolve);
  });
}

async function answer(request: FarEndRequest): Promise<FarEndAnswer> {
  if ('listen' in request) {
    await Promise.all(request.listen.map(listen));
  } else if ('count' in request) {
    arrivals = [];
    isFlowing = false;
    look(request.count);
    timer = setInterval(look, EVERY_MS, request.count);
  } else {
    clearInterval(timer);
    return { arrivals };
  }
  return { ready: true };
}

process.on('message', (request) => {
  void answer(request as FarEndRequest).then((reply) => process.send?.(reply));
});
// The namespace ends with this process, and this process with the one that wanted it.
process.once('disconnect', () => process.exit());
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => undefined);
