// Linux only: it needs a network namespace.
#ifdef __linux__

#include <doctest/doctest.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstring>

#include "platform/packet_receiver.h"
#include "platform/packet_sender.h"
#include "platform/private_network.h"
#include "platform/test_packets.h"

using namespace pacegate;
using namespace pacegate::platform;
using namespace pacegate::platform::test;

namespace {

/// A device without Ethernet whose other end is a descriptor.
class Tun {
 public:
  Tun() : fd_(open("/dev/net/tun", O_RDWR | O_CLOEXEC)) {
    ifreq request{};
    request.ifr_flags = IFF_TUN | IFF_NO_PI;
    std::strcpy(request.ifr_name, "tun7");
    usable_ = fd_ >= 0 && ioctl(fd_, TUNSETIFF, &request) == 0;
    if (usable_) run("ip link set tun7 up addrgenmode none");
  }
  Tun(const Tun&) = delete;
  Tun& operator=(const Tun&) = delete;
  ~Tun() { close(fd_); }

  [[nodiscard]] bool usable() const { return usable_; }
  /// The next IPv4 packet: the kernel says something of its own in IPv6.
  [[nodiscard]] Packet read_ipv4() const {
    for (;;) {
      Packet packet(2048);
      const ssize_t size = read(fd_, packet.data(), packet.size());
      packet.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
      if (packet.empty() || packet[0] >> 4 == 4) return packet;
    }
  }
  void write_one(const Packet& packet) const {
    REQUIRE(write(fd_, packet.data(), packet.size()) == static_cast<ssize_t>(packet.size()));
  }

 private:
  int fd_;
  bool usable_ = false;
};

}  // namespace

TEST_SUITE("pcap") {
  TEST_CASE("on loopback each packet is seen once") {
    in_private_network([] {
      const Interface lo = find_interface("lo");
      auto receiver = open_pcap_receiver(lo, {.tcp_port = 9, .icmp_errors = true});
      auto sender = open_raw_ip_sender(lo);
      const Packet first = tcp("127.0.0.1", "127.0.0.1", 9, 1);
      const Packet second = tcp("127.0.0.1", "127.0.0.1", 9, 2);
      fill(*sender, 0, first);
      fill(*sender, 1, tcp("127.0.0.1", "127.0.0.1", 10));
      fill(*sender, 2, second);
      REQUIRE(sender->send(0, 3).accepted == 3);
      const auto seen = take(*receiver, 2);
      REQUIRE(seen.size() == 2);
      CHECK(seen[0].bytes.size() == first.size());
      CHECK(packet::parse_tcp(packet::parse_ip(seen[0].bytes)->payload)->sequence == 1);
      CHECK(packet::parse_tcp(packet::parse_ip(seen[1].bytes)->payload)->sequence == 2);
      CHECK(receiver->counters().packets == 2);
    });
  }

  TEST_CASE("a device without Ethernet takes and gives bare IP packets") {
    in_private_network([] {
      const Tun tun;
      if (!tun.usable()) {
        MESSAGE("skipped, no tun devices here: " << std::strerror(errno));
        return;
      }
      const Interface device = find_interface("tun7");
      auto sender = open_pcap_sender(device);
      CHECK_FALSE(sender->takes_ethernet());
      auto receiver = open_pcap_receiver(device, {.tcp_port = 80, .neighbours = true});
      const Packet probe = tcp("10.7.0.1", "10.7.0.2", 80);
      fill(*sender, 0, probe);
      REQUIRE(sender->send(0, 1).accepted == 1);
      CHECK(tun.read_ipv4() == probe);
      const Packet answer = tcp("fd00:7::2", "fd00:7::1", 80);
      tun.write_one(tcp("10.7.0.2", "10.7.0.1", 81));
      tun.write_one(answer);
      const auto seen = take(*receiver, 1);
      REQUIRE(seen.size() == 1);
      CHECK(seen[0].bytes == answer);
      CHECK(seen[0].ether_type == packet::kEtherTypeIpv6);
    });
  }
}

#endif
