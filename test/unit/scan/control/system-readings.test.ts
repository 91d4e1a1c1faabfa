import { describe, expect, it } from 'vitest';
import { SystemReadings } from '../../../../lib/scan/index.js';
import type { Host } from '../../../../lib/scan/control/resources/host.js';
import {
  degradationsOf,
  readAll,
  resourceNames,
} from '../../../../lib/scan/control/resources/resource-readings.js';

const GIB = 2 ** 30;

/** A host whose figures a test sets; what it sets to an error is thrown. */
function fakeHost(changes: Partial<Host> = {}) {
  const state = { busy: 1000, idle: 1000, cpuMs: 50, atMs: 0, lagMs: 3, stopped: 0 };
  const host: Host = {
    processors: 4,
    processorTimes: () => ({ busy: state.busy, idle: state.idle }),
    processCpuMs: () => state.cpuMs,
    elapsedMs: () => state.atMs,
    memory: () => ({ availableBytes: 3 * GIB, totalBytes: 4 * GIB }),
    processMemory: () => ({ residentBytes: GIB / 4, limitBytes: 4 * GIB }),
    descriptors: () => ({ open: 256, limit: 1024 }),
    watchEventLoop: () => ({ takeLagMs: () => state.lagMs, stop: () => (state.stopped += 1) }),
    ...changes,
  };
  return { host, state };
}

function missing(): never {
  throw new Error("ENOENT: no such file or directory, open '/proc/x'");
}

describe('the readings of a host', () => {
  it('H10 are percentages since the reading before, and the lateness of timers', () => {
    const { host, state } = fakeHost();
    const readings = new SystemReadings(host);
    Object.assign(state, { busy: 1300, idle: 1100, atMs: 1000 });
    expect(readings.read()).toEqual({
      cpuPercent: { value: 75 },
      memoryPercent: { value: 25 },
      eventLoopLagMs: { value: 3 },
      descriptorPercent: { value: 25 },
    });
    Object.assign(state, { busy: 1300, idle: 1200 });
    expect(readings.read().cpuPercent).toEqual({ value: 0 });
  });

  it('repeat the share of the processors while their counters stand still', () => {
    const { host, state } = fakeHost();
    const readings = new SystemReadings(host);
    expect(readings.read().cpuPercent.value).toBeUndefined();
    state.busy += 100;
    expect(readings.read().cpuPercent).toEqual({ value: 100 });
    expect(readings.read().cpuPercent).toEqual({ value: 100 });
  });

  it('H10 count what this process holds of what it may have in a container', () => {
    const processMemory = () => ({ residentBytes: 0.9 * GIB, limitBytes: GIB });
    const { memoryPercent } = new SystemReadings(fakeHost({ processMemory }).host).read();
    expect(memoryPercent.value).toBeCloseTo(90);
  });

  it('H13 make do with this process where the host does not tell, and say so', () => {
    const { host, state } = fakeHost({ processorTimes: missing, memory: missing });
    const readings = new SystemReadings(host);
    Object.assign(state, { cpuMs: 50 + 2000, atMs: 1000 });
    const { cpuPercent, memoryPercent } = readings.read();
    expect(cpuPercent).toEqual({
      value: 50,
      remark: 'of this process alone: this host tells no processor times',
    });
    expect(memoryPercent.value).toBeCloseTo(6.25);
    expect(memoryPercent.remark).toMatch(/^of this process alone: ENOENT/);
  });

  it('H13 say why the others cannot be had, and never throw', () => {
    const { host } = fakeHost({ descriptors: missing, watchEventLoop: missing });
    const readings = new SystemReadings(host).read();
    expect(degradationsOf(readings).map(({ name }) => name)).toEqual([
      'cpuPercent',
      'eventLoopLagMs',
      'descriptorPercent',
    ]);
    expect(readings.descriptorPercent.remark).toMatch(/ENOENT/);
  });

  it('H13 a limit of nothing gives no number, and is no reading', () => {
    const source = new SystemReadings(
      fakeHost({ descriptors: () => ({ open: 0, limit: 0 }) }).host,
    );
    expect(readAll(source).descriptorPercent.remark).toMatch(/NaN/);
  });

  it('end their timer once they are disposed of', () => {
    const { host, state } = fakeHost();
    const readings = new SystemReadings(host);
    readings[Symbol.dispose]();
    readings[Symbol.dispose]();
    expect(state.stopped).toBeGreaterThan(0);
  });

  it('H13 of this machine are numbers, or say why not', () => {
    using readings = new SystemReadings();
    for (let i = 0; i < 5e6; i++) Math.sqrt(i);
    const read = readAll(readings);
    for (const name of resourceNames) {
      const { value, remark } = read[name];
      expect(value === undefined ? typeof remark : value >= 0).toBe(
        value === undefined ? 'string' : true,
      );
    }
    if (process.platform !== 'linux') return;
    expect(read.memoryPercent.value).toBeGreaterThan(0);
    expect(read.descriptorPercent.value).toBeGreaterThan(0);
  });
});
