// Starts the built command as a user does.

import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server } from 'node:net';
import { fileURLToPath } from 'node:url';

export const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

export interface Outcome {
  code: number | null;
  stdout: string;
  stderr: string;
}

export function startCli(
  args: string[],
  env: NodeJS.ProcessEnv = {},
): ChildProcessWithoutNullStreams {
  return spawn(process.execPath, [MAIN, ...args], { env: { ...process.env, ...env } });
}

export function outcomeOf(child: ChildProcessWithoutNullStreams): Promise<Outcome> {
  const outcome: Outcome = { code: null, stdout: '', stderr: '' };
  child.stdout.on('data', (data: Buffer) => (outcome.stdout += data.toString()));
  child.stderr.on('data', (data: Buffer) => (outcome.stderr += data.toString()));
  return new Promise((resolve) => {
    child.on('close', (code) => {
      resolve({ ...outcome, code });
    });
  });
}

export function runCli(args: string[], input = ''): Promise<Outcome> {
  const child = startCli(args);
  child.stdin.on('error', () => undefined); // not every command reads it
  child.stdin.end(input);
  return outcomeOf(child);
}

/** Listens on `count` free ports of 127.0.0.1. */
export async function listeners(count: number): Promise<{ ports: number[]; close: () => void }> {
  const servers = await Promise.all(Array.from({ length: count }, listen));
  return {
    ports: servers.map((server) => (server.address() as AddressInfo).port).sort((a, b) => a - b),
    close: () => {
      for (const server of servers) server.close();
    },
  };
}

function listen(): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.resume();
    });
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      resolve(server);
    });
  });
}

/** The results on standard output, one JSON object a line. */
export function results(
  stdout: string,
): { address: string; port: number; state: string; reason: string }[] {
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map(
      (line) =>
        JSON.parse(line) as { address: string; port: number; state: string; reason: string },
    );
}

/** A port of 127.0.0.1 that answers nobody: its owner is stopped, its backlog is full (Linux drops what is over). */
export async function silentPort(): Promise<{ port: number; close: () => void }> {
  const script = `const s = require('node:net').createServer();
    s.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => console.log(s.address().port));`;
  const owner = spawn(process.execPath, ['-e', script]);
  const [line] = (await once(owner.stdout, 'data')) as [Buffer];
  const port = Number(line.toString());
  owner.kill('SIGSTOP');
  const fillers = Array.from({ length: 8 }, () => connect({ port, host: '127.0.0.1' }));
  for (const filler of fillers) filler.on('error', () => undefined);
  await Promise.all(fillers.slice(0, 2).map((filler) => once(filler, 'connect')));
  return {
    port,
    close: () => {
      for (const filler of fillers) filler.destroy();
      owner.kill('SIGKILL');
    },
  };
}
