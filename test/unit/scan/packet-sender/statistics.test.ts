import { describe, expect, it } from 'vitest';
import {
  SENDER_SLOT,
  slotReader,
  TRANSMIT_PHASE,
} from '../../../../lib/scan/packet-sender/sender-slots.js';
import {
  senderStatistics,
  transmitReport,
} from '../../../../lib/scan/packet-sender/sender-statistics.js';

const reader = (values: Partial<Record<keyof typeof SENDER_SLOT, number>>) => {
  const slots = new Float64Array(24);
  for (const [name, value] of Object.entries(values)) {
    slots[SENDER_SLOT[name as keyof typeof SENDER_SLOT]] = value;
  }
  return slotReader(slots);
};

describe('P9 the figures of a packet sender', () => {
  it('are nothing before anything is sent', () => {
    expect(senderStatistics(reader({}), 'packet', 100)).toEqual({
      backend: 'packet',
      isTransmitting: false,
      sent: 0,
      failed: 0,
      busyRetries: 0,
      limiterWaits: 0,
      forgone: 0,
      packetsPerSecond: 0,
      currentPacketsPerSecond: 0,
      targetPacketsPerSecond: 100,
      rateErrorPercent: 0,
      interDepartureUs: { p50: 0, p99: 0, max: 0 },
      cpuMs: 0,
    });
  });

  it('count the packets after the first in the time after it', () => {
    const slot = reader({
      pacedPackets: 1010,
      pacedNs: 10e9,
      phase: TRANSMIT_PHASE.running,
      currentRate: 99,
    });
    expect(senderStatistics(slot, 'packet', 100)).toMatchObject({
      isTransmitting: true,
      packetsPerSecond: 101,
      currentPacketsPerSecond: 99,
      rateErrorPercent: 1.0000000000000009,
    });
    expect(senderStatistics(slot, 'packet', Infinity).rateErrorPercent).toBe(0);
  });

  it('give no current rate when nothing is under way', () => {
    const slot = reader({ currentRate: 99, phase: TRANSMIT_PHASE.complete });
    expect(senderStatistics(slot, 'packet', 100).currentPacketsPerSecond).toBe(0);
  });

  it('report a transmit: one batch alone goes by its duration', () => {
    const run = { phase: TRANSMIT_PHASE.complete, runSent: 10, runFailed: 2, runStartNs: 1e9 };
    const batch = { ...run, runEndNs: 1.5e9 };
    expect(transmitReport(reader(batch))).toEqual({
      sent: 10,
      failed: 2,
      durationMs: 500,
      packetsPerSecond: 20,
      complete: true,
    });
    const paced = { ...batch, runPacedPackets: 9, runPacedNs: 0.25e9 };
    expect(transmitReport(reader(paced)).packetsPerSecond).toBe(36);
    expect(transmitReport(reader({ ...run, runSent: 0, runEndNs: 1e9 })).packetsPerSecond).toBe(0);
  });
});
