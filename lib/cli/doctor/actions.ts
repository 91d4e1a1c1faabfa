// What to do on this host, in order of worth: only what was found wanting, each with its command.

import type { NativeCapability } from '../../internal/binding.js';
import { defaultConcurrency } from '../../scan/engines/concurrency.js';
import { ENOUGH_DESCRIPTORS, isNodeNewEnough } from './checks.js';
import { CAPABILITY, hasCapability, type LinuxReadings } from './linux-readings.js';
import type { HostReadings, NativeReadings } from './readings.js';

/** One thing to do. */
export interface DoctorAction {
  /** What it is about, in a few words. */
  readonly action: string;
  /** What to type; null where no command does it. */
  readonly command: string | null;
  /** What is had afterwards. */
  readonly gains: string;
}

/** Linux since 5.18 sends live frames for a program that asks. */
const OLDEST_XDP_KERNEL = [5, 18] as const;
/** The send buffer that native code asks for, in bytes: some 5 000 frames. */
const WANTED_SEND_BUFFER = 4 << 20;
/** A clock that user space reads by itself takes a few tens of nanoseconds; by a system call or a device, more. */
const SLOW_CLOCK_NS = 400;

/** The most useful first; empty when there is nothing to do. */
export function actionsOf(host: HostReadings): DoctorAction[] {
  const all = [nodeAction(host), nativeAction(host), ...hostActions(host)];
  return all.filter((action) => action !== undefined);
}

/** Without these not even limiters work. */
export function isUsable(host: HostReadings): boolean {
  return isNodeNewEnough(host) && !(host.native instanceof Error);
}

function nodeAction(host: HostReadings): DoctorAction | undefined {
  if (isNodeNewEnough(host)) return undefined;
  return {
    action: `install Node.js 20.19 or later (this is ${host.nodeVersion})`,
    command: null,
    gains: 'a version this package is made for; see https://nodejs.org/en/download',
  };
}

function nativeAction({ native, platform, arch }: HostReadings): DoctorAction | undefined {
  if (!(native instanceof Error)) return undefined;
  return {
    action: `install a release with a binary for ${platform}-${arch}, or compile it in a checkout`,
    command: 'npm run build',
    gains: 'everything: nothing works without native code',
  };
}

/** What native code and the system make possible. */
function hostActions(host: HostReadings): (DoctorAction | undefined)[] {
  const { native, linux } = host;
  if (native instanceof Error) return [];
  if (linux === undefined) return reasonsOf(native);
  return [
    rawAction(host, native, linux),
    linkAction(native, linux),
    descriptorAction(host, linux),
    clockAction(native, linux),
    sendBufferAction(native, linux),
    xdpAction(host, native, linux),
    pcapAction(native, linux),
  ];
}

function refused(
  { capabilities }: NativeReadings,
  ...names: readonly string[]
): NativeCapability | undefined {
  return capabilities.find(({ name, available }) => names.includes(name) && !available);
}

const RAW_GAINS = 'SYN scans, PacketSender and IcmpMonitor; connect scans work without';

function rawAction(
  { nodePath }: HostReadings,
  native: NativeReadings,
  linux: LinuxReadings,
): DoctorAction | undefined {
  const missing = refused(native, 'raw-sockets', 'packet-sockets');
  if (missing === undefined) return undefined;
  const gains = RAW_GAINS;
  if (!missing.reason.includes('CAP_NET_RAW')) {
    return { action: `make ${missing.name} work: ${missing.reason}`, command: null, gains };
  }
  if (hasCapability(linux.effective, CAPABILITY.netRaw)) {
    const action = 'permit raw sockets: CAP_NET_RAW is held, and a security policy forbids them';
    return { action, command: null, gains };
  }
  if (!hasCapability(linux.bounding, CAPABILITY.netRaw)) {
    const action = 'start the container with CAP_NET_RAW: nothing inside of it can be given that';
    return { action, command: 'docker run --cap-add NET_RAW ...', gains };
  }
  if (linux.noNewPrivileges) {
    const action = 'start this without no_new_privs, then look again: no program gains privileges';
    return { action, command: null, gains };
  }
  return {
    action: 'let this Node.js send raw packets (whatever script it runs)',
    command: `sudo setcap cap_net_raw+ep ${quoted(nodePath)}`,
    gains,
  };
}

function descriptorAction({ descriptorLimit }: HostReadings, linux: LinuxReadings) {
  if (descriptorLimit === undefined || descriptorLimit >= ENOUGH_DESCRIPTORS) return undefined;
  const now = defaultConcurrency(descriptorLimit);
  return {
    ...descriptorCommand(descriptorLimit, linux),
    gains: `connect scans of ${defaultConcurrency(65_536)} connections at once, now ${now}`,
  };
}

function descriptorCommand(limit: number, { isRoot, bounding }: LinuxReadings) {
  if (!hasCapability(bounding, CAPABILITY.sysResource)) {
    const action = `start the container with more descriptors than ${limit}`;
    return { action, command: 'docker run --ulimit nofile=65536:65536 ...' };
  }
  return {
    action: `allow more descriptors than ${limit}, in the shell that starts pacegate`,
    command: isRoot ? 'ulimit -n 65536' : 'sudo prlimit --pid $$ --nofile=65536:65536',
  };
}

/** One device is enough; that others are down is how most hosts are. */
function linkAction({ interfaces }: NativeReadings, { isRoot }: LinuxReadings) {
  if (interfaces.some(({ up, link }) => up && link !== 'loopback')) return undefined;
  const loopback = interfaces.find(({ up, link }) => !up && link === 'loopback');
  const device = loopback ?? interfaces.find(({ up }) => !up);
  if (device === undefined) return undefined;
  return {
    action: `bring ${device.name} up`,
    command: `${isRoot ? '' : 'sudo '}ip link set ${device.name} up`,
    gains: device === loopback ? 'scans of this host itself' : 'a network to scan',
  };
}

function clockAction({ clockStepNs }: NativeReadings, linux: LinuxReadings) {
  if (clockStepNs < SLOW_CLOCK_NS || !linux.otherClockSources.includes('tsc')) return undefined;
  const file = '/sys/devices/system/clocksource/clocksource0/current_clocksource';
  return {
    action: `use the processor's own clock (now ${linux.clockSource}: ${clockStepNs} ns a reading)`,
    command: `echo tsc | sudo tee ${file}`,
    gains: 'limiters and senders read the clock for every decision',
  };
}

/** With CAP_NET_ADMIN the limit does not count; without raw sockets nothing is sent. */
function sendBufferAction(native: NativeReadings, { maxSendBuffer }: LinuxReadings) {
  if (refused(native, 'raw-sockets') !== undefined) return undefined;
  if (refused(native, 'net-admin') === undefined) return undefined;
  if (maxSendBuffer >= WANTED_SEND_BUFFER) return undefined;
  return {
    action: `permit send buffers larger than ${maxSendBuffer} bytes`,
    command: `sudo sysctl -w net.core.wmem_max=${WANTED_SEND_BUFFER}`,
    gains: 'room for some 5 000 frames on their way to the device: fewer stalls at high rates',
  };
}

const XDP_GAINS = 'backend xdp, for more than 400 000 packets/s';

function xdpAction(
  { kernel, nodePath }: HostReadings,
  native: NativeReadings,
  linux: LinuxReadings,
): DoctorAction | undefined {
  const wanting = native.interfaces.filter(({ whyNotXdp }) => (whyNotXdp ?? '') !== '');
  const [device] = wanting;
  if (device === undefined || refused(native, 'raw-sockets') !== undefined) return undefined;
  if (isOlder(kernel)) {
    const action = `Linux ${OLDEST_XDP_KERNEL.join('.')} or later (this is ${kernel})`;
    return { action, command: null, gains: XDP_GAINS };
  }
  if (refused(native, 'bpf') !== undefined) return bpfAction(nodePath, device.name, linux);
  const veth = wanting.find(({ whyNotXdp }) => whyNotXdp?.includes('ethtool') === true);
  if (veth === undefined) return undefined; // a matter of the device
  return {
    action: `switch GRO on at the other end of ${veth.name}, where that is (the host of a container)`,
    command: 'sudo ethtool -K NAME gro on',
    gains: `${XDP_GAINS}, on ${veth.name}`,
  };
}

/** Whether the driver can is told only to who may load programs. */
function bpfAction(
  nodePath: string,
  device: string,
  { effective, bounding, noNewPrivileges }: LinuxReadings,
): DoctorAction | undefined {
  const isHeld = hasCapability(effective, CAPABILITY.bpf); // and refused: in a user namespace
  if (isHeld || noNewPrivileges || !hasCapability(bounding, CAPABILITY.bpf)) return undefined;
  const capabilities = 'cap_net_raw,cap_net_admin,cap_bpf,cap_perfmon';
  return {
    action: 'let this Node.js load XDP programs, only where such rates are wanted',
    command: `sudo setcap ${capabilities}+ep ${quoted(nodePath)}`,
    gains: `${XDP_GAINS}, if the driver of ${device} can`,
  };
}

function isOlder(kernel: string): boolean {
  const [major = 0, minor = 0] = kernel.split('.').map((part) => Number.parseInt(part, 10));
  const [wantedMajor, wantedMinor] = OLDEST_XDP_KERNEL;
  return major < wantedMajor || (major === wantedMajor && minor < wantedMinor);
}

/** Packages that hold libpcap. */
const PCAP_PACKAGES: Readonly<Record<string, string>> = {
  debian: 'sudo apt-get install libpcap0.8',
  fedora: 'sudo dnf install libpcap',
  rhel: 'sudo dnf install libpcap',
  alpine: 'sudo apk add libpcap',
  arch: 'sudo pacman -S libpcap',
  suse: 'sudo zypper install libpcap1',
};

function pcapAction(native: NativeReadings, { distributions }: LinuxReadings) {
  if (refused(native, 'pcap')?.reason.includes('needs libpcap') !== true) return undefined;
  const known = distributions.find((name) => name in PCAP_PACKAGES);
  return {
    action: 'install libpcap, only where backend pcap is wanted',
    command: known === undefined ? null : (PCAP_PACKAGES[known] ?? null),
    gains: '--backend pcap; the others do without',
  };
}

/** On other systems native code says all that is known. */
function reasonsOf(native: NativeReadings): DoctorAction[] {
  return native.capabilities
    .filter(({ available }) => !available)
    .map(({ name, reason }) => ({
      action: `make ${name} work: ${reason}`,
      command: null,
      gains: 'raw packets, as far as this system has them; connect scans work without',
    }));
}

/** For a POSIX shell. */
function quoted(path: string): string {
  return /^[\w./@:+-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}
