// Run with --expose-gc: a monitor that nobody holds any more is closed, so another can start; and a monitor without
// listeners, or unref'd, does not keep the process alive.
import { setImmediate } from 'node:timers';
import { IcmpMonitor } from 'pacegate/scan';

IcmpMonitor.start({ interface: 'lo' });
let monitor;
for (let round = 0; round < 100 && monitor === undefined; round++) {
  globalThis.gc();
  await new Promise((resolve) => setImmediate(resolve));
  try {
    monitor = IcmpMonitor.start({ interface: 'lo' });
  } catch {
    // The first one is still there.
  }
}
monitor?.on('unreachable', () => undefined).unref();
console.log(monitor === undefined ? 'still there' : 'started again');
