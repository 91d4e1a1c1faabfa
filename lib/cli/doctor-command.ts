// `pacegate doctor`: what this host can do, and how to get what is missing.

import { release } from 'node:os';
import type { NativeBinding, NativeCapability, NativeInterface } from '../internal/binding.js';
import { defaultConcurrency, descriptorLimit } from '../scan/engines/concurrency.js';

/** One thing looked at. */
export interface DoctorCheck {
  readonly name: string;
  /** `off`: there, and not in use; nothing is wrong with that. */
  readonly status: 'ok' | 'missing' | 'off';
  /** What was found; for what is missing, why, and how to get it. */
  readonly detail: string;
}

/** Fewer descriptors than this slow a connect scan down. */
const ENOUGH_DESCRIPTORS = 1024;
const OLDEST_NODE = [20, 19] as const;

/** Looks at everything; the answer is text, or one JSON document. */
export async function runDoctor(isJson: boolean): Promise<string> {
  const checks = [nodeCheck(), systemCheck(), ...(await nativeChecks()), descriptorCheck()];
  if (isJson)
    return `${JSON.stringify({ ok: checks.every(({ status }) => status !== 'missing'), checks }, null, 2)}\n`;
  return checks.map((check) => `${checkLine(check)}\n`).join('');
}

function checkLine({ status, name, detail }: DoctorCheck): string {
  return `${status.padEnd(7)}  ${name.padEnd(18)}  ${detail}`.trimEnd();
}

function statusOf(isThere: boolean): 'ok' | 'missing' {
  return isThere ? 'ok' : 'missing';
}

function nodeCheck(): DoctorCheck {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const ok = major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1]);
  const wanted = ok ? '' : `; install ${OLDEST_NODE.join('.')} or later`;
  return { name: 'Node.js', status: statusOf(ok), detail: `${process.version}${wanted}` };
}

function systemCheck(): DoctorCheck {
  const detail = `${process.platform} ${release()} ${process.arch}`;
  return { name: 'operating system', status: 'ok', detail };
}

function descriptorCheck(): DoctorCheck {
  const limit = descriptorLimit();
  const use = `connect scans hold up to ${defaultConcurrency(limit)} connections at once`;
  if (limit === undefined) {
    return { name: 'descriptors', status: 'ok', detail: `limit unknown; ${use}` };
  }
  const ok = limit >= ENOUGH_DESCRIPTORS;
  const fix = ok ? '' : '; raise the limit: ulimit -n 65536';
  return { name: 'descriptors', status: statusOf(ok), detail: `${limit}; ${use}${fix}` };
}

/** Native code that does not load is one more thing to report, not the end of the report. */
async function nativeChecks(): Promise<DoctorCheck[]> {
  let native: NativeBinding;
  try {
    ({ native } = await import('../internal/binding.js'));
  } catch (error) {
    return [{ name: 'native code', status: 'missing', detail: (error as Error).message }];
  }
  return [
    { name: 'native code', status: 'ok', detail: 'loaded' },
    clockCheck(native),
    ...native.host_capabilities().map(capabilityCheck),
    ...native.host_interfaces().map((device) => interfaceCheck(device, native)),
  ];
}

const ON_LINUX = process.platform === 'linux';

/** What only one backend uses on Linux; a SYN scan there does without. */
const ONLY_FOR: Readonly<Record<string, string>> = ON_LINUX
  ? { bpf: 'xdp', 'net-admin': 'xdp', pcap: 'pcap' }
  : {};

function capabilityCheck({ name, available, reason }: NativeCapability): DoctorCheck {
  if (available) return { name, status: 'ok', detail: 'permitted' };
  const backend = ONLY_FOR[name];
  if (backend === undefined) return { name, status: 'missing', detail: reason };
  return { name, status: 'off', detail: `only backend ${backend} needs it; ${reason}` };
}

/** The smallest step seen between readings that follow each other at once; a coarse clock cannot pace. */
function clockCheck(native: NativeBinding): DoctorCheck {
  let smallest = Infinity;
  for (let i = 0; i < 1000; i++) {
    const start = native.monotonic_now_ns();
    const step = Number(native.monotonic_now_ns() - start);
    if (step > 0) smallest = Math.min(smallest, step);
  }
  const status = statusOf(smallest < 1e6);
  return { name: 'monotonic clock', status, detail: `readings ${smallest} ns apart` };
}

function interfaceCheck(device: NativeInterface, native: NativeBinding): DoctorCheck {
  const backend = backendOf(device);
  const how =
    backend === undefined ? 'no backend sends on this kind of device' : `backend ${backend}`;
  const state = device.up ? how : `down; bring it up: ip link set ${device.name} up`;
  const addresses = device.addresses.length === 0 ? 'no address' : device.addresses.join(' ');
  return {
    name: `interface ${device.name}`,
    status: device.up && backend !== undefined ? 'ok' : 'off',
    detail: `${device.link}, ${state}, ${addresses}${xdpRemark(device, native)}`,
  };
}

/** For devices that could have it: whether the fastest backend sends on this one too, or why not. */
function xdpRemark({ link, up, index }: NativeInterface, native: NativeBinding): string {
  if (!ON_LINUX || link !== 'ethernet' || !up) return '';
  const whyNot = native.host_why_not_xdp(index);
  return whyNot === '' ? '; xdp above 400 000 packets/s (a busy core)' : `; no xdp: ${whyNot}`;
}

function backendOf({ link }: NativeInterface): string | undefined {
  if (!ON_LINUX) return backendElsewhere(link);
  if (link === 'ethernet') return 'packet';
  return link === 'loopback' || link === 'ip' ? 'rawip' : undefined;
}

/** Packets that are sent on a loopback device are answered on Windows only. */
function backendElsewhere(link: NativeInterface['link']): string | undefined {
  if (link === 'other') return undefined;
  return link === 'loopback' && process.platform !== 'win32' ? undefined : 'pcap';
}
