// A throttle and a monitor that nobody disposed of do not keep the process alive, here and in a worker.
import { Worker, isMainThread } from 'node:worker_threads';
import { PerformanceMonitor, ResourceThrottle } from 'pacegate/scan';

const throttle = new ResourceThrottle({ intervalMs: 5 });
const monitor = new PerformanceMonitor();
throttle.on('change', () => undefined);
monitor.on('sample', () => undefined);
throttle.look();
const { readings, looks } = throttle.statistics();
if (isMainThread) {
  console.log(looks, Object.keys(readings).length);
  new Worker(new URL(import.meta.url)).on('exit', (code) => console.log('worker', code));
}
