// What a host is asked. Each may throw, and then the reading is had in another way, or not at all.

import { readdirSync, readFileSync, statSync } from 'node:fs';
import { availableParallelism, cpus, freemem, totalmem } from 'node:os';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { descriptorLimit } from '../../engines/concurrency.js';

/** Time that all processors together have spent, in any unit. */
export interface ProcessorTimes {
  readonly busy: number;
  readonly idle: number;
}

/** What readings are made from. */
export interface Host {
  readonly processors: number;
  processorTimes(): ProcessorTimes;
  /** Processor time of this process, in milliseconds. */
  processCpuMs(): number;
  /** Since any moment, in milliseconds. */
  elapsedMs(): number;
  memory(): { readonly availableBytes: number; readonly totalBytes: number };
  /** What this process holds, and what it may have where somebody limits it (a container). */
  processMemory(): { readonly residentBytes: number; readonly limitBytes: number };
  descriptors(): { readonly open: number; readonly limit: number };
  /** Begins to measure by how much timers come late. */
  watchEventLoop(): EventLoopWatch;
}

/** Measures how late timers come. */
export interface EventLoopWatch {
  /** Lateness that nine in ten timers did not exceed since the last call, in milliseconds. */
  takeLagMs(): number;
  stop(): void;
}

/** A timer in so many milliseconds tells how late the event loop is; it does not keep the process alive. */
const SAMPLE_MS = 20;

function processorTimes(): ProcessorTimes {
  const all = cpus();
  if (all.length === 0) throw new Error('this host tells no processor times');
  let [busy, idle] = [0, 0];
  for (const { times } of all) {
    busy += times.user + times.nice + times.sys + times.irq;
    idle += times.idle;
  }
  return { busy, idle };
}

/** Linux only counts what could be freed at once as available; elsewhere but on Windows nobody says. */
function memory(): { availableBytes: number; totalBytes: number } {
  if (process.platform === 'win32') return { availableBytes: freemem(), totalBytes: totalmem() };
  if (process.platform !== 'linux') throw new Error('this system does not say what could be freed');
  const text = readFileSync('/proc/meminfo', 'utf8');
  const bytes = (name: string): number => {
    const found = new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text);
    if (found === null) throw new Error(`/proc/meminfo has no ${name}`);
    return Number(found[1]) * 1024;
  };
  return { availableBytes: bytes('MemAvailable'), totalBytes: bytes('MemTotal') };
}

function descriptors(): { open: number; limit: number } {
  const limit = descriptorLimit();
  if (limit === undefined) throw new Error('the limit of descriptors cannot be read');
  // The size of this directory is the number of its entries since Linux 6.2, and 0 before.
  const { size } = statSync('/proc/self/fd');
  return { open: size > 0 ? size : readdirSync('/proc/self/fd').length - 1, limit };
}

function watchEventLoop(): EventLoopWatch {
  const histogram = monitorEventLoopDelay({ resolution: SAMPLE_MS });
  histogram.enable();
  return {
    takeLagMs: () => {
      // None: no timer came at all since the last call, which says nothing about lateness.
      const delayMs = histogram.count === 0 ? SAMPLE_MS : histogram.percentile(90) / 1e6;
      histogram.reset();
      return Math.max(delayMs - SAMPLE_MS, 0);
    },
    stop: () => {
      histogram.disable();
    },
  };
}

/** The host this process runs on. */
export const thisHost: Host = {
  processors: availableParallelism(),
  processorTimes,
  processCpuMs: () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1000;
  },
  elapsedMs: () => performance.now(),
  memory,
  processMemory: () => ({
    residentBytes: process.memoryUsage.rss(),
    limitBytes: limitOr(totalmem(), process.constrainedMemory()),
  }),
  descriptors,
  watchEventLoop,
};

/** 0, and more than there is, mean that nobody limits it. */
function limitOr(total: number, limit: number): number {
  return limit > 0 && limit < total ? limit : total;
}
