// Every tool that npm does not bring: how it is recognised, and the package that has it.
//
//   since   the first level that wants it; each level includes the ones before: run < test < bench
//   found   any one of these commands or files
//   on      platforms it is asked for on; elsewhere the stages that want it say that they cannot run

const linux = ['linux'];
const unix = ['linux', 'darwin'];

export const levels = ['run', 'test', 'bench'];

export const systemPackages = [
  {
    name: 'a C++20 compiler',
    since: 'run',
    on: unix,
    found: ['c++', 'g++', 'clang++'],
    apt: 'g++',
    brew: 'llvm',
  },
  {
    name: 'cmake 3.20',
    since: 'run',
    on: [...unix, 'win32'],
    found: ['cmake'],
    apt: 'cmake',
    brew: 'cmake',
  },
  {
    name: 'ninja or make',
    since: 'run',
    on: unix,
    found: ['ninja', 'make'],
    apt: 'ninja-build',
    brew: 'ninja',
  },
  {
    name: 'doctest',
    since: 'test',
    on: linux,
    found: [
      '/usr/include/doctest/doctest.h',
      '/usr/local/include/doctest/doctest.h',
      '/opt/homebrew/include/doctest/doctest.h',
    ],
    apt: 'doctest-dev',
    brew: 'doctest',
  },
  {
    name: 'clang-format 19',
    since: 'test',
    on: linux,
    found: ['clang-format-19', '/opt/homebrew/opt/llvm@19/bin/clang-format'],
    apt: 'clang-format-19',
    brew: 'llvm@19',
  },
  {
    name: 'clang-tidy 19',
    since: 'test',
    on: linux,
    found: ['clang-tidy-19', '/opt/homebrew/opt/llvm@19/bin/clang-tidy'],
    apt: 'clang-tidy-19',
    brew: 'llvm@19',
  },
  // The XDP program of test/net/responder: its compiler, and what loads it.
  { name: 'clang', since: 'test', on: linux, found: ['clang', 'clang-19'], apt: 'clang-19' },
  {
    name: 'libbpf',
    since: 'test',
    on: linux,
    found: ['/usr/include/bpf/libbpf.h', '/usr/local/include/bpf/libbpf.h'],
    apt: 'libbpf-dev',
  },
  {
    name: 'mingw-w64',
    since: 'test',
    on: linux,
    found: ['x86_64-w64-mingw32-g++-posix'],
    apt: 'g++-mingw-w64-x86-64-posix',
  },
  {
    name: 'libpcap',
    since: 'test',
    on: linux,
    found: [
      ...['x86_64', 'aarch64'].map((machine) => `/usr/lib/${machine}-linux-gnu/libpcap.so.0.8`),
      ...['/usr/lib64/libpcap.so.1', '/usr/lib/libpcap.so.1'],
    ],
    apt: 'libpcap0.8',
  },
  { name: 'spin', since: 'test', on: linux, found: ['spin'], apt: 'spin', brew: 'spin' },
  { name: 'readelf', since: 'test', on: linux, found: ['readelf'], apt: 'binutils' },
  { name: 'ip', since: 'test', on: linux, found: ['ip'], apt: 'iproute2' },
  { name: 'nft', since: 'test', on: linux, found: ['nft'], apt: 'nftables' },
  { name: 'nmap', since: 'test', on: linux, found: ['nmap'], apt: 'nmap' },
  { name: 'xmllint', since: 'test', on: linux, found: ['xmllint'], apt: 'libxml2-utils' },
  { name: 'setcap', since: 'test', on: linux, found: ['setcap'], apt: 'libcap2-bin' },
  { name: 'tcpdump', since: 'test', on: linux, found: ['tcpdump'], apt: 'tcpdump' },
  { name: 'masscan', since: 'bench', on: linux, found: ['masscan'], apt: 'masscan' },
  { name: 'zmap', since: 'bench', on: linux, found: ['zmap'], apt: 'zmap' },
  { name: 'hping3', since: 'bench', on: linux, found: ['hping3'], apt: 'hping3' },
  { name: 'valgrind', since: 'bench', on: linux, found: ['valgrind'], apt: 'valgrind' },
  {
    name: 'libpcap headers',
    since: 'bench', // the npm package cap is compiled against them
    on: linux,
    found: ['/usr/include/pcap/pcap.h'],
    apt: 'libpcap-dev',
  },
];
