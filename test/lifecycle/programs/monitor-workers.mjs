// One ICMP monitor in a process, whichever thread has it; a terminated worker gives it back. Without the privilege it
// says so, and there is nothing to see.
import { once } from 'node:events';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { IcmpMonitor } from 'pacegate/scan';

function tryStart() {
  try {
    return IcmpMonitor.start({ interface: 'lo' });
  } catch (error) {
    return error.code;
  }
}

if (isMainThread) {
  const first = tryStart();
  const outcomes = new Set();
  if (first.active) {
    outcomes.add(tryStart());
    first.close();
    for (let i = 0; i < 10; i++) {
      const worker = new Worker(new URL(import.meta.url));
      const [inWorker] = await once(worker, 'message');
      outcomes.add(`${inWorker}, then here ${tryStart()}`);
      await worker.terminate();
      const again = tryStart();
      outcomes.add(`after its end ${again.active}`);
      again.close();
    }
  }
  console.log(first.inactiveReason.includes('CAP_NET_RAW') ? 'inactive' : [...outcomes].join('; '));
} else {
  const monitor = tryStart();
  monitor.on('unreachable', () => undefined);
  parentPort.postMessage(`in a worker ${monitor.active}`);
}
