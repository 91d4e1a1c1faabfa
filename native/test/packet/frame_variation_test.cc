#include "packet/frame_variation.h"

#include <doctest/doctest.h>

#include <optional>
#include <string>

#include "packet/frame_parts.h"

using namespace pacegate;
using namespace pacegate::packet;
using namespace pacegate::packet::test;

namespace {

Frame written(const FrameVariation& variation, std::uint64_t index) {
  Frame slot(variation.size() + 3, 0xee);  // what an earlier frame left there
  CHECK(variation.write(index, slot) == variation.size());
  CHECK(slot.back() == 0xee);
  slot.resize(variation.size());
  return slot;
}

/// What the parts make when they are built anew with frame `index`'s value in the varied field.
Frame rebuilt(FrameParts parts, VariedField field, std::uint32_t value) {
  if (field == VariedField::ipv4_destination) {
    parts.destination = IpAddress::v4(value);
  } else {
    parts.destination_port = static_cast<std::uint16_t>(value);
  }
  return parts.build();
}

TemplateFault fault_of(const Frame& frame, bool ethernet, VariedField field) {
  const ExactCopy copy(frame);
  return FrameVariation(copy.bytes(), ethernet, field).fault();
}

FrameParts random_parts(Random& random) {
  FrameParts parts;
  const bool is_v6 = random.below(2) == 0;
  parts.ethernet = random.below(2) == 0;
  parts.source = random.address(is_v6 ? IpFamily::v6 : IpFamily::v4);
  parts.destination = random.address(is_v6 ? IpFamily::v6 : IpFamily::v4);
  constexpr std::uint8_t kProtocols[] = {kProtocolTcp, kProtocolUdp, kProtocolIcmp};
  parts.protocol = kProtocols[random.below(is_v6 ? 2 : 3)];
  parts.source_port = random.u16();
  parts.destination_port = random.u16();
  parts.ip_options = is_v6 ? 8 * random.below(3) : 4 * random.below(11);
  parts.padding = random.below(8);
  parts.payload.resize(random.below(200));
  for (std::uint8_t& byte : parts.payload) byte = random.byte();
  return parts;
}

VariedField random_field(const FrameParts& parts, Random& random) {
  if (parts.protocol == kProtocolIcmp) return VariedField::ipv4_destination;
  if (parts.destination.is_v6() || random.below(2) == 0) return VariedField::destination_port;
  return VariedField::ipv4_destination;
}

}  // namespace

TEST_SUITE("packet/frame_variation") {
  TEST_CASE("P3 a varied frame is the one that would be built anew, byte for byte") {
    Random random(11);
    int wrong = 0;
    for (int i = 0; i < 30'000; ++i) {
      const FrameParts parts = random_parts(random);
      const VariedField field = random_field(parts, random);
      const ExactCopy frame(parts.build());
      FrameVariation variation(frame.bytes(), parts.ethernet, field);
      REQUIRE(variation.fault() == TemplateFault::none);
      const std::uint32_t start = random.u32() & variation.limit();
      variation.start_at(start);
      const std::uint64_t index = random.below(std::size_t{variation.limit()} + 1 - start);
      const auto value = static_cast<std::uint32_t>(start + index);
      if (written(variation, index) != rebuilt(parts, field, value)) ++wrong;
    }
    CHECK(wrong == 0);
  }

  TEST_CASE("P3 every length of payload, odd ones too") {
    for (std::size_t length = 0; length <= 1500; ++length) {
      FrameParts parts;
      parts.protocol = length % 2 == 0 ? kProtocolUdp : kProtocolTcp;
      parts.payload.assign(length, 0x5a);
      const Frame frame = parts.build();
      const FrameVariation variation(frame, parts.ethernet, VariedField::ipv4_destination);
      REQUIRE(variation.fault() == TemplateFault::none);
      REQUIRE(written(variation, 0) == frame);
      const std::uint32_t next = parts.destination.to_u32() + 1;
      REQUIRE(written(variation, 1) == rebuilt(parts, VariedField::ipv4_destination, next));
    }
  }

  TEST_CASE("P3 all 65536 values of a port: checksums pass through 0x0000 and 0xffff") {
    for (const std::uint8_t protocol : {kProtocolTcp, kProtocolUdp}) {
      for (const bool is_v6 : {false, true}) {
        FrameParts parts;
        parts.protocol = protocol;
        if (is_v6) parts.source = parts.destination = v6_host(3);
        parts.payload = {1, 2, 3};
        FrameVariation variation(parts.build(), parts.ethernet, VariedField::destination_port);
        REQUIRE(variation.fault() == TemplateFault::none);
        CHECK(variation.first() == parts.destination_port);
        variation.start_at(0);
        int wrong = 0;
        int zero_sums = 0;
        for (std::uint32_t port = 0; port <= 0xffff; ++port) {
          const Frame frame = written(variation, port);
          wrong += frame != rebuilt(parts, VariedField::destination_port, port) ? 1 : 0;
          zero_sums += parts.checksum_in(frame) == (protocol == kProtocolTcp ? 0 : 0xffff) ? 1 : 0;
        }
        CHECK(wrong == 0);
        CHECK(zero_sums > 0);
      }
    }
  }

  TEST_CASE("a template whose right checksum is written as 0xffff gives the same frames") {
    FrameParts parts;
    FrameVariation variation(parts.build(), parts.ethernet, VariedField::destination_port);
    variation.start_at(0);
    for (std::uint32_t port = 0; port <= 0xffff; ++port) {
      Frame frame = written(variation, port);
      if (parts.checksum_in(frame) != 0) continue;
      parts.set_checksum_in(frame, 0xffff);
      const FrameVariation other(frame, parts.ethernet, VariedField::destination_port);
      CHECK(written(other, 0) == written(variation, port));
      CHECK(written(other, 1) == written(variation, port + 1));
      return;
    }
    FAIL("no port gives the checksum 0");
  }

  TEST_CASE("a UDP checksum of 0 means none and stays 0") {
    for (const VariedField field : {VariedField::ipv4_destination, VariedField::destination_port}) {
      FrameParts parts;
      parts.protocol = kProtocolUdp;
      Frame frame = parts.build();
      parts.set_checksum_in(frame, 0);
      const FrameVariation variation(frame, parts.ethernet, field);
      for (std::uint64_t index = 0; index < 300; ++index) {
        REQUIRE(parts.checksum_in(written(variation, index)) == 0);
      }
    }
  }

  TEST_CASE("a wrong checksum stays wrong by the same amount") {
    FrameParts parts;
    Frame frame = parts.build();
    const std::uint16_t right = parts.checksum_in(frame);
    parts.set_checksum_in(frame, static_cast<std::uint16_t>(right + 5));
    const FrameVariation variation(frame, parts.ethernet, VariedField::destination_port);
    CHECK(parts.checksum_in(written(variation, 1)) == right + 4);
  }

  TEST_CASE("frames may be written in any order, and values wrap") {
    FrameParts parts;
    const Frame frame = parts.build();
    FrameVariation addresses(frame, parts.ethernet, VariedField::ipv4_destination);
    CHECK(addresses.limit() == 0xffffffff);
    addresses.start_at(0xffffffff);
    CHECK(written(addresses, 1) == rebuilt(parts, VariedField::ipv4_destination, 0));
    CHECK(written(addresses, 0) == rebuilt(parts, VariedField::ipv4_destination, 0xffffffff));
    FrameVariation ports(frame, parts.ethernet, VariedField::destination_port);
    CHECK(ports.limit() == 0xffff);
    ports.start_at(65'000);
    CHECK(written(ports, 1'000) == rebuilt(parts, VariedField::destination_port, 464));
  }

  TEST_CASE("what does not vary may be anything that the device sends") {
    const Frame arp(60, 0x11);
    const FrameVariation variation(arp, true, VariedField::none);
    CHECK(variation.fault() == TemplateFault::none);
    CHECK(variation.limit() == 0);
    CHECK(written(variation, 7) == arp);
    CHECK(fault_of(Frame(13), true, VariedField::none) == TemplateFault::no_ethernet_header);
    CHECK(fault_of(Frame{}, true, VariedField::none) == TemplateFault::no_ethernet_header);
    CHECK(fault_of(Frame{}, false, VariedField::none) == TemplateFault::no_ip_packet);
    CHECK(fault_of(Frame(19, 0x45), false, VariedField::none) == TemplateFault::no_ip_packet);
    CHECK(fault_of(Frame(20, 0x45), false, VariedField::none) == TemplateFault::none);
    CHECK(fault_of(Frame(39, 0x60), false, VariedField::none) == TemplateFault::no_ip_packet);
    CHECK(fault_of(Frame(40, 0x60), false, VariedField::none) == TemplateFault::none);
    CHECK(fault_of(Frame(60, 0x11), false, VariedField::none) == TemplateFault::no_ip_packet);
  }

  TEST_CASE("templates that do not hold what is varied are refused, each for its reason") {
    constexpr auto kPort = VariedField::destination_port;
    constexpr auto kAddress = VariedField::ipv4_destination;
    FrameParts v4;
    FrameParts v6;
    v6.source = v6.destination = v6_host(1);
    CHECK(fault_of(Frame(13), true, kPort) == TemplateFault::no_ethernet_header);
    CHECK(fault_of(v6.build(), true, kAddress) == TemplateFault::not_ipv4);
    Frame frame = v4.build();
    frame[12] = 0x81;  // a VLAN tag
    CHECK(fault_of(frame, true, kPort) == TemplateFault::no_ip_packet);
    CHECK(fault_of(v4.build(), false, kPort) == TemplateFault::no_ip_packet);
    frame = v4.build();
    frame[14 + 6] = 0x20;  // more fragments
    CHECK(fault_of(frame, true, kAddress) == TemplateFault::fragment);
    frame = v4.build();
    frame[14 + 2] = 0x40;  // total length
    CHECK(fault_of(frame, true, kAddress) == TemplateFault::wrong_length);
    frame[14 + 2] = 0;
    frame[14 + 3] = 19;
    CHECK(fault_of(frame, true, kAddress) == TemplateFault::wrong_length);
    v4.protocol = kProtocolIcmp;
    CHECK(fault_of(v4.build(), true, kPort) == TemplateFault::no_transport);
    CHECK(fault_of(v4.build(), true, kAddress) == TemplateFault::none);
    v4.protocol = 136;  // UDP-Lite, whose checksum would need another rule
    CHECK(fault_of(v4.build(), true, kAddress) == TemplateFault::no_transport);
    v6.protocol = kProtocolIcmpv6;
    CHECK(fault_of(v6.build(), true, kPort) == TemplateFault::no_transport);
  }

  TEST_CASE("a template cut anywhere is refused and nothing beyond it is read") {
    for (const std::uint8_t protocol : {kProtocolTcp, kProtocolUdp}) {
      FrameParts parts;
      parts.protocol = protocol;
      const Frame whole = parts.build();
      for (std::size_t size = 0; size < whole.size(); ++size) {
        const Frame cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
        CHECK(fault_of(cut, true, VariedField::ipv4_destination) != TemplateFault::none);
        CHECK(fault_of(cut, true, VariedField::destination_port) != TemplateFault::none);
      }
    }
  }

  TEST_CASE("every fault has words") {
    for (auto fault = TemplateFault::no_ethernet_header; fault <= TemplateFault::no_transport;
         fault = static_cast<TemplateFault>(static_cast<int>(fault) + 1)) {
      CHECK(std::string(describe(fault)).starts_with("must "));
    }
    CHECK(std::string(describe(TemplateFault::none)).empty());
  }
}
