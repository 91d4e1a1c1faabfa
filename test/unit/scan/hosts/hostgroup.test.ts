import { describe, expect, it, vi } from 'vitest';
import { checkHostOptions } from '../../../../lib/scan/hosts/host-options.js';
import type { ScanOptions } from '../../../../lib/scan/index.js';
import { checkScanOptions } from '../../../../lib/scan/options.js';
import { Scan } from '../../../../lib/scan/scan-run.js';
import { systemClock } from '../../../../lib/internal/clock.js';
import { encodeTarpit, FakeNative } from '../fake-native.js';
import { SCAN_SLOT } from '../../../../lib/scan/scan-slots.js';

function begin(options: Partial<ScanOptions> = {}) {
  const native = new FakeNative();
  const scan = new Scan(
    checkScanOptions({
      targets: '10.0.0.0/30',
      ports: '1-10',
      technique: 'syn',
      seed: 5,
      ...options,
    }),
    {
      native: native.surface(),
      lookup: () => Promise.reject(new Error('not asked')),
      localBroadcasts: () => [],
      connector: () => Promise.resolve({ kind: 'timeout' }),
      clock: systemClock,
      pollMs: 1,
    },
  );
  return { native, scan };
}

describe('the options of a hostgroup', () => {
  it.each<[Record<string, unknown>, object]>([
    [{}, { max: 0, adaptiveTimeout: false }],
    [{ adaptiveTimeout: true }, { max: 0, adaptiveTimeout: true }],
    [{ maxHostgroup: 4 }, { max: 4, min: 1, isBarrier: false, adaptiveTimeout: true }],
    [
      { maxHostgroup: 4, adaptiveTimeout: false },
      { max: 4, adaptiveTimeout: false },
    ],
    [{ minHostgroup: 4 }, { max: 64, min: 4 }],
    [{ minHostgroup: 400 }, { max: 400, min: 400 }],
    [{ hostgroupMode: 'barrier' }, { max: 64, min: 1, isBarrier: true }],
    [{}, { timeoutMs: 0, tarpit: { probed: 0 } }],
    [{ tarpit: 'off' }, { max: 0, tarpit: { probed: 0 } }],
    [{ maxHostgroup: 4 }, { timeoutMs: 0, tarpit: { open: 50, probed: 64, isSkipped: false } }],
    [
      { maxHostgroup: 4, tarpit: 'off' },
      { max: 4, tarpit: { probed: 0 } },
    ],
    [{ hostTimeoutMs: 500 }, { max: 64, timeoutMs: 500 }],
    [{ tarpit: 'skip' }, { max: 64, tarpit: { open: 50, probed: 64, isSkipped: true } }],
    [
      { tarpit: { openPorts: 5, probedPorts: 9 } },
      { max: 64, tarpit: { open: 5, probed: 9, isSkipped: false } },
    ],
  ])('P6 %j', (given, settings) => {
    expect(checkHostOptions(given)).toMatchObject(settings);
  });
});

describe('a scan with a hostgroup', () => {
  it('P6 warns of tarpits by name, of a hundred at the most, and once of targets that took too long', async () => {
    const { native, scan } = begin({ hostTimeoutMs: 900, tarpit: 'skip' });
    expect(native.plan).toMatchObject({
      ...{ maxHostgroup: 64, hostTimeoutMs: 900 },
      ...{ tarpitOpen: 50, tarpitProbed: 64, tarpitSkip: true },
    });
    native.records = Array.from({ length: 150 }, (_, i) => encodeTarpit(0x0a000000 + i));
    native.set(SCAN_SLOT.hostTimeouts, 3);
    native.set(SCAN_SLOT.tarpits, 150);
    await vi.waitFor(() => {
      expect(native.records).toEqual([]);
    });
    native.end(5, 0);
    const { warnings, statistics } = await scan.done;
    const tarpits = warnings.filter(({ code }) => code === 'tarpit');
    expect(tarpits).toHaveLength(100);
    expect(tarpits[0]?.message).toMatch(/^10\.0\.0\.0 .* 55 of 64 .* left alone$/);
    expect(tarpits.at(-1)?.message).toContain('only counted');
    const late = warnings.filter(({ code }) => code === 'host-timeout');
    expect(late).toMatchObject([{ message: expect.stringContaining('900') as string }]);
    expect(statistics).toMatchObject({ hostTimeouts: 3, tarpits: 150 });
  });

  it('P6 hands its size over, and none where none is asked for', async () => {
    const plain = begin();
    expect(plain.native.plan).toMatchObject({ maxHostgroup: 0, adaptiveTimeout: false });
    plain.native.end(5, 0);
    await plain.scan.done;
    const { native, scan } = begin({
      maxHostgroup: 3,
      minHostgroup: 2,
      hostgroupMode: 'barrier',
      adaptiveTimeout: false,
    });
    expect(native.plan).toMatchObject({
      ...{ maxHostgroup: 3, minHostgroup: 2, hostgroupBarrier: true, adaptiveTimeout: false },
      hostProgress: new Float64Array(),
    });
    native.set(SCAN_SLOT.activeHosts, 3);
    expect(scan.statistics.activeTargets).toBe(3);
    native.end(5, 0);
    await scan.done;
  });

  it('P6 says when there are fewer targets than the smallest group', async () => {
    const { native, scan } = begin({ minHostgroup: 5 });
    native.end(5, 0);
    const { warnings } = await scan.done;
    expect(warnings).toEqual([
      { code: 'below-min-hostgroup', message: expect.stringContaining('(4)') as string },
    ]);
  });

  it('P6 goes on with each target where it was, also after the native scan is gone', async () => {
    const { native, scan } = begin({ maxHostgroup: 2 });
    native.hosts = [3, 2, 4, 0, 7];
    native.end(5, 0);
    const { state, complete } = await scan.done;
    native.hosts = [];
    expect(complete).toBe(false);
    expect(scan.state()).toEqual(state);
    expect(state).toMatchObject({ position: 7, hosts: [3, 2, 4, 0, 7] });
    const next = begin({ maxHostgroup: 8, resume: JSON.parse(JSON.stringify(state)) as never });
    expect(next.native.plan).toMatchObject({
      startPosition: 7,
      hostProgress: Float64Array.of(3, 2, 4, 0, 7),
    });
    expect(next.scan.statistics).toMatchObject({ total: 40, settled: 21 });
    next.native.hosts = [4];
    next.native.end(4, 0);
    expect(await next.scan.done).toMatchObject({ complete: true, state: { position: 40 } });
    expect(next.scan.state()).not.toHaveProperty('hosts');
  });

  it('P6 its state belongs to a scan with a hostgroup, of any size, and to no other', async () => {
    const { native, scan } = begin({ maxHostgroup: 2 });
    native.hosts = [2, 1, 5];
    native.end(5, 0);
    const { state } = await scan.done;
    for (const other of [
      { resume: state },
      { maxHostgroup: 2, seed: 6, resume: state },
      { maxHostgroup: 2, resume: { ...state, hosts: [5, 1, 5] } },
      { maxHostgroup: 2, resume: { ...state, position: 14 } },
    ]) {
      await expect(begin(other).scan.done).rejects.toThrow('resume');
    }
    const fits = begin({ maxHostgroup: 9, resume: state });
    await vi.waitFor(() => {
      expect(fits.native.calls).toContain('start');
    });
    fits.native.end(5, 0);
    await fits.scan.done;
  });
});
