// Scans and transmits with the options of its argument, ended in every way; prints what the process has after the first
// round (which opens what a process opens once) and after all.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { IcmpMonitor, PacketSender, scan } from 'pacegate/scan';

const { options, sender, template } = JSON.parse(process.argv[2]);
const forLong = { template: Buffer.from(template, 'hex'), vary: 'none', count: 1e9 };
const inWorker = `
  import('pacegate/scan').then(async ({ IcmpMonitor, PacketSender, scan }) => {
    const { parentPort, workerData } = await import('node:worker_threads');
    const { options, sender, forLong } = workerData;
    void PacketSender.open(sender).transmit(forLong);
    IcmpMonitor.start(); // one in a process: the next round's would be refused if this one stayed
    for await (const result of scan(options)) parentPort.postMessage(result);
  });`;

const ways = {
  async complete() {
    const monitor = IcmpMonitor.start();
    await scan({ ...options, maxRate: 1_000_000 }).done;
    monitor.close();
  },
  async stopped() {
    const running = scan(options);
    for await (const result of running) if (result) void running.stop();
  },
  async aborted() {
    const opened = PacketSender.open(sender);
    const abort = new globalThis.AbortController();
    const report = opened.transmit({ ...forLong, signal: abort.signal });
    while (opened.statistics.sent === 0) await sleep(1);
    abort.abort();
    await report.catch(() => undefined);
    opened.close();
  },
  async terminated() {
    const worker = new Worker(inWorker, { eval: true, workerData: { options, sender, forLong } });
    await new Promise((resolve) => worker.once('message', resolve));
    await worker.terminate();
  },
};

/** What descriptors are open, and which of our threads run. */
function belongings() {
  const descriptors = readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/self/fd/${fd}`).replace(/:\[\d+\]$/, '')];
    } catch {
      return []; // the one that read the folder
    }
  });
  const threads = readdirSync('/proc/self/task').map((id) =>
    readFileSync(`/proc/self/task/${id}/comm`, 'utf8').trim(),
  );
  const counted = {};
  for (const name of [...descriptors, ...threads.filter((comm) => comm.startsWith('pacegate'))]) {
    counted[name] = (counted[name] ?? 0) + 1;
  }
  return counted;
}

async function round() {
  for (const way of Object.values(ways)) await way();
  await sleep(100); // a thread that has ended leaves /proc a moment later
}

await round();
const before = belongings();
for (let i = 0; i < 4; ++i) await round();
console.log(JSON.stringify({ before, after: belongings() }));
