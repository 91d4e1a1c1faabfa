import { describe, expect, it, vi } from 'vitest';
import {
  Concurrency,
  defaultConcurrency,
  descriptorLimit,
} from '../../../lib/scan/engines/concurrency.js';
import { DepartureMeter } from '../../../lib/scan/engines/departure-meter.js';
import { localAddresses } from '../../../lib/scan/engines/local-addresses.js';
import { NO_HOSTGROUP } from '../../../lib/scan/hosts/host-options.js';
import { NativeScan } from '../../../lib/scan/engines/native-scan.js';
import type { ScanPlan } from '../../../lib/scan/scan-plan.js';
import { SCAN_SLOT } from '../../../lib/scan/scan-slots.js';
import { scanStatistics } from '../../../lib/scan/statistics.js';
import { FakeNative } from './fake-native.js';

const plan: ScanPlan = {
  technique: 'syn',
  ranges: [{ family: 4, first: 1n, last: 1n }],
  addresses: 1,
  ports: Uint16Array.of(1, 2),
  rate: 1000,
  autoRate: false,
  precision: 'eco',
  catchUpMs: 25,
  retries: 1,
  timeoutMs: 1000,
  seed: 2 ** 52,
  interfaceName: '',
  backend: 'auto',
  backoff: {
    adaptiveRate: true,
    backoffLimitMs: Infinity,
    maxTargetRate: 5,
    maxPrefixRate: { rate: 50, prefixV4: 16, prefixV6: 48 },
  },
  states: ['open', 'unknown'],
  firstPosition: 5,
  endPosition: 125,
  startPosition: 25,
  hosts: NO_HOSTGROUP,
  hostProgress: [],
  settledBefore: 20,
  planHash: '',
};

describe('statistics of a scan', () => {
  it('come from the native counters', () => {
    const native = new FakeNative();
    const engine = new NativeScan(plan, native.surface(), () => undefined);
    const values: Partial<Record<keyof typeof SCAN_SLOT, number>> = {
      phase: 2,
      positions: 120,
      settled: 30,
      sent: 51,
      sendFailed: 1,
      sendBusy: 2,
      received: 28,
      receiveDropped: 3,
      invalid: 4,
      duplicates: 5,
      late: 6,
      open: 7,
      closed: 8,
      filtered: 9,
      noResponse: 4,
      icmpUnreachable: 5,
      unknown: 6,
      targetRate: 1000,
      currentRate: 990,
      forgone: 11,
      limiterWaits: 12,
      departureP50Us: 1000,
      departureP99Us: 1100,
      departureMaxUs: 1200,
      sendCpuNs: 30e6,
      captureCpuNs: 20e6,
      firstSendNs: 1e9,
      lastSendNs: 1.05e9,
      activePackets: 56,
      activeNs: 0.1e9,
      pacedPackets: 51,
      pacedNs: 0.05e9,
      silentNeighbours: 2,
      smoothedRttUs: 1500,
      backedOffTargets: 3,
      parked: 400,
      allBackedOff: 1,
      laneFull: 2,
      givenUp: 5,
    };
    for (const [name, value] of Object.entries(values))
      native.set(SCAN_SLOT[name as keyof typeof SCAN_SLOT], value);
    const statistics = scanStatistics({
      counters: engine.counters(),
      backend: engine.backend,
      targetRate: 1000,
      elapsedMs: 500,
      settledBefore: 20,
    });
    expect(statistics).toMatchObject({
      phase: 'sending',
      backend: 'packet',
      packetsPerSecond: 550,
      rateErrorPercent: 0,
      currentPacketsPerSecond: 990,
      settled: 50,
      total: 120,
      sendFailures: 1,
      busyRetries: 2,
      kernelDropped: 3,
      silentNeighbours: 2,
      smoothedRttMs: 1.5,
      backedOffTargets: 3,
      parked: 400,
      allBackedOff: true,
      parkedFull: 2,
      rateLimitTimeouts: 5,
      limiterWaits: 12,
      cpuPercent: 10,
      interDepartureUs: { p50: 1000, p99: 1100, max: 1200 },
    });
    expect(statistics.percent).toBeCloseTo(41.67, 2);
    // 30 settled in 500 ms, 70 to go.
    expect(statistics.etaMs).toBeCloseTo((70 * 500) / 30, 6);
    expect(native.plan).toMatchObject({ precision: 'eco', catchUpMs: 25, endPosition: 125 });
    expect(native.plan?.reportMask).toBe(0b1001);
    expect(native.plan).toMatchObject({
      adaptiveRate: true,
      backoffLimitMs: Infinity,
      maxTargetRate: 5,
      maxPrefixRate: 50,
      capPrefixV4: 16,
      capPrefixV6: 48,
    });
    expect(native.plan?.seed).toBe(2n ** 52n);
  });

  it('are zero before anything is known', () => {
    const statistics = scanStatistics({
      counters: undefined,
      backend: '',
      targetRate: 7,
      elapsedMs: 0,
      settledBefore: 0,
    });
    expect(statistics).toMatchObject({
      phase: 'preparing',
      sent: 0,
      percent: 0,
      rateErrorPercent: 0,
      cpuPercent: 0,
    });
    expect(statistics.etaMs).toBeNaN();
  });
});

describe('DepartureMeter', () => {
  it('measures the rate of the last second and forgets what is older', () => {
    const meter = new DepartureMeter();
    expect(meter.rate(0)).toBe(0);
    for (let i = 0; i < 3000; i++) meter.record(i * 1e6);
    expect(meter.rate(3e9)).toBeGreaterThan(980);
    expect(meter.rate(3e9)).toBeLessThan(1020);
    expect(meter.rate(3.5e9)).toBeLessThan(600);
    expect(meter.rate(60e9)).toBe(0);
    expect(meter.firstNs).toBe(0);
  });

  it('knows the gaps to within 9 %', () => {
    const meter = new DepartureMeter();
    let now = 0;
    for (let i = 0; i < 1000; i++) meter.record((now += i % 50 === 49 ? 8e6 : 1e6));
    const { p50, p99, max } = meter.gapsUs();
    expect(Math.abs(p50 / 1000 - 1)).toBeLessThan(0.09);
    expect(Math.abs(p99 / 8000 - 1)).toBeLessThan(0.09);
    expect(max).toBe(8000);
    expect(new DepartureMeter().gapsUs()).toEqual({ p50: 0, p99: 0, max: 0 });
  });
});

describe('a connect scan by native sockets', () => {
  it('P11 goes through the same engine, with its own names for reasons', () => {
    const native = new FakeNative();
    const connecting = { ...plan, technique: 'connect', maxWorkers: 7 } as const;
    const engine = new NativeScan(connecting, native.surface(), () => undefined);
    expect(native.plan).toMatchObject({ backend: 'connect', maxSockets: 7 });
    native.find({ host: 0x0a000001, port: 1, state: 1, reason: 1 });
    native.find({ host: 0x0a000001, port: 2, state: 0, reason: 0 });
    const reasons = engine.drain(10).map(({ reason }) => reason);
    expect([engine.technique, ...reasons]).toEqual(['connect', 'conn-refused', 'syn-ack']);
  });

  it('H13 says once what this host is short of; of a device that is busy nobody hears', () => {
    for (const technique of ['connect', 'syn'] as const) {
      const native = new FakeNative();
      const warn = vi.fn();
      const engine = new NativeScan({ ...plan, technique }, native.surface(), warn);
      engine.counters();
      native.set(SCAN_SLOT.sendBusy, 3);
      native.set(SCAN_SLOT.faultErrno, 24);
      engine.counters();
      engine.counters();
      const told = [['host-short', 'this host ran short (EMFILE): fewer connections at once']];
      expect(warn.mock.calls).toEqual(technique === 'connect' ? told : []);
    }
  });
});

describe('concurrency', () => {
  it('H10 gives way when descriptors run out, comes back slowly, gives up in the end', () => {
    const concurrency = new Concurrency(100);
    expect(concurrency.refused(60, 1, 0n)).toBe(true);
    expect(concurrency.limit).toBe(30);
    expect(concurrency.refused(0, 2, 0n)).toBe(true);
    expect(concurrency.limit).toBe(1);
    for (let i = 0; i < 200; i++) concurrency.made();
    expect(concurrency.limit).toBe(100);
    // Hundreds at once say no more than one: what counts is for how long none could be made.
    for (let i = 0; i < 500; i++) expect(concurrency.refused(0, 1, 1_000_000_000n)).toBe(true);
    expect(concurrency.refused(0, 1, 5_999_999_999n)).toBe(true);
    expect(concurrency.refused(0, 1, 6_000_000_000n)).toBe(false);
    concurrency.made();
    expect(concurrency.refused(0, 99, 7_000_000_000n)).toBe(true);
    expect(concurrency.refused(0, 100, 7_000_000_000n)).toBe(false);
  });

  it('H10 is half the descriptors there may be, within bounds', () => {
    expect(
      [undefined, 20, 256, 1024, Infinity].map((limit) => defaultConcurrency(limit)),
    ).toHaveLength(5);
    expect(defaultConcurrency(20)).toBe(16);
    expect(defaultConcurrency(256)).toBe(128);
    expect(defaultConcurrency(1_000_000)).toBe(1000);
    if (process.platform === 'linux') expect(descriptorLimit()).toBeGreaterThan(0);
  });
});

describe('local addresses of a connect scan', () => {
  const device = {
    name: 'eth0',
    index: 1,
    link: 'ethernet' as const,
    up: true,
    mtu: 1500,
    mac: '',
  };
  const native = {
    host_interfaces: () => [{ ...device, addresses: ['fe80::1', '10.0.0.1', 'fd00::1'] }],
  };

  it('are chosen by IP version, link-local ones last', () => {
    expect(localAddresses('eth0', new Set([4, 6]), native)).toEqual({
      4: '10.0.0.1',
      6: 'fd00::1',
    });
    expect(localAddresses('', new Set([4]), native)).toEqual({});
    const only = { host_interfaces: () => [{ ...device, addresses: ['fe80::1'] }] };
    expect(localAddresses('eth0', new Set([6]), only)).toEqual({ 6: 'fe80::1%eth0' });
  });
});
