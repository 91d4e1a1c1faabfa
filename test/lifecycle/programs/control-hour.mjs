// Run with --expose-gc: two hours of a busy scan, seen by a monitor, in how many MiB?
import { setTimeout } from 'node:timers/promises';
import { PerformanceMonitor } from 'pacegate/scan';
import { ManualClock } from 'pacegate/testing';

const clock = new ManualClock();
const monitor = new PerformanceMonitor({ clock, readings: { read: () => ({ cpuPercent: 50 }) } });

async function used() {
  // The memory of arrays goes some turns after the arrays.
  for (let round = 0; round < 5; round++) {
    globalThis.gc();
    await setTimeout(20);
  }
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

async function hour() {
  for (let second = 0; second < 3600; second++) {
    for (let i = 0; i < 50; i++) {
      // Some of everything, from a microsecond to a minute.
      const ms = 10 ** (((i * 7 + second) % 78) / 10 - 3);
      monitor.observe({ success: i > 0, responseMs: ms, waitMs: ms / 2 });
    }
    await clock.advance(1000);
  }
}

const before = await used();
await hour();
const first = await used();
await hour();
const second = await used();
const { requests } = monitor.statistics(3_600_000);
console.log(
  JSON.stringify({
    requests,
    first: (first - before) / 2 ** 20,
    grown: (second - first) / 2 ** 20,
  }),
);
