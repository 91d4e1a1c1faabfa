// What Linux tells in /proc and /sys.

import { readFileSync } from 'node:fs';

/** Bits of the capability sets in /proc/self/status. */
export const CAPABILITY = { netRaw: 13n, sysResource: 24n, bpf: 39n } as const;

/** What only Linux has. What cannot be read is as on a host where nothing is to be said about it. */
export interface LinuxReadings {
  readonly isRoot: boolean;
  /** Capabilities this process has. */
  readonly effective: bigint;
  /** Capabilities that a program started from here could be given. */
  readonly bounding: bigint;
  /** No program started from here gains privileges, whatever its file says. */
  readonly noNewPrivileges: boolean;
  readonly clockSource: string;
  readonly otherClockSources: readonly string[];
  /** The largest send buffer without CAP_NET_ADMIN, in bytes. */
  readonly maxSendBuffer: number;
  /** `ubuntu`, `debian`: the distribution's name, then those it is like. */
  readonly distributions: readonly string[];
}

/** @param read - the text of a file, '' when there is none */
export function linuxReadings(read: (file: string) => string = textOf): LinuxReadings {
  const status = read('/proc/self/status');
  const clocks = '/sys/devices/system/clocksource/clocksource0';
  const clockSource = read(`${clocks}/current_clocksource`).trim();
  return {
    isRoot: process.geteuid?.() === 0,
    effective: capabilitySet(status, 'CapEff'),
    bounding: capabilitySet(status, 'CapBnd'),
    noNewPrivileges: /^NoNewPrivs:\s*1/m.test(status),
    clockSource,
    otherClockSources: words(read(`${clocks}/available_clocksource`)).filter(
      (name) => name !== clockSource,
    ),
    maxSendBuffer: Number(read('/proc/sys/net/core/wmem_max')) || Infinity,
    distributions: distributions(read('/etc/os-release')),
  };
}

export function hasCapability(set: bigint, bit: bigint): boolean {
  return ((set >> bit) & 1n) === 1n;
}

function capabilitySet(status: string, name: string): bigint {
  const hex = new RegExp(`^${name}:\\s*([0-9a-f]+)$`, 'm').exec(status)?.[1];
  return BigInt(`0x${hex ?? '0'}`);
}

function distributions(text: string): string[] {
  return ['ID', 'ID_LIKE'].flatMap((name) => {
    const value = new RegExp(`^${name}="?([^"\\n]*)`, 'm').exec(text)?.[1];
    return words(value ?? '');
  });
}

function words(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== '');
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
