// A scan's packets in a file: the option, the figures, and what is told when the disk does not keep up.

import { getSystemErrorName } from 'node:util';
import { invalidArgument } from '../internal/check.js';
import type { ScanPlan } from './scan-plan.js';
import type { SCAN_SLOT } from './scan-slots.js';

/** What of a scan is in its capture file; see `pcap` in {@link ScanOptions}. */
export interface PcapStatistics {
  /** As it was named. */
  readonly file: string;
  /** Packets in it: those that were sent, and the answers. */
  readonly sent: number;
  readonly received: number;
  /** Packets that are missing from it, because the disk was too slow or full; the scan itself went on. */
  readonly dropped: number;
  /** Written to it by this scan. */
  readonly bytes: number;
}

/** Counters of a recording. */
export interface RecordingCounters extends PcapStatistics {
  /** `errno` of the write that ended it; 0: it goes on. */
  readonly systemError: number;
}

/**
 * Checks the option.
 *
 * @throws PacegateError (`ERR_PACEGATE_INVALID_ARGUMENT`)
 */
export function checkPcap(file: unknown): string | undefined {
  if (file === undefined) return undefined;
  if (typeof file !== 'string' || file === '' || file.includes('\0')) {
    throw invalidArgument('pcap', file, 'the name of a file');
  }
  return file;
}

/** Reads the counters; undefined where nothing is recorded. */
export function recordingCounters(
  { pcap }: Pick<ScanPlan, 'pcap'>,
  slot: (name: keyof typeof SCAN_SLOT) => number,
): RecordingCounters | undefined {
  if (pcap === undefined) return undefined;
  return {
    file: pcap.file,
    sent: slot('recordedSent'),
    received: slot('recordedReceived'),
    dropped: slot('recordDropped'),
    bytes: slot('recordBytes'),
    systemError: slot('recordErrno'),
  };
}

/** The public part of the counters. */
export function pcapStatistics(counters: RecordingCounters): PcapStatistics {
  const { file, sent, received, dropped, bytes } = counters;
  return { file, sent, received, dropped, bytes };
}

/** What is wrong with a recording, as code and text of a warning. */
export function recordingWarning(
  counters: RecordingCounters | undefined,
): readonly [code: string, message: string] | undefined {
  if (counters === undefined) return undefined;
  const { file, dropped, systemError } = counters;
  if (systemError !== 0) {
    const reason = getSystemErrorName(-systemError);
    return [
      'pcap-ended',
      `${file} cannot be written any more (${reason}): further packets are not recorded; the scan goes on without`,
    ];
  }
  if (dropped === 0) return undefined;
  return [
    'pcap-drops',
    `packets are missing from ${file} (${dropped} so far), because they came faster than the disk takes them; the scan itself loses nothing`,
  ];
}
