// Linux only: it needs a network namespace.
#ifdef __linux__

#include <doctest/doctest.h>

#include <cerrno>

#include "platform/packet_sender.h"
#include "platform/private_network.h"
#include "platform/test_packets.h"

using namespace pacegate;
using namespace pacegate::platform;
using namespace pacegate::platform::test;

namespace {

/// "source flags" of each TCP packet, e.g. "127.0.0.1 RST".
std::vector<std::string> describe(const std::vector<Seen>& seen) {
  std::vector<std::string> lines;
  for (const Seen& each : seen) {
    const auto ip = packet::parse_ip(each.bytes);
    REQUIRE(ip);
    const auto segment = packet::parse_tcp(ip->payload);
    REQUIRE(segment);
    lines.push_back(text(ip->source) + ((segment->flags & packet::kTcpRst) != 0 ? " RST" : " SYN"));
  }
  return lines;
}

using Lines = std::vector<std::string>;

}  // namespace

TEST_SUITE("raw IP sender") {
  TEST_CASE("probes over loopback are answered; each packet is seen once") {
    in_private_network([] {
      run("ip addr add 10.7.0.1/32 dev lo");
      const Interface lo = find_interface("lo");
      auto receiver = open_packet_receiver(lo, {.everything = true});
      auto sender = open_sender(lo);
      CHECK(std::string(sender->backend()) == "rawip");
      CHECK_FALSE(sender->takes_ethernet());
      fill(*sender, 0, tcp("127.0.0.1", "127.0.0.1", 9));
      fill(*sender, 1, tcp("10.7.0.1", "10.7.0.1", 9));
      const SendReport report = sender->send(0, 2);
      CHECK(report.accepted == 2);
      CHECK(report.outcome == SendOutcome::ok);
      CHECK(describe(take(*receiver, 4)) ==
            Lines{"127.0.0.1 SYN", "127.0.0.1 RST", "10.7.0.1 SYN", "10.7.0.1 RST"});
    });
  }

  TEST_CASE("an address of another device of this host is reached through loopback") {
    in_private_network([] {
      const Wire wire;
      run("ip addr add 10.7.0.1/24 dev near");
      const Interface lo = find_interface("lo");
      auto receiver = open_packet_receiver(lo, {.tcp_port = 40000});
      auto sender = open_raw_ip_sender(lo);
      fill(*sender, 0, tcp("10.7.0.1", "10.7.0.1", 9));
      CHECK(sender->send(0, 1).accepted == 1);
      CHECK(describe(take(*receiver, 1)) == Lines{"10.7.0.1 RST"});
    });
  }

  TEST_CASE("a batch may mix the families") {
    in_private_network([] {
      const Interface lo = find_interface("lo");
      if (texts(lo.addresses) != Lines{"127.0.0.1", "::1"}) {
        MESSAGE("skipped, no IPv6 here");
        return;
      }
      auto receiver = open_packet_receiver(lo, {.tcp_port = 40000});
      auto sender = open_raw_ip_sender(lo);
      fill(*sender, 0, tcp("::1", "::1", 9));
      fill(*sender, 1, tcp("127.0.0.1", "127.0.0.1", 9));
      fill(*sender, 2, tcp("127.0.0.1", "127.0.0.2", 9));
      fill(*sender, 3, tcp("::1", "::1", 10));
      CHECK(sender->send(0, 4).accepted == 4);
      CHECK(describe(take(*receiver, 4)) ==
            Lines{"::1 RST", "127.0.0.1 RST", "127.0.0.2 RST", "::1 RST"});
    });
  }

  TEST_CASE("what is not an IP packet stops the batch") {
    in_private_network([] {
      const Interface lo = find_interface("lo");
      auto sender = open_raw_ip_sender(lo);
      fill(*sender, 0, tcp("127.0.0.1", "127.0.0.1", 9));
      for (const Packet& bad : {Packet(40, 0x00), Packet(19, 0x45), Packet(39, 0x60), Packet{}}) {
        fill(*sender, 1, bad);
        const SendReport report = sender->send(0, 2);
        CHECK(report.accepted == 1);
        CHECK(report.outcome == SendOutcome::failed);
        CHECK(report.system_error == EINVAL);
      }
    });
  }

  TEST_CASE("bound to a device, packets leave through no other") {
    in_private_network([] {
      const Wire wire;
      run("ip addr add 10.7.0.1/24 dev near && ip addr add 10.8.0.1/24 dev far");
      run("ip neigh add 10.7.0.2 lladdr 02:00:00:00:00:22 dev near nud permanent");
      auto receiver = open_packet_receiver(wire.far(), {.everything = true});
      auto sender = open_raw_ip_sender(wire.near());
      const Packet probe = tcp("10.7.0.1", "10.7.0.2", 9);
      fill(*sender, 0, probe);
      CHECK(sender->send(0, 1).accepted == 1);
      const auto seen = take(*receiver, 1);
      REQUIRE(seen.size() == 1);
      // The kernel fills in an identification where there was none, and the checksum over it.
      CHECK(Packet(seen[0].bytes.begin() + 12, seen[0].bytes.end()) ==
            Packet(probe.begin() + 12, probe.end()));
    });
  }

  TEST_CASE("a packet that finds the device's queue full is not reported as sent") {
    in_private_network([] {
      const Wire wire;
      run("ip addr add 10.7.0.1/24 dev near");
      run("ip neigh add 10.7.0.2 lladdr 02:00:00:00:00:22 dev near nud permanent");
      run("tc qdisc add dev near root tbf rate 8kbit burst 200 limit 400");
      auto sender = open_raw_ip_sender(wire.near());
      for (std::size_t i = 0; i < 64; ++i) fill(*sender, i, tcp("10.7.0.1", "10.7.0.2", 9));
      const SendReport report = sender->send(0, 64);
      CHECK(report.accepted < 64);
      CHECK(report.outcome == SendOutcome::busy);
      CHECK(report.system_error == ENOBUFS);
    });
  }
}

#endif
