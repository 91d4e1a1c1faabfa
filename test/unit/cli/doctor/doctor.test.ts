import { describe, expect, it } from 'vitest';
import { actionsOf, isUsable } from '../../../../lib/cli/doctor/actions.js';
import { checksOf } from '../../../../lib/cli/doctor/checks.js';
import { linuxReadings, type LinuxReadings } from '../../../../lib/cli/doctor/linux-readings.js';
import type {
  HostReadings,
  InterfaceReading,
  NativeReadings,
} from '../../../../lib/cli/doctor/readings.js';

const ALL = (1n << 41n) - 1n;
const RAW_REASON = 'needs CAP_NET_RAW: run as root or `sudo setcap cap_net_raw+ep /usr/bin/node`';
const BPF_REASON = 'needs CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN: run as root';

const eth0: InterfaceReading = {
  ...{ name: 'eth0', index: 2, link: 'ethernet', up: true, mtu: 1500, mac: '02:00:00:00:00:01' },
  ...{ addresses: ['192.0.2.2'], whyNotXdp: '' },
};

const NAMES = ['raw-sockets', 'packet-sockets', 'bpf', 'net-admin', 'pcap'];

/** @param missing - reasons by name; all else is permitted */
function nativeOf(missing: Readonly<Record<string, string>>, device = eth0): NativeReadings {
  const capabilities = NAMES.map((name) => {
    const reason = missing[name] ?? '';
    return { name, available: reason === '', reason };
  });
  return { clockStepNs: 60, capabilities, interfaces: [device] };
}

const linux: LinuxReadings = {
  ...{ isRoot: true, effective: ALL, bounding: ALL, noNewPrivileges: false },
  ...{ clockSource: 'tsc', otherClockSources: ['hpet'], maxSendBuffer: 212_992 },
  distributions: ['ubuntu', 'debian'],
};

const host: HostReadings = {
  ...{ platform: 'linux', kernel: '6.1.0-13-amd64', arch: 'x64' },
  ...{ nodeVersion: 'v20.19.0', nodePath: '/usr/bin/node', descriptorLimit: 20_000 },
  ...{ native: nativeOf({}), linux },
};

/** Nobody without capabilities, as most users are. */
const ordinary: HostReadings = {
  ...host,
  native: nativeOf(
    {
      ...{ 'raw-sockets': RAW_REASON, 'packet-sockets': RAW_REASON, bpf: BPF_REASON },
      ...{ 'net-admin': 'needs CAP_NET_ADMIN: run as root', pcap: 'cannot open lo by libpcap' },
    },
    { ...eth0, whyNotXdp: BPF_REASON },
  ),
  linux: { ...linux, isRoot: false, effective: 0n },
};

const withLinux = (readings: HostReadings, more: Partial<LinuxReadings>): HostReadings => ({
  ...readings,
  linux: { ...linux, ...readings.linux, ...more },
});

const commandsOf = (readings: HostReadings): (string | null)[] =>
  actionsOf(readings).map(({ command }) => command);

describe('H13 doctor ends with what to do', () => {
  it('is nothing where nothing is wanting', () => {
    expect(actionsOf(host)).toEqual([]);
    expect(isUsable(host)).toBe(true);
  });

  it('is the capability of raw packets for an ordinary user, and nothing that would not help', () => {
    expect(commandsOf(ordinary)).toEqual(['sudo setcap cap_net_raw+ep /usr/bin/node']);
    const odd = { ...ordinary, nodePath: "/opt/it's node/node" };
    expect(commandsOf(odd)).toEqual([`sudo setcap cap_net_raw+ep '/opt/it'\\''s node/node'`]);
  });

  it.each<[string, Partial<LinuxReadings>, string, string | null]>([
    ['a container', { bounding: 0n }, 'container', 'docker run --cap-add NET_RAW ...'],
    ['no_new_privs', { noNewPrivileges: true }, 'no_new_privs', null],
    ['a security policy', { effective: ALL }, 'security policy', null],
  ])('does not send to setcap in vain: %s', (_what, more, named, command) => {
    const [first] = actionsOf(withLinux(ordinary, more));
    expect(first?.action).toContain(named);
    expect(first?.command).toBe(command);
  });

  it('repeats what the system says where it is not a matter of privilege', () => {
    const native = nativeOf({ 'packet-sockets': 'this system says: Address family not supported' });
    expect(actionsOf({ ...host, native })[0]).toMatchObject({
      action: expect.stringContaining('Address family not supported') as string,
      command: null,
    });
  });

  it('goes on with send buffers and XDP where raw packets are permitted', () => {
    const native = nativeOf(
      { bpf: BPF_REASON, 'net-admin': 'needs CAP_NET_ADMIN: run as root' },
      { ...eth0, whyNotXdp: BPF_REASON },
    );
    const permitted = withLinux({ ...ordinary, native }, { effective: 1n << 13n });
    expect(commandsOf(permitted)).toEqual([
      'sudo sysctl -w net.core.wmem_max=4194304',
      'sudo setcap cap_net_raw,cap_net_admin,cap_bpf,cap_perfmon+ep /usr/bin/node',
    ]);
    expect(commandsOf(withLinux(permitted, { maxSendBuffer: 8 << 20, effective: ALL }))).toEqual(
      [],
    );
  });

  it('names the kernel that is too old for xdp, and the other end of a veth', () => {
    const old = { ...host, kernel: '5.4.0-generic' };
    expect(actionsOf(old)).toEqual([]); // the device says that it can
    const native = nativeOf({}, { ...eth0, whyNotXdp: 'needs Linux 5.18 or later' });
    expect(actionsOf({ ...old, native })[0]?.action).toContain('Linux 5.18');
    const whyNotXdp = 'the other end: run `ethtool -K NAME gro on` for it';
    expect(commandsOf({ ...host, native: nativeOf({}, { ...eth0, whyNotXdp }) })).toEqual([
      'sudo ethtool -K NAME gro on',
    ]);
    const driver = nativeOf({}, { ...eth0, whyNotXdp: 'the driver of eth0 takes none' });
    expect(actionsOf({ ...host, native: driver })).toEqual([]);
  });

  it('brings up the device without which there is nothing to scan', () => {
    const lo: InterfaceReading = { ...eth0, name: 'lo', link: 'loopback', up: false };
    expect(commandsOf({ ...host, native: nativeOf({}, lo) })).toEqual(['ip link set lo up']);
    expect(commandsOf(withLinux({ ...host, native: nativeOf({}, lo) }, { isRoot: false }))).toEqual(
      ['sudo ip link set lo up'],
    );
  });

  it('raises the limit of descriptors as root and as others can', () => {
    const few = { ...host, descriptorLimit: 64 };
    expect(commandsOf(few)).toEqual(['ulimit -n 65536']);
    expect(actionsOf(few)[0]?.gains).toContain('1000 connections at once, now 32');
    expect(commandsOf(withLinux(few, { isRoot: false }))).toEqual([
      'sudo prlimit --pid $$ --nofile=65536:65536',
    ]);
    expect(commandsOf(withLinux(few, { bounding: ALL & ~(1n << 24n) }))).toEqual([
      'docker run --ulimit nofile=65536:65536 ...',
    ]);
  });

  it('changes a slow clock only for one that this machine has', () => {
    const slow = { ...host, native: { ...nativeOf({}), clockStepNs: 900 } };
    const hpet = { clockSource: 'hpet', otherClockSources: ['tsc', 'acpi_pm'] };
    expect(commandsOf(withLinux(slow, hpet))[0]).toContain('echo tsc | sudo tee /sys/');
    expect(commandsOf(withLinux(host, hpet))).toEqual([]);
    expect(commandsOf(withLinux(slow, { ...hpet, otherClockSources: ['acpi_pm'] }))).toEqual([]);
  });

  it('installs libpcap by the package of the distribution, or names none', () => {
    const native = nativeOf({ pcap: 'the pcap backend needs libpcap: install it' });
    expect(commandsOf({ ...host, native })).toEqual(['sudo apt-get install libpcap0.8']);
    expect(commandsOf(withLinux({ ...host, native }, { distributions: ['nixos'] }))).toEqual([
      null,
    ]);
  });

  it('says that nothing can work without native code or with an old Node.js', () => {
    const broken = { ...ordinary, native: new Error('no binary for linux-x64') };
    expect(commandsOf(broken)).toEqual(['npm run build']);
    expect(isUsable(broken)).toBe(false);
    const old = { ...host, nodeVersion: 'v20.18.1' };
    expect(actionsOf(old)[0]?.action).toContain('Node.js 20.19 or later (this is v20.18.1)');
    expect(isUsable(old)).toBe(false);
    expect(checksOf(old)[0]?.status).toBe('missing');
  });

  it('claims of other systems only what native code says there', () => {
    const capabilities = [{ name: 'pcap', available: false, reason: 'install Npcap' }];
    const native = { clockStepNs: 100, capabilities, interfaces: [eth0] };
    const windows: HostReadings = {
      ...{ ...host, platform: 'win32', linux: undefined, descriptorLimit: undefined, native },
    };
    expect(actionsOf(windows)).toMatchObject([
      { action: 'make pcap work: install Npcap', command: null },
    ]);
    expect(JSON.stringify(checksOf(windows))).not.toMatch(/setcap|xdp needs/);
  });
});

describe('H13 readings of Linux', () => {
  it('are taken from /proc and /sys', () => {
    const files: Readonly<Record<string, string>> = {
      '/proc/self/status':
        'Name:\tnode\nCapEff:\t0000000000002000\nCapBnd:\t000001ffffffffff\nNoNewPrivs:\t1\n',
      '/sys/devices/system/clocksource/clocksource0/current_clocksource': 'hpet\n',
      '/sys/devices/system/clocksource/clocksource0/available_clocksource': 'tsc hpet acpi_pm \n',
      '/proc/sys/net/core/wmem_max': '212992\n',
      '/etc/os-release': 'NAME="Rocky"\nID="rocky"\nVERSION_ID="9"\nID_LIKE="rhel centos fedora"\n',
    };
    expect(linuxReadings((file) => files[file] ?? '')).toMatchObject({
      ...{ effective: 1n << 13n, bounding: ALL, noNewPrivileges: true },
      ...{ clockSource: 'hpet', otherClockSources: ['tsc', 'acpi_pm'], maxSendBuffer: 212_992 },
      distributions: ['rocky', 'rhel', 'centos', 'fedora'],
    });
  });

  it('may be absent', () => {
    expect(linuxReadings(() => '')).toMatchObject({
      ...{ effective: 0n, noNewPrivileges: false, clockSource: '', maxSendBuffer: Infinity },
    });
  });
});
