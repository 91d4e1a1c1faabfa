/// \file
/// Bare IP packets through raw sockets, one per family. The kernel routes and frames them, which is
/// what loopback needs: a frame injected there by AF_PACKET has no route and is dropped as a
/// martian.
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <vector>

#include "platform/error.h"
#include "platform/linux/link_state.h"
#include "platform/linux/raw_socket.h"
#include "platform/linux/slot_arena.h"
#include "platform/linux/system_error.h"
#include "platform/packet_sender.h"

namespace pacegate::platform {
namespace {

constexpr std::size_t kIpv4HeaderBytes = 20;
constexpr std::size_t kIpv4Destination = 16;
constexpr std::size_t kIpv6HeaderBytes = 40;
constexpr std::size_t kIpv6Destination = 24;

union Destination {
  sockaddr_in v4;
  sockaddr_in6 v6;
};

/// 4 or 6; 0 for a frame without a whole IP header.
int version_of(std::span<const std::uint8_t> frame) noexcept {
  if (frame.size() < kIpv4HeaderBytes) return 0;
  const int version = frame[0] >> 4;
  if (version == 4) return 4;
  return version == 6 && frame.size() >= kIpv6HeaderBytes ? 6 : 0;
}

class RawIpSender final : public PacketSender {
 public:
  RawIpSender(FileDescriptor v4, FileDescriptor v6, std::uint32_t interface_index,
              std::size_t slot_bytes)
      : v4_(std::move(v4)),
        v6_(std::move(v6)),
        interface_index_(interface_index),
        arena_(slot_bytes),
        destinations_(arena_.slots()) {}

  std::size_t capacity() const noexcept override { return arena_.slots(); }
  std::span<std::uint8_t> slot(std::size_t index) noexcept override { return arena_.slot(index); }
  void set_length(std::size_t index, std::size_t bytes) noexcept override {
    arena_.set_length(index, bytes);
  }
  SendReport send(std::size_t first, std::size_t count) noexcept override;
  bool takes_ethernet() const noexcept override { return false; }
  const char* backend() const noexcept override { return "rawip"; }

 private:
  std::size_t prepare_run(std::size_t first, std::size_t count, int version) noexcept;
  void address_v4(std::size_t index) noexcept;
  void address_v6(std::size_t index) noexcept;

  FileDescriptor v4_;
  FileDescriptor v6_;  ///< not open where the kernel has no IPv6
  std::uint32_t interface_index_;
  SlotArena arena_;
  std::vector<Destination> destinations_;
};

void RawIpSender::address_v4(std::size_t index) noexcept {
  sockaddr_in& to = destinations_[index].v4;
  to = {};
  to.sin_family = AF_INET;
  std::memcpy(&to.sin_addr, arena_.frame(index).data() + kIpv4Destination, sizeof to.sin_addr);
  arena_.message(index).msg_name = &to;
  arena_.message(index).msg_namelen = sizeof to;
}

void RawIpSender::address_v6(std::size_t index) noexcept {
  sockaddr_in6& to = destinations_[index].v6;
  to = {};
  to.sin6_family = AF_INET6;
  std::memcpy(&to.sin6_addr, arena_.frame(index).data() + kIpv6Destination, sizeof to.sin6_addr);
  if (IN6_IS_ADDR_LINKLOCAL(&to.sin6_addr)) to.sin6_scope_id = interface_index_;
  arena_.message(index).msg_name = &to;
  arena_.message(index).msg_namelen = sizeof to;
}

/// Addresses the leading frames of one family. \return how many these are
std::size_t RawIpSender::prepare_run(std::size_t first, std::size_t count, int version) noexcept {
  std::size_t run = 0;
  for (; run < count && version_of(arena_.frame(first + run)) == version; ++run) {
    if (version == 4) {
      address_v4(first + run);
    } else {
      address_v6(first + run);
    }
  }
  return run;
}

SendReport RawIpSender::send(std::size_t first, std::size_t count) noexcept {
  SendReport total;
  while (total.accepted < count && total.outcome == SendOutcome::ok) {
    const std::size_t at = first + total.accepted;
    const int version = version_of(arena_.frame(at));
    const FileDescriptor& fd = version == 4 ? v4_ : v6_;
    if (version == 0 || !fd.is_open()) {
      total.outcome = SendOutcome::failed;
      total.system_error = version == 0 ? EINVAL : EAFNOSUPPORT;
      break;
    }
    const std::size_t run = prepare_run(at, count - total.accepted, version);
    const SendReport sent = arena_.send(fd.get(), at, run);
    total.accepted += sent.accepted;
    total.outcome = sent.outcome;
    total.system_error = sent.system_error;
  }
  return total;
}

void bind_to_device(int fd, const Interface& interface) {
  // Loopback carries the host's own addresses, but the kernel's routes to them name the device that
  // owns them: a socket bound to lo could not reach these. Their route leads to lo all the same.
  if (interface.link == LinkType::loopback) return;
  if (setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, interface.name.c_str(),
                 static_cast<socklen_t>(interface.name.size() + 1)) != 0) {
    throw_system_error("cannot send on " + interface.name, errno);
  }
}

void set_option(int fd, int level, int option) noexcept {
  const int on = 1;
  setsockopt(fd, level, option, &on, sizeof on);
}

FileDescriptor open_v4(const Interface& interface) {
  FileDescriptor fd =
      open_socket(AF_INET, SOCK_RAW, IPPROTO_RAW, "a raw IPv4 socket on " + interface.name);
  bind_to_device(fd.get(), interface);
  // Without it a packet dropped for a full device queue counts as sent (ENOBUFS is swallowed).
  set_option(fd.get(), IPPROTO_IP, IP_RECVERR);
  enlarge_send_buffer(fd.get());
  return fd;
}

FileDescriptor open_v6(const Interface& interface) {
  FileDescriptor fd(socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW));
  if (!fd.is_open()) {
    if (errno == EAFNOSUPPORT) return fd;
    throw_system_error("cannot open a raw IPv6 socket on " + interface.name, errno);
  }
  bind_to_device(fd.get(), interface);
  // Kernels before 4.5 lack the option and take IPPROTO_RAW to mean it.
  set_option(fd.get(), IPPROTO_IPV6, IPV6_HDRINCL);
  set_option(fd.get(), IPPROTO_IPV6, IPV6_RECVERR);
  enlarge_send_buffer(fd.get());
  return fd;
}

}  // namespace

std::unique_ptr<PacketSender> open_raw_ip_sender(const Interface& interface,
                                                 std::size_t slot_bytes) {
  FileDescriptor v4 = open_v4(interface);
  FileDescriptor v6 = open_v6(interface);
  require_link_up(interface);
  return std::make_unique<RawIpSender>(std::move(v4), std::move(v6), interface.index, slot_bytes);
}

}  // namespace pacegate::platform
