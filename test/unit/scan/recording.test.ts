import { describe, expect, it } from 'vitest';
import { checkScanOptions } from '../../../lib/scan/options.js';
import { lossWarnings } from '../../../lib/scan/loss-warnings.js';
import { NativeScan } from '../../../lib/scan/engines/native-scan.js';
import { planField, planScan } from '../../../lib/scan/scan-plan.js';
import { SCAN_SLOT } from '../../../lib/scan/scan-slots.js';
import { scanStatistics } from '../../../lib/scan/statistics.js';
import { parseTarget } from '../../../lib/scan/targets/parse-target.js';
import { FakeNative } from './fake-native.js';

const options = { targets: '10.0.0.1', ports: '1-100', seed: 5 };

function recorded(resume?: 'resumed') {
  const native = new FakeNative();
  const begin = checkScanOptions({ ...options, pcap: 'scan.pcap' });
  const target = parseTarget('10.0.0.1', 'targets');
  const targets = target.kind === 'ranges' ? [target] : [];
  const field = planField(begin, targets, [], []);
  const { planHash } = planScan(begin, field, 'syn');
  const state = { version: 1, technique: 'syn', seed: 5, position: 7, planHash } as const;
  const settings = resume === undefined ? begin : { ...begin, resume: state };
  const engine = new NativeScan(
    planScan(settings, field, 'syn'),
    native.surface(),
    () => undefined,
  );
  return { native, engine };
}

describe('a recording', () => {
  it('P11 is begun anew, and gone on with where the scan is', () => {
    expect(recorded().native.plan).toMatchObject({ recordFile: 'scan.pcap', recordGoesOn: false });
    expect(recorded('resumed').native.plan).toMatchObject({ recordGoesOn: true });
  });

  it('P11 tells what is in the file', () => {
    const { native, engine } = recorded();
    native.set(SCAN_SLOT.recordedSent, 10);
    native.set(SCAN_SLOT.recordedReceived, 4);
    native.set(SCAN_SLOT.recordBytes, 2000);
    const counters = engine.counters();
    const context = { backend: 'packet', targetRate: 100, elapsedMs: 1, settledBefore: 0 };
    expect(scanStatistics({ counters, ...context }).pcap).toEqual({
      ...{ file: 'scan.pcap', sent: 10, received: 4, dropped: 0, bytes: 2000 },
    });
    expect(lossWarnings(counters)).toEqual([]);
  });

  it('P11 that cannot keep up, or goes on no longer, is told of', () => {
    const { native, engine } = recorded();
    native.set(SCAN_SLOT.recordDropped, 3);
    expect(lossWarnings(engine.counters())).toEqual([
      ['pcap-drops', expect.stringMatching(/missing from scan\.pcap \(3 so far\)/)],
    ]);
    native.set(SCAN_SLOT.recordErrno, 28);
    expect(lossWarnings(engine.counters())).toEqual([
      ['pcap-ended', expect.stringMatching(/scan\.pcap cannot be written any more \(ENOSPC\)/)],
    ]);
  });

  it.each(['', 'a\0b', 7, null])('P11 refuses %j for a file', (pcap) => {
    expect(() => checkScanOptions({ ...options, pcap } as never)).toThrow(/pcap must be/);
  });

  it('P11 needs packets: connect scans have none of their own', () => {
    const technique = 'connect' as const;
    expect(() => checkScanOptions({ ...options, technique, pcap: 'scan.pcap' })).toThrow(
      /pcap needs the technique 'syn'/,
    );
  });
});
