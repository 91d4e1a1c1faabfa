// The portable way of sending and capturing, on devices of a network namespace.
#ifdef __linux__

#include <doctest/doctest.h>

#include "platform/error.h"
#include "platform/private_network.h"
#include "platform/route.h"
#include "platform/test_packets.h"

using namespace pacegate;
using namespace pacegate::platform;
using namespace pacegate::platform::test;

TEST_SUITE("generic platform") {
  TEST_CASE("P10 a device is what the system says it is") {
    in_private_network([] {
      const Wire wire;
      run("ip link set near address 02:00:00:00:00:17 mtu 1400");
      run("ip addr add 10.7.0.1/24 dev near");
      run("ip addr add fd00:7::1/64 dev near nodad");
      const Interface near = wire.near();
      CHECK(near.link == LinkType::ethernet);
      CHECK(near.up);
      CHECK(near.mtu == 1400);
      CHECK(near.mac.bytes == std::array<std::uint8_t, 6>{2, 0, 0, 0, 0, 0x17});
      CHECK(texts(near.addresses) == std::vector<std::string>{"10.7.0.1", "fd00:7::1"});
      CHECK(find_interface("lo").link == LinkType::loopback);
      run("ip link set near down");
      CHECK_FALSE(Wire::near().up);
    });
  }

  TEST_CASE("P10 what is sent is captured; a filter keeps the rest out") {
    in_private_network([] {
      const Wire wire;
      auto receiver = open_packet_receiver(wire.far(), {.tcp_port = 80, .icmp_errors = true});
      auto sender = open_sender(wire.near());
      CHECK(std::string(sender->backend()) == "pcap");
      CHECK(sender->takes_ethernet());
      for (std::uint32_t i = 0; i < 100; ++i) {
        const auto port = static_cast<std::uint16_t>(i % 2 == 0 ? 80 : 81);
        fill(*sender, i,
             ethernet(wire.far().mac, wire.near().mac, packet::kEtherTypeIpv4,
                      tcp("10.7.0.1", "10.7.0.2", port, i)));
      }
      CHECK(sender->send(0, 100).accepted == 100);
      const auto seen = take(*receiver, 50);
      REQUIRE(seen.size() == 50);
      for (std::uint32_t i = 0; i < 50; ++i) {
        CHECK(packet::parse_tcp(packet::parse_ip(seen[i].bytes)->payload)->sequence == 2 * i);
      }
      CHECK(receiver->counters().packets == 50);
    });
  }

  TEST_CASE("P10 routes are not known here, which has a code") {
    try {
      (void)lookup_route(IpAddress::v4(1));
      FAIL("was not refused");
    } catch (const PlatformError& error) {
      CHECK(error.fault() == Fault::not_supported);
    }
  }
}

#endif
