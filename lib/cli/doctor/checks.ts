// What was found, judged thing by thing.

import type { NativeCapability, NativeInterface } from '../../internal/binding.js';
import { defaultConcurrency } from '../../scan/engines/concurrency.js';
import type { HostReadings, InterfaceReading } from './readings.js';

/** One thing looked at. */
export interface DoctorCheck {
  readonly name: string;
  /** `off`: there, and not in use; nothing is wrong with that. */
  readonly status: 'ok' | 'missing' | 'off';
  /** What was found; for what is missing, why. */
  readonly detail: string;
}

/** Fewer descriptors than this slow a connect scan down. */
export const ENOUGH_DESCRIPTORS = 1024;
const OLDEST_NODE = [20, 19] as const;

/** All of it, in the order in which it is printed. */
export function checksOf(host: HostReadings): DoctorCheck[] {
  return [nodeCheck(host), systemCheck(host), ...nativeChecks(host), descriptorCheck(host)];
}

/** Whether this Node.js is one that the package is made for. */
export function isNodeNewEnough({ nodeVersion }: HostReadings): boolean {
  const [major = 0, minor = 0] = nodeVersion.replace(/^v/, '').split('.').map(Number);
  return major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1]);
}

function statusOf(isThere: boolean): 'ok' | 'missing' {
  return isThere ? 'ok' : 'missing';
}

function nodeCheck(host: HostReadings): DoctorCheck {
  const ok = isNodeNewEnough(host);
  const wanted = ok ? '' : `; needs ${OLDEST_NODE.join('.')} or later`;
  return { name: 'Node.js', status: statusOf(ok), detail: `${host.nodeVersion}${wanted}` };
}

function systemCheck({ platform, kernel, arch }: HostReadings): DoctorCheck {
  return { name: 'operating system', status: 'ok', detail: `${platform} ${kernel} ${arch}` };
}

function descriptorCheck({ descriptorLimit: limit }: HostReadings): DoctorCheck {
  const use = `connect scans hold up to ${defaultConcurrency(limit)} connections at once`;
  if (limit === undefined) {
    return { name: 'descriptors', status: 'ok', detail: `limit unknown; ${use}` };
  }
  const status = statusOf(limit >= ENOUGH_DESCRIPTORS);
  return { name: 'descriptors', status, detail: `${limit}; ${use}` };
}

function nativeChecks({ platform, native, linux }: HostReadings): DoctorCheck[] {
  if (native instanceof Error)
    return [{ name: 'native code', status: 'missing', detail: native.message }];
  return [
    { name: 'native code', status: 'ok', detail: 'loaded' },
    clockCheck(native.clockStepNs, linux?.clockSource),
    ...native.capabilities.map((capability) => capabilityCheck(capability, platform)),
    ...native.interfaces.map((device) => interfaceCheck(device, platform)),
  ];
}

/** What only one backend uses on Linux; a SYN scan there does without. */
const ONLY_FOR: Readonly<Record<string, string>> = {
  bpf: 'xdp',
  'net-admin': 'xdp',
  pcap: 'pcap',
};

function capabilityCheck(
  { name, available, reason }: NativeCapability,
  platform: NodeJS.Platform,
): DoctorCheck {
  if (available) return { name, status: 'ok', detail: 'permitted' };
  const backend = platform === 'linux' ? ONLY_FOR[name] : undefined;
  if (backend === undefined) return { name, status: 'missing', detail: reason };
  return { name, status: 'off', detail: `only backend ${backend} needs it; ${reason}` };
}

/** A coarse clock cannot pace. */
function clockCheck(stepNs: number, source = ''): DoctorCheck {
  const from = source === '' ? '' : ` (${source})`;
  const detail = `readings ${stepNs} ns apart${from}`;
  return { name: 'monotonic clock', status: statusOf(stepNs < 1e6), detail };
}

function interfaceCheck(device: InterfaceReading, platform: NodeJS.Platform): DoctorCheck {
  const backend = backendOf(device, platform);
  const how =
    backend === undefined ? 'no backend sends on this kind of device' : `backend ${backend}`;
  const addresses = device.addresses.length === 0 ? 'no address' : device.addresses.join(' ');
  return {
    name: `interface ${device.name}`,
    status: device.up && backend !== undefined ? 'ok' : 'off',
    detail: `${device.link}, ${device.up ? how : 'down'}, ${addresses}${xdpRemark(device)}`,
  };
}

/** For devices that could have it: whether the fastest backend sends on this one too, or why not. */
function xdpRemark({ whyNotXdp }: InterfaceReading): string {
  if (whyNotXdp === undefined) return '';
  return whyNotXdp === ''
    ? '; xdp above 400 000 packets/s (a busy core)'
    : `; no xdp: ${whyNotXdp}`;
}

function backendOf({ link }: NativeInterface, platform: NodeJS.Platform): string | undefined {
  if (platform !== 'linux') return backendElsewhere(link, platform);
  if (link === 'ethernet') return 'packet';
  return link === 'loopback' || link === 'ip' ? 'rawip' : undefined;
}

/** Packets that are sent on a loopback device are answered on Windows only. */
function backendElsewhere(
  link: NativeInterface['link'],
  platform: NodeJS.Platform,
): string | undefined {
  if (link === 'other') return undefined;
  return link === 'loopback' && platform !== 'win32' ? undefined : 'pcap';
}
