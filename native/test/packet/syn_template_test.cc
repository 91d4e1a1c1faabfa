#include "packet/syn_template.h"

#include <doctest/doctest.h>

#include <thread>

#include "packet/parse.h"
#include "packet/test_frames.h"

using namespace pacegate;
using namespace pacegate::packet;
using namespace pacegate::packet::test;

namespace {

constexpr EthernetPair kLink{kProberMac, kAnswererMac};

SynRoute route_from(const IpAddress& source, bool ethernet) {
  return {source, 40000, 64, ethernet ? std::optional(kLink) : std::nullopt};
}

Frame render(const SynTemplate& probe_template, const SynProbe& probe) {
  Frame frame(probe_template.size());
  CHECK(probe_template.render(probe, frame) == frame.size());
  return frame;
}

/// Both checksums, by the tests' own sum.
bool checksums_hold(std::span<const std::uint8_t> packet) {
  const bool is_v6 = packet[0] >> 4 == 6;
  const std::size_t address = is_v6 ? 16 : 4;
  const std::size_t source = is_v6 ? 8 : 12;
  const std::size_t header = is_v6 ? 40 : 20;
  if (!is_v6 && !ip_checksum_holds(packet.first(header))) return false;
  return transport_checksum_holds(IpAddress::from_bytes(packet.subspan(source, address)),
                                  IpAddress::from_bytes(packet.subspan(source + address, address)),
                                  kProtocolTcp, packet.subspan(header));
}

}  // namespace

TEST_SUITE("packet/syn_template") {
  // These four frames drew SYN-ACKs from a Linux kernel, which drops a segment with a wrong
  // checksum.
  TEST_CASE("known frames") {
    const SynProbe to_v4{v4_host(2), 8080, 0x01020304, 7};
    const SynProbe to_v6{v6_host(2), 8080, 0x01020304, 7};
    const Frame v4 = from_hex(
        "0200000000020200000000010800"
        "4500002c00074000400625fd0a6300010a630002"
        "9c401f90010203040000000060020400bf870000020405b4");
    const Frame v6 = from_hex(
        "02000000000202000000000186dd"
        "6000000000180640fd000db8000000000000000000000001fd000db8000000000000000000000002"
        "9c401f90010203040000000060020400beef0000020405a0");
    const SynTemplate ethernet_v4(route_from(v4_host(1), true));
    const SynTemplate ethernet_v6(route_from(v6_host(1), true));
    const SynTemplate bare_v4(route_from(v4_host(1), false));
    const SynTemplate bare_v6(route_from(v6_host(1), false));
    CHECK(render(ethernet_v4, to_v4) == v4);
    CHECK(render(ethernet_v6, to_v6) == v6);
    CHECK(render(bare_v4, to_v4) == Frame(v4.begin() + 14, v4.end()));
    CHECK(render(bare_v6, to_v6) == Frame(v6.begin() + 14, v6.end()));
    CHECK(ethernet_v4.ip_offset() == 14);
    CHECK(ethernet_v6.size() == 78);
    CHECK(bare_v4.ip_offset() == 0);
    CHECK(bare_v4.size() == 44);
  }

  TEST_CASE("incremental checksums equal full ones on random routes and probes") {
    Random random(4);
    int wrong = 0;
    for (int i = 0; i < 20'000; ++i) {
      const IpFamily family = i % 2 == 0 ? IpFamily::v4 : IpFamily::v6;
      const bool ethernet = i % 4 < 2;
      SynRoute route = route_from(random.address(family), ethernet);
      route.source_port = random.u16();
      route.hop_limit = random.byte();
      const SynTemplate probe_template(route);
      Frame frame(probe_template.size());
      for (int k = 0; k < 4; ++k) {
        probe_template.render({random.address(family), random.u16(), random.u32(), random.u16()},
                              frame);
        if (!checksums_hold(std::span(frame).subspan(probe_template.ip_offset()))) ++wrong;
      }
    }
    CHECK(wrong == 0);
  }

  TEST_CASE("checksums at the corners: all fields zero or all ones") {
    for (const std::uint32_t word : {0U, 0xffffffffU, 0x0000ffffU, 0xffff0000U}) {
      const SynTemplate probe_template(
          {IpAddress::v4(word), static_cast<std::uint16_t>(word), 255, {}});
      const Frame frame =
          render(probe_template, {IpAddress::v4(word), static_cast<std::uint16_t>(word), word,
                                  static_cast<std::uint16_t>(word)});
      CHECK(checksums_hold(frame));
    }
  }

  TEST_CASE("what is rendered is what is parsed") {
    Random random(5);
    for (int i = 0; i < 200; ++i) {
      const IpFamily family = i % 2 == 0 ? IpFamily::v4 : IpFamily::v6;
      const SynRoute route{random.address(family), random.u16(), random.byte(), {}};
      const SynProbe probe{random.address(family), random.u16(), random.u32(), random.u16()};
      const ExactCopy copy(render(SynTemplate(route), probe));
      const auto packet = parse_ip(copy.bytes());
      REQUIRE(packet);
      CHECK(packet->source == route.source);
      CHECK(packet->destination == probe.destination);
      CHECK(packet->protocol == kProtocolTcp);
      CHECK(packet->hop_limit == route.hop_limit);
      const auto segment = parse_tcp(packet->payload);
      REQUIRE(segment);
      CHECK(segment->source_port == route.source_port);
      CHECK(segment->destination_port == probe.destination_port);
      CHECK(segment->sequence == probe.sequence);
      CHECK(segment->acknowledgment == 0);
      CHECK(segment->flags == kTcpSyn);
    }
  }

  TEST_CASE("a next hop replaces the destination MAC address and nothing else") {
    const SynProbe probe{v4_host(9), 22, 1, 2};
    const MacAddress next_hop{{0x02, 0x11, 0x22, 0x33, 0x44, 0x55}};
    const SynTemplate ethernet(route_from(v4_host(1), true));
    Frame frame(ethernet.size());
    CHECK(ethernet.render(probe, next_hop, frame) == ethernet.size());
    Frame expected = render(ethernet, probe);
    std::copy(next_hop.bytes.begin(), next_hop.bytes.end(), expected.begin());
    CHECK(frame == expected);

    const SynTemplate bare(route_from(v4_host(1), false));
    Frame packet(bare.size());
    CHECK(bare.render(probe, next_hop, packet) == bare.size());
    CHECK(packet == render(bare, probe));
  }

  TEST_CASE("a frame too small or of the other family is left as it was") {
    const MacAddress next_hop{{0x02, 0x11, 0x22, 0x33, 0x44, 0x55}};
    for (const IpAddress& source : {v4_host(1), v6_host(1)}) {
      const SynTemplate probe_template(route_from(source, true));
      const SynProbe right{source.plus(1), 1, 2, 3};
      const SynProbe wrong{source.is_v6() ? v4_host(2) : v6_host(2), 1, 2, 3};
      for (std::size_t size = 0; size < probe_template.size(); ++size) {
        const Frame untouched(size, 0xa5);
        Frame frame = untouched;
        CHECK(probe_template.render(right, frame) == 0);
        CHECK(probe_template.render(right, next_hop, frame) == 0);
        CHECK(frame == untouched);
      }
      const Frame untouched(128, 0xa5);
      Frame frame = untouched;
      CHECK(probe_template.render(wrong, frame) == 0);
      CHECK(probe_template.render(wrong, next_hop, frame) == 0);
      CHECK(frame == untouched);
    }
  }

  TEST_CASE("a larger frame keeps what lies beyond the probe") {
    const SynTemplate probe_template(route_from(v6_host(1), true));
    Frame frame(128, 0xa5);
    probe_template.render({v6_host(2), 1, 2, 3}, frame);
    CHECK(Frame(frame.begin() + 78, frame.end()) == Frame(50, 0xa5));
  }

  TEST_CASE("one template serves several threads") {
    const SynTemplate probe_template(route_from(v4_host(1), true));
    const auto work = [&probe_template](std::uint64_t seed, int& wrong) {
      Random random(seed);
      Frame frame(probe_template.size());
      for (int i = 0; i < 5'000; ++i) {
        probe_template.render(
            {random.address(IpFamily::v4), random.u16(), random.u32(), random.u16()}, frame);
        if (!checksums_hold(std::span(frame).subspan(14))) ++wrong;
      }
    };
    int wrong[2] = {};
    std::thread first(work, 6, std::ref(wrong[0]));
    std::thread second(work, 7, std::ref(wrong[1]));
    first.join();
    second.join();
    CHECK(wrong[0] + wrong[1] == 0);
  }
}
