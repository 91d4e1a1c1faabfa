// What `pacegate doctor` looks at: read once here, judged elsewhere.

import { realpathSync } from 'node:fs';
import { release } from 'node:os';
import type { NativeBinding, NativeCapability, NativeInterface } from '../../internal/binding.js';
import { descriptorLimit } from '../../scan/engines/concurrency.js';
import { linuxReadings, type LinuxReadings } from './linux-readings.js';

/** A network device, and what keeps backend xdp from sending on it. */
export interface InterfaceReading extends NativeInterface {
  /** Empty when it can; undefined where it was not asked. */
  readonly whyNotXdp: string | undefined;
}

/** What native code says of this host. */
export interface NativeReadings {
  /** The smallest step seen between readings of the monotonic clock that follow each other at once. */
  readonly clockStepNs: number;
  readonly capabilities: readonly NativeCapability[];
  readonly interfaces: readonly InterfaceReading[];
}

/** This host, as it was found. */
export interface HostReadings {
  readonly platform: NodeJS.Platform;
  readonly kernel: string;
  readonly arch: string;
  /** `v20.19.0` */
  readonly nodeVersion: string;
  /** The program itself, links followed. */
  readonly nodePath: string;
  /** Of open descriptors; undefined where it cannot be read. Node.js raises it to the hard limit. */
  readonly descriptorLimit: number | undefined;
  /** Or why native code does not load. */
  readonly native: NativeReadings | Error;
  /** Only on Linux. */
  readonly linux: LinuxReadings | undefined;
}

/** Reads all of it. Native code that does not load is one more thing to report. */
export async function readHost(): Promise<HostReadings> {
  return {
    platform: process.platform,
    kernel: release(),
    arch: process.arch,
    nodeVersion: process.version,
    nodePath: realpathSync(process.execPath),
    descriptorLimit: descriptorLimit(),
    native: await nativeReadings(),
    linux: process.platform === 'linux' ? linuxReadings() : undefined,
  };
}

async function nativeReadings(): Promise<NativeReadings | Error> {
  let native: NativeBinding;
  try {
    ({ native } = await import('../../internal/binding.js'));
  } catch (error) {
    return error as Error;
  }
  return {
    clockStepNs: smallestStepNs(native),
    capabilities: native.host_capabilities(),
    interfaces: native.host_interfaces().map((device) => ({
      ...device,
      whyNotXdp: mayHaveXdp(device) ? native.host_why_not_xdp(device.index) : undefined,
    })),
  };
}

function mayHaveXdp({ link, up }: NativeInterface): boolean {
  return process.platform === 'linux' && link === 'ethernet' && up;
}

function smallestStepNs(native: NativeBinding): number {
  let smallest = Infinity;
  for (let i = 0; i < 1000; i++) {
    const start = native.monotonic_now_ns();
    const step = Number(native.monotonic_now_ns() - start);
    if (step > 0) smallest = Math.min(smallest, step);
  }
  return smallest;
}
