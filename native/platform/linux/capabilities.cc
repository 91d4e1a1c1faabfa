#include "platform/capabilities.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "platform/linux/bpf_objects.h"
#include "platform/linux/file_descriptor.h"
#include "platform/linux/system_error.h"
#include "platform/pcap/pcap_capability.h"

namespace pacegate::platform {
namespace {

bool is_missing_privilege(int error) {
  return error == EPERM || error == EACCES;
}

Capability available(const char* name) {
  return {name, true, ""};
}

/// \param hint what to do when a privilege is missing
Capability missing(const char* name, int error, const std::string& hint) {
  return {name, false,
          is_missing_privilege(error) ? hint : "this system says: " + describe_errno(error)};
}

Capability probe_socket(const char* name, int family, int protocol) {
  const FileDescriptor fd(socket(family, SOCK_RAW | SOCK_CLOEXEC, protocol));
  return fd.is_open() ? available(name) : missing(name, errno, net_raw_hint());
}

/// Loads the smallest XDP program there is ("r0 = 2; exit": let every packet pass) and forgets it.
Capability probe_bpf() {
  std::array<bpf_insn, 2> program{};
  program[0].code = BPF_ALU64 | BPF_MOV | BPF_K;
  program[0].imm = XDP_PASS;
  program[1].code = BPF_JMP | BPF_EXIT;
  bpf_attr load = zeroed_bpf_attributes();
  load.prog_type = BPF_PROG_TYPE_XDP;
  load.insns = reinterpret_cast<std::uintptr_t>(program.data());
  load.insn_cnt = static_cast<std::uint32_t>(program.size());
  load.license = reinterpret_cast<std::uintptr_t>("MIT");
  const FileDescriptor fd(static_cast<int>(syscall(SYS_bpf, BPF_PROG_LOAD, &load, sizeof load)));
  if (fd.is_open()) return available("bpf");
  return missing("bpf", errno, "needs CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN: run as root");
}

/// Enlarging a buffer past the system's limit is the most harmless thing that wants CAP_NET_ADMIN.
Capability probe_net_admin() {
  const FileDescriptor fd(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const int bytes = 1 << 16;
  if (fd.is_open() && setsockopt(fd.get(), SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof bytes) == 0) {
    return available("net-admin");
  }
  return missing("net-admin", errno, "needs CAP_NET_ADMIN: run as root");
}

Capability probe_raw_sockets() {
  return probe_socket("raw-sockets", AF_INET, IPPROTO_RAW);
}
Capability probe_packet_sockets() {
  return probe_socket("packet-sockets", AF_PACKET, 0);
}

}  // namespace

std::vector<Capability> probe_capabilities() {
  const std::optional<PlatformError> no_pcap = pcap_obstacle();
  return {probe_raw_sockets(), probe_packet_sockets(), probe_bpf(), probe_net_admin(),
          Capability{"pcap", !no_pcap, no_pcap ? no_pcap->what() : ""}};
}

std::optional<PlatformError> raw_packets_obstacle() {
  for (const Capability& needed : {probe_raw_sockets(), probe_packet_sockets()}) {
    if (!needed.available) return PlatformError(Fault::not_permitted, needed.reason);
  }
  return std::nullopt;
}

}  // namespace pacegate::platform
