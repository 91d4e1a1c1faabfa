// Linux only: it needs a network namespace. Hostile bytes on their way through the kernel to the
// monitor.
#ifdef __linux__

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <thread>

#include "engine/icmp_frames.h"
#include "engine/monitor/icmp_monitor.h"
#include "platform/private_network.h"
#include "platform/test_packets.h"

using namespace pacegate;
using namespace pacegate::platform;
using namespace pacegate::platform::test;

namespace {

/// Told from the hostile ones by its target.
Packet honest_error() {
  return pacegate::test::icmp_error_about({.source = IpAddress::v4(0x0a070002),
                                           .target = IpAddress::v4(0xc0000207),
                                           .source_port = 40'000},
                                          IpAddress::v4(0x0a070001), 3, 13, 28);
}

/// The corpus of the fuzzer, each file whole, cut at every byte, and with every byte altered.
std::vector<Packet> hostile_packets() {
  std::vector<Packet> all;
  for (const auto& entry : std::filesystem::directory_iterator(PACEGATE_CORPUS)) {
    std::ifstream file(entry.path(), std::ios::binary);
    const Packet whole{std::istreambuf_iterator<char>(file), {}};
    all.push_back(whole);
    for (std::size_t size = 1; size < whole.size(); ++size) {
      all.emplace_back(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
      for (const std::uint8_t bits : {0x01, 0x80, 0xff}) {
        all.push_back(whole);
        all.back()[size] ^= bits;
      }
    }
  }
  return all;
}

/// What the monitor must make of a packet: an event, when the parsers find an error in it. The
/// kernel's filter walks no extension headers.
bool is_event(const Packet& packet) {
  const auto ip = packet::parse_ip(packet);
  if (!ip || !packet::parse_icmp_error(*ip)) return false;
  return !ip->source.is_v6() || packet[6] == packet::kProtocolIcmpv6;
}

/// Sends every hostile packet, then an honest error; the monitor must tell of exactly what it
/// should, and of the honest one last.
void check_survival(std::unique_ptr<PacketReceiver> receiver,
                    const std::function<bool(const Packet&)>& send) {
  MonitorSlots slots;
  IcmpMonitor monitor(std::move(receiver), slots);
  std::size_t expected = 0;
  std::size_t seen = 0;
  IcmpEvent last;
  const auto drain = [&] {
    IcmpEvent events[256];
    while (const std::size_t count = monitor.drain(events)) {
      seen += count;
      last = events[count - 1];
    }
  };
  const auto hear = [&](const Packet& packet) {
    if (!send(packet)) return;
    if (is_event(packet)) ++expected;
    if (expected % 1'000 == 0) drain();
  };
  for (const Packet& packet : hostile_packets()) hear(packet);
  hear(honest_error());
  const std::uint64_t give_up_ns = monotonic_ns() + 5 * kNsPerSecond;
  while (seen < expected && monotonic_ns() < give_up_ns) {
    drain();
    std::this_thread::yield();
  }
  CHECK(expected > 100);
  CHECK(seen == expected);
  CHECK(last.target == IpAddress::v4(0xc0000207).key());
  CHECK(slots.get(kMonitorUnreadable) > 0);
  CHECK(slots.get(kMonitorReceived) == static_cast<double>(expected));
  CHECK(slots.get(kMonitorDropped) + slots.get(kMonitorKernelDropped) == 0);
}

/// The far end of the wire, from where hostile frames come. Its own socket: they are longer than a
/// probe sender's.
class FrameSource {
 public:
  explicit FrameSource(const Wire& wire)
      : fd_(socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, 0)), to_(wire.far().mac) {
    address_.sll_family = AF_PACKET;
    address_.sll_ifindex = static_cast<int>(wire.near().index);
    address_.sll_halen = static_cast<unsigned char>(to_.bytes.size());
    std::copy(to_.bytes.begin(), to_.bytes.end(), address_.sll_addr);
  }
  ~FrameSource() { close(fd_); }
  FrameSource(const FrameSource&) = delete;
  FrameSource& operator=(const FrameSource&) = delete;

  bool send(const Packet& packet) {
    address_.sll_protocol = htons(ether_type_of(packet));
    const auto* to = reinterpret_cast<const sockaddr*>(&address_);
    const ssize_t sent = sendto(fd_, packet.data(), packet.size(), 0, to, sizeof address_);
    return sent == static_cast<ssize_t>(packet.size());
  }

 private:
  int fd_;
  packet::MacAddress to_;
  sockaddr_ll address_{};
};

/// A device without Ethernet, and the program behind it.
class Tunnel {
 public:
  Tunnel() : fd_(open("/dev/net/tun", O_RDWR | O_CLOEXEC)) {
    ifreq request{};
    std::strncpy(request.ifr_name, "tunnel", IFNAMSIZ - 1);
    request.ifr_flags = IFF_TUN | IFF_NO_PI;
    if (fd_ >= 0) is_open_ = ioctl(fd_, TUNSETIFF, &request) == 0;
    if (is_open_) run("ip link set tunnel up addrgenmode none");
  }
  ~Tunnel() {
    if (fd_ >= 0) close(fd_);
  }
  Tunnel(const Tunnel&) = delete;
  Tunnel& operator=(const Tunnel&) = delete;

  [[nodiscard]] bool is_open() const { return is_open_; }
  /// \return false where the device refuses what is no IP packet
  bool send(const Packet& packet) const {
    return write(fd_, packet.data(), packet.size()) == static_cast<ssize_t>(packet.size());
  }

 private:
  int fd_;
  bool is_open_ = false;
};

}  // namespace

TEST_SUITE("icmp monitor on real devices") {
  TEST_CASE("P4 hostile bytes over Ethernet, on one interface") {
    in_private_network([] {
      const Wire wire;
      FrameSource source(wire);
      check_survival(open_packet_receiver(wire.far(), kMonitorFilter),
                     [&](const Packet& packet) { return source.send(packet); });
    });
  }

  TEST_CASE("P4 hostile bytes over Ethernet, on all interfaces") {
    in_private_network([] {
      const Wire wire;
      FrameSource source(wire);
      check_survival(open_packet_receiver_on_all(kMonitorFilter),
                     [&](const Packet& packet) { return source.send(packet); });
    });
  }

  TEST_CASE("P4 hostile bytes over a tunnel without Ethernet") {
    in_private_network([] {
      const Tunnel tunnel;
      if (!tunnel.is_open()) {
        MESSAGE("skipped, no tun device here");
        return;
      }
      check_survival(open_packet_receiver(find_interface("tunnel"), kMonitorFilter),
                     [&](const Packet& packet) { return tunnel.send(packet); });
    });
  }

  TEST_CASE("P4 an error that quotes more than the capture keeps is heard") {
    in_private_network([] {
      const Wire wire;
      FrameSource source(wire);
      Packet error = honest_error();
      error.resize(576);  // as hosts quote a long datagram
      error[2] = 576 >> 8;
      error[3] = 576 & 0xff;
      MonitorSlots slots;
      IcmpMonitor monitor(open_packet_receiver(wire.far(), kMonitorFilter), slots);
      source.send(error);
      const std::uint64_t give_up_ns = monotonic_ns() + 2 * kNsPerSecond;
      IcmpEvent event[1];
      while (monitor.drain(event) == 0 && monotonic_ns() < give_up_ns) std::this_thread::yield();
      CHECK(event[0].target == IpAddress::v4(0xc0000207).key());
      CHECK(event[0].interface_index == wire.far().index);
    });
  }
}

#endif
