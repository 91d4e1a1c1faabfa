// Processes of node:cluster share one limit by a file that all of them map into memory. No server, no messages:
// a process that is killed takes nothing with it.
//
//   node examples/cluster.mjs
import cluster from 'node:cluster';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { TokenBucket } from 'pacegate';

const PROCESSES = 3;
const RUN_MS = 500;

// Tokens come so slowly that what is admitted is the burst, exactly.
const limit = (file) => ({ rate: 1, burst: 300_000, share: { file } });

if (cluster.isPrimary) await primary();
else await worker();

async function primary() {
  const folder = mkdtempSync(path.join(tmpdir(), 'pacegate-cluster-'));
  const start = performance.now();
  const LIMIT_FILE = path.join(folder, 'limit'); // whoever comes first makes it
  const workers = Array.from({ length: PROCESSES }, () => cluster.fork({ LIMIT_FILE }));
  const answers = () => Promise.all(workers.map((one) => once(one, 'message')));
  await answers(); // all are ready
  for (const one of workers) one.send('go');
  const counts = (await answers()).map(([count]) => count);
  const seconds = Math.ceil((performance.now() - start) / 1000);
  rmSync(folder, { recursive: true });

  const total = counts.reduce((sum, count) => sum + count, 0);
  console.log(`admitted by ${PROCESSES} processes: ${counts.join(', ')}`);
  console.log(
    `together: ${total}; the limit allows 300000 and one more each second (${seconds} s)`,
  );
}

async function worker() {
  const bucket = new TokenBucket(limit(process.env.LIMIT_FILE));
  process.send('ready');
  await once(process, 'message');
  const end = performance.now() + RUN_MS;
  let admitted = 0;
  while (performance.now() < end) if (bucket.tryAcquire()) admitted += 1;
  process.send(admitted, () => process.disconnect());
}
