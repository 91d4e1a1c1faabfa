// Linux only: it needs a network namespace.
#ifdef __linux__

#include <doctest/doctest.h>

#include <algorithm>

#include "platform/packet_receiver.h"
#include "platform/private_network.h"
#include "platform/test_packets.h"

using namespace pacegate;
using namespace pacegate::platform;
using namespace pacegate::platform::test;

namespace {

constexpr std::uint16_t kPort = 40001;

struct Sample {
  std::string name;
  std::uint16_t ether_type;
  Packet packet;
};

Packet patched(Packet packet, std::size_t offset, std::uint8_t value) {
  packet.at(offset) = value;
  return packet;
}

/// An IPv4 packet with `options` zero words in its header.
Packet with_options(const Packet& plain, unsigned options) {
  Packet result(plain.begin(), plain.begin() + 20);
  result[0] = static_cast<std::uint8_t>(0x45 + options);
  result.resize(20 + 4 * options);
  result.insert(result.end(), plain.begin() + 20, plain.end());
  return result;
}

Packet icmp(const std::string& from, const std::string& to, std::uint8_t type) {
  const Packet quoted = tcp(to, from, 80);
  std::array<std::uint8_t, 256> buffer{};
  packet::IcmpErrorFields fields;
  fields.source = address(from);
  fields.destination = address(to);
  fields.type = type;
  fields.quoted = quoted;
  const std::size_t size = packet::build_icmp_error(fields, buffer);
  REQUIRE(size > 0);
  return {buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(size)};
}

Packet arp(std::uint8_t operation) {
  Packet packet(28);
  const Packet head{0, 1, 8, 0, 6, 4, 0, operation};
  std::copy(head.begin(), head.end(), packet.begin());
  return packet;
}

/// The next header replaced by another protocol number.
Packet v6_protocol(const Packet& packet, std::uint8_t protocol) {
  return patched(packet, 6, protocol);
}

std::vector<Sample> samples() {
  const Packet tcp4 = tcp("10.7.0.1", "10.7.0.2", kPort);
  const Packet tcp6 = tcp("fd00:7::1", "fd00:7::2", kPort);
  const Packet icmp6 = icmp("fd00:7::1", "fd00:7::2", 1);
  std::vector<Sample> all;
  const auto add4 = [&](const std::string& name, const Packet& packet) {
    all.push_back({name, packet::kEtherTypeIpv4, packet});
  };
  const auto add6 = [&](const std::string& name, const Packet& packet) {
    all.push_back({name, packet::kEtherTypeIpv6, packet});
  };
  add4("tcp4", tcp4);
  add4("tcp4 with options", with_options(tcp4, 10));
  add4("tcp4 that may be fragmented", patched(tcp4, 6, 0));
  add4("tcp4 other port", tcp("10.7.0.1", "10.7.0.2", kPort + 1));
  add4("tcp4 from the port",
       patched(patched(tcp("10.7.0.1", "10.7.0.2", 80), 20, kPort >> 8), 21, kPort & 0xff));
  // An option that looks like the port to whoever takes the header to be of 20 bytes.
  const Packet optioned = with_options(tcp("10.7.0.1", "10.7.0.2", 80), 1);
  add4("tcp4 port in an option", patched(patched(optioned, 22, kPort >> 8), 23, kPort & 0xff));
  add4("tcp4 first fragment", patched(tcp4, 6, 0x20));
  add4("tcp4 later fragment", patched(tcp4, 7, 0x01));
  add4("tcp4 cut before its port", Packet(tcp4.begin(), tcp4.begin() + 22));
  add4("udp4 to the port", patched(tcp4, 9, packet::kProtocolUdp));
  for (std::uint8_t type : {0, 3, 5, 8, 11, 12}) {
    add4("icmp4 " + std::to_string(type), icmp("10.7.0.1", "10.7.0.2", type));
  }
  add4("icmp4 3 with options", with_options(icmp("10.7.0.1", "10.7.0.2", 3), 3));
  add6("tcp6", tcp6);
  add6("tcp6 other port", tcp("fd00:7::1", "fd00:7::2", kPort + 1));
  add6("udp6 to the port", v6_protocol(tcp6, packet::kProtocolUdp));
  for (std::uint8_t type : {1, 2, 3, 128, 134, 135, 136, 137}) {
    add6("icmp6 " + std::to_string(type), patched(icmp6, 40, type));
  }
  all.push_back({"arp request", packet::kEtherTypeArp, arp(1)});
  all.push_back({"arp reply", packet::kEtherTypeArp, arp(2)});
  all.push_back({"other protocol", 0x88b5, tcp4});
  return all;
}

using Names = std::vector<std::string>;

std::string list(const Names& names) {
  std::string text;
  for (const std::string& name : names) text += name + "; ";
  return text;
}

using Open = std::unique_ptr<PacketReceiver> (*)(const Interface&, const ReceiveFilter&);

/// Sends all samples through a filter of `open`'s. \return the names of those that came out, in order
std::string passing(Open open, const ReceiveFilter& filter) {
  const Interface near = Wire::near();
  const Interface far = Wire::far();
  auto receiver = open(far, filter);
  auto probe = open_packet_receiver(far, {.everything = true});
  auto sender = open_packet_sender(near);
  const auto all = samples();
  for (std::size_t i = 0; i < all.size(); ++i) {
    fill(*sender, i, ethernet(far.mac, near.mac, all[i].ether_type, all[i].packet));
  }
  REQUIRE(sender->send(0, all.size()).accepted == all.size());
  // The unfiltered receiver has all of them once each: the filtered one then has what it will ever
  // have.
  REQUIRE(take(*probe, all.size()).size() == all.size());
  Names names;
  (void)receiver->receive(0, [&](const ReceivedPacket& received) {
    const auto sample = std::find_if(all.begin(), all.end(), [&](const Sample& each) {
      return each.ether_type == received.ether_type &&
             std::equal(each.packet.begin(), each.packet.end(), received.bytes.begin(),
                        received.bytes.end());
    });
    names.push_back(sample == all.end() ? "unknown" : sample->name);
  });
  return list(names);
}

const Names kTcp4{"tcp4", "tcp4 with options", "tcp4 that may be fragmented"};
const Names kIcmp4{"icmp4 3", "icmp4 11", "icmp4 3 with options"};
const Names kTcp6{"tcp6"};
const Names kIcmp6{"icmp6 1", "icmp6 3"};

std::string joined(std::initializer_list<Names> parts) {
  Names all;
  for (const Names& part : parts) all.insert(all.end(), part.begin(), part.end());
  return list(all);
}

}  // namespace

TEST_SUITE("receive filter") {
  TEST_CASE("each wish lets through exactly its packets") {
    in_private_network([] {
      const Wire wire;
      Open open = open_packet_receiver;
      SUBCASE("packet socket") {}
      SUBCASE("pcap") {
        open = open_pcap_receiver;
      }
      CHECK(passing(open, {}).empty());
      CHECK(passing(open, {.tcp_port = kPort}) == joined({kTcp4, kTcp6}));
      CHECK(passing(open, {.tcp_port = 1, .other_tcp_port = kPort}) == joined({kTcp4, kTcp6}));
      CHECK(passing(open, {.icmp_errors = true}) == joined({kIcmp4, kIcmp6}));
      CHECK(passing(open, {.neighbours = true}) == joined({{"icmp6 136", "arp reply"}}));
      CHECK(passing(open, {.tcp_port = kPort, .icmp_errors = true}) ==
            joined({kTcp4, kIcmp4, kTcp6, kIcmp6}));
      CHECK(passing(open, {.tcp_port = kPort, .icmp_errors = true, .neighbours = true}) ==
            joined({kTcp4, kIcmp4, kTcp6, kIcmp6, {"icmp6 136", "arp reply"}}));
      Names all;
      for (const Sample& sample : samples()) all.push_back(sample.name);
      CHECK(passing(open, {.everything = true}) == list(all));
    });
  }

  TEST_CASE("a long packet is cut to its first 176 bytes") {
    in_private_network([] {
      const Wire wire;
      Open open = open_packet_receiver;
      SUBCASE("packet socket") {}
      SUBCASE("pcap") {
        open = open_pcap_receiver;
      }
      auto receiver = open(wire.far(), {.everything = true});
      // The slots of a sender are too small for this one: the kernel makes it.
      run("ip addr add 10.7.0.1/24 dev near");
      run("ip neigh add 10.7.0.2 lladdr 02:00:00:00:00:22 dev near nud permanent");
      run("bash -c 'head -c 1000 /dev/zero > /dev/udp/10.7.0.2/9'");
      const auto seen = take(*receiver, 1);
      REQUIRE(seen.size() == 1);
      CHECK(seen[0].bytes.size() == 176);
      CHECK(seen[0].bytes[2] * 256 + seen[0].bytes[3] == 1028);
    });
  }
}

#endif
