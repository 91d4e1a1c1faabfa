import { describe, expect, it, vi } from 'vitest';
import { summaryLines } from '../../../lib/cli/status/summary.js';
import { checkScanOptions, type ScanOptions } from '../../../lib/scan/options.js';
import type { ScanDependencies } from '../../../lib/scan/prepare.js';
import { Scan } from '../../../lib/scan/scan-run.js';
import { SCAN_SLOT } from '../../../lib/scan/scan-slots.js';
import { ManualClock } from '../../../lib/testing/manual-clock.js';
import { FakeNative } from './fake-native.js';

function begin(options: Partial<ScanOptions> = {}, native = new FakeNative()) {
  const dependencies: ScanDependencies = {
    native: native.surface(),
    lookup: () => Promise.reject(new Error('none')),
    localBroadcasts: () => [],
    connector: () => Promise.resolve({ kind: 'answer', state: 'closed', reason: 'conn-refused' }),
    clock: new ManualClock(1n),
    pollMs: 1,
  };
  const scan = new Scan(
    checkScanOptions({ targets: '10.0.0.1', ports: '1-100', maxRate: 'auto', ...options }),
    dependencies,
  );
  return { native, scan };
}

const set = (native: FakeNative, values: Partial<Record<keyof typeof SCAN_SLOT, number>>) => {
  for (const [name, value] of Object.entries(values)) {
    native.set(SCAN_SLOT[name as keyof typeof SCAN_SLOT], value);
  }
};

const found = {
  ...{ targetRate: 48_000, rateBound: 1, losslessRate: 48_000, lossyRate: 50_500 },
  ...{ canaries: 900, canariesLost: 7, rateChanges: 12, pacedPackets: 10, pacedNs: 1e9 },
};

describe('an automatic rate', () => {
  it('P12 begins modestly, and its cap is what the user set, or none', async () => {
    for (const [maxRateCap, plan] of [
      [undefined, { rate: 1000, autoRateCap: 100_000_000 }],
      [20_000, { rate: 1000, autoRateCap: 20_000 }],
      [300, { rate: 300, autoRateCap: 300 }],
    ] as const) {
      const { native, scan } = begin(maxRateCap === undefined ? {} : { maxRateCap });
      expect(native.plan).toMatchObject(plan);
      expect(native.plan?.sourcePort).toBeLessThan(65_535); // the next one belongs to canaries
      expect(native.calls).toEqual(['create', 'start']);
      native.end(4);
      await scan.done;
    }
  });

  it('P12 explains itself in the statistics and in the summary', async () => {
    const { native, scan } = begin();
    set(native, found);
    expect(scan.statistics).toMatchObject({
      targetPacketsPerSecond: 48_000,
      rateErrorPercent: 0,
      autoRate: {
        ...{ rate: 48_000, boundBy: 'path', losslessRate: 48_000, lossyRate: 50_500 },
        ...{ canaries: 900, canariesLost: 7, changes: 12 },
      },
    });
    native.end(4);
    expect(summaryLines(await scan.done)).toContain(
      'pacegate: automatic rate 48 000/s: nothing lost up to 48 000/s; packets were lost or held up at 50 500/s (7 of 900 canaries lost)',
    );
  });

  it.each([
    [0, 'the scan was over before the limit was found'],
    [2, 'could not take more answers'],
    [3, 'could not send faster'],
    [4, '--max-rate-cap allows no more'],
    [5, 'too few targets answered'],
  ])('P12 names what bounds it (%i)', async (rateBound, text) => {
    const { native, scan } = begin();
    set(native, { ...found, rateBound });
    native.end(4);
    expect(summaryLines(await scan.done).join('\n')).toContain(text);
  });

  it('P12 takes a new rate as its cap', async () => {
    const { native, scan } = begin();
    scan.setRate(9000);
    expect(native.calls).toContain('set_rate');
    expect(scan.rate).toBe(9000);
    native.end(4);
    await scan.done;
  });

  it('P12 becomes a modest fixed rate, with a warning, where only connections can be opened', async () => {
    const native = new FakeNative();
    native.whyNotRaw = 'CAP_NET_RAW is missing';
    const warned = vi.fn();
    const { scan } = begin({ ports: '1' }, native);
    scan.on('warning', warned);
    await scan.done;
    expect(scan.rate).toBe(1000);
    expect(scan.statistics).toMatchObject({ targetPacketsPerSecond: 1000, settled: 1 });
    expect(scan.statistics.autoRate).toBeUndefined();
    expect(warned).toHaveBeenCalledWith(expect.objectContaining({ code: 'auto-rate-fixed' }));
  });

  it('P12 a fixed rate has no such figures', async () => {
    const { native, scan } = begin({ maxRate: 500 });
    set(native, found);
    expect(native.plan).toMatchObject({ rate: 500, autoRateCap: 0 });
    expect(scan.statistics.autoRate).toBeUndefined();
    native.end(4);
    await scan.done;
  });
});
