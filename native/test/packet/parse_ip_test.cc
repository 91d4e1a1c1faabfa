#include <doctest/doctest.h>

#include "packet/parse.h"
#include "packet/test_frames.h"

using namespace pacegate;
using namespace pacegate::packet;
using namespace pacegate::packet::test;

namespace {

/// An IPv6 packet whose payload is `payload`, the first of it of kind `next_header`.
Frame ipv6_packet(std::uint8_t next_header, std::span<const std::uint8_t> payload) {
  Frame packet = from_hex(
      "6000000000000040fd000db8000000000000000000000001"
      "fd000db8000000000000000000000002");
  packet[4] = static_cast<std::uint8_t>(payload.size() >> 8);
  packet[5] = static_cast<std::uint8_t>(payload.size());
  packet[6] = next_header;
  packet.insert(packet.end(), payload.begin(), payload.end());
  return packet;
}

std::optional<IpPacket> parse(const ExactCopy& copy) {
  return parse_ip(copy.bytes());
}

}  // namespace

TEST_SUITE("packet/parse_ip") {
  TEST_CASE("an IPv4 packet of a kernel") {
    const ExactCopy copy(from_hex(kResetV4));
    const auto packet = parse(copy);
    REQUIRE(packet);
    CHECK(packet->source == v4_host(2));
    CHECK(packet->destination == v4_host(1));
    CHECK(packet->protocol == kProtocolTcp);
    CHECK(packet->hop_limit == 64);
    CHECK(packet->payload.data() == copy.bytes().data() + 20);
    CHECK(packet->payload.size() == 20);
  }

  TEST_CASE("an IPv6 packet of a kernel") {
    const ExactCopy copy(from_hex(kResetV6));
    const auto packet = parse(copy);
    REQUIRE(packet);
    CHECK(packet->source == v6_host(2));
    CHECK(packet->destination == v6_host(1));
    CHECK(packet->protocol == kProtocolTcp);
    CHECK(packet->hop_limit == 64);
    CHECK(packet->payload.data() == copy.bytes().data() + 40);
    CHECK(packet->payload.size() == 20);
  }

  TEST_CASE("of a packet that a capture has cut, the payload is what is left") {
    const Frame whole = from_hex(kResetV4);
    const ExactCopy cut(Frame(whole.begin(), whole.begin() + 30));
    CHECK_FALSE(parse_ip(cut.bytes()));
    CHECK_FALSE(parse_ip(cut.bytes(), 39));
    const auto packet = parse_ip(cut.bytes(), 40);
    REQUIRE(packet);
    CHECK(packet->payload.data() == cut.bytes().data() + 20);
    CHECK(packet->payload.size() == 10);
    CHECK(parse_ip(ExactCopy(whole).bytes(), 0)->payload.size() == 20);
    CHECK_FALSE(parse_ip(ExactCopy(Frame(whole.begin(), whole.begin() + 19)).bytes(), 40));
  }

  TEST_CASE("a hop-by-hop header of a kernel") {
    const ExactCopy copy(from_hex(kHopByHopV6));
    const auto packet = parse(copy);
    REQUIRE(packet);
    CHECK(packet->protocol == kProtocolIcmpv6);
    CHECK(packet->payload.size() == 88);
    CHECK(packet->payload[0] == 143);
  }

  TEST_CASE("padding behind the packet is cut off") {
    for (const std::string_view text : {kResetV4, kResetV6}) {
      Frame padded = from_hex(text);
      padded.resize(padded.size() + 6, 0xee);
      const ExactCopy copy(padded);
      const auto packet = parse(copy);
      REQUIRE(packet);
      CHECK(packet->payload.size() == 20);
    }
  }

  TEST_CASE("IPv4 options are skipped, whatever they are") {
    for (std::uint8_t words = 6; words <= 15; ++words) {
      Frame packet = from_hex(kResetV4);
      packet.insert(packet.begin() + 20, 4 * (words - 5), 0x01);
      packet[0] = static_cast<std::uint8_t>(0x40 | words);
      packet[3] = static_cast<std::uint8_t>(packet.size());
      const ExactCopy copy(packet);
      const auto parsed = parse(copy);
      REQUIRE(parsed);
      CHECK(parsed->payload.size() == 20);
      REQUIRE(parse_tcp(parsed->payload));
      CHECK(parse_tcp(parsed->payload)->source_port == 8081);
    }
  }

  TEST_CASE("every other header length is refused") {
    for (std::uint8_t words = 0; words < 16; ++words) {
      Frame packet = from_hex(kResetV4);
      packet[0] = static_cast<std::uint8_t>(0x40 | words);
      // 5 to 10 words lie within its 40 bytes.
      CHECK(parse(ExactCopy(packet)).has_value() == (words >= 5 && words <= 10));
    }
  }

  TEST_CASE("an IPv4 length shorter than the header or longer than the bytes is refused") {
    for (std::size_t length = 0; length <= 64; ++length) {
      Frame packet = from_hex(kResetV4);
      packet[3] = static_cast<std::uint8_t>(length);
      const ExactCopy copy(packet);
      const auto parsed = parse(copy);
      CHECK(parsed.has_value() == (length >= 20 && length <= 40));
      if (parsed) CHECK(parsed->payload.size() == length - 20);
    }
  }

  TEST_CASE("an IPv6 length longer than the bytes is refused") {
    for (std::size_t length = 0; length <= 64; ++length) {
      Frame packet = from_hex(kResetV6);
      packet[5] = static_cast<std::uint8_t>(length);
      const ExactCopy copy(packet);
      const auto parsed = parse(copy);
      CHECK(parsed.has_value() == (length <= 20));
      if (parsed) CHECK(parsed->payload.size() == length);
    }
  }

  TEST_CASE("IPv4 fragments are refused, the other two flags are not") {
    const auto with_field = [](std::uint16_t field) {
      Frame packet = from_hex(kResetV4);
      packet[6] = static_cast<std::uint8_t>(field >> 8);
      packet[7] = static_cast<std::uint8_t>(field);
      return parse(ExactCopy(packet)).has_value();
    };
    CHECK(with_field(0x0000));
    CHECK(with_field(0x4000));
    CHECK(with_field(0x8000));
    CHECK_FALSE(with_field(0x2000));
    for (unsigned bit = 0; bit < 13; ++bit)
      CHECK_FALSE(with_field(static_cast<std::uint16_t>(1U << bit)));
  }

  TEST_CASE("only versions 4 and 6 exist") {
    for (unsigned version = 0; version < 16; ++version) {
      Frame packet = from_hex(kResetV6);
      packet[0] = static_cast<std::uint8_t>(version << 4);
      // A header of 0 words is no IPv4 header either.
      CHECK(parse(ExactCopy(packet)).has_value() == (version == 6));
    }
    CHECK_FALSE(parse_ip({}));
  }

  TEST_CASE("a chain of all four extension headers ends at TCP") {
    const Frame tcp = from_hex("1f919c40000000000102030650140000158f0000");
    Frame chain = from_hex(
        "3c00010400000000"                  // hop-by-hop
        "2b01010c000000000000000000000000"  // destination options, 16 bytes
        "2c00000000000000"                  // routing
        "0600000012345678");                // atomic fragment
    chain.insert(chain.end(), tcp.begin(), tcp.end());
    const ExactCopy copy(ipv6_packet(0, chain));
    const auto packet = parse(copy);
    REQUIRE(packet);
    CHECK(packet->protocol == kProtocolTcp);
    CHECK(packet->payload.size() == tcp.size());
    CHECK(Frame(packet->payload.begin(), packet->payload.end()) == tcp);
  }

  TEST_CASE("an IPv6 fragment header: atomic passes, all else is refused") {
    const auto with_field = [](std::uint16_t field) {
      Frame fragment = from_hex("06ff000000000000aabbccdd");  // its second byte is reserved
      fragment[2] = static_cast<std::uint8_t>(field >> 8);
      fragment[3] = static_cast<std::uint8_t>(field);
      return parse(ExactCopy(ipv6_packet(44, fragment))).has_value();
    };
    CHECK(with_field(0x0000));
    CHECK(with_field(0x0006));  // the reserved bits
    CHECK_FALSE(with_field(0x0001));
    for (unsigned bit = 3; bit < 16; ++bit)
      CHECK_FALSE(with_field(static_cast<std::uint16_t>(1U << bit)));
  }

  TEST_CASE("eight extension headers are walked, nine are too many") {
    for (std::size_t count = 0; count <= 20; ++count) {
      Frame chain;
      for (std::size_t i = 0; i < count; ++i) {
        const Frame header = from_hex(i + 1 == count ? "0600010400000000" : "3c00010400000000");
        chain.insert(chain.end(), header.begin(), header.end());
      }
      CHECK(parse(ExactCopy(ipv6_packet(count == 0 ? 6 : 60, chain))).has_value() == (count <= 8));
    }
  }

  TEST_CASE("a hop-by-hop header is refused anywhere but first") {
    CHECK(parse(ExactCopy(ipv6_packet(0, from_hex("3c00010400000000"
                                                  "0600010400000000")))));
    CHECK_FALSE(parse(ExactCopy(ipv6_packet(60, from_hex("0000010400000000"
                                                         "0600010400000000")))));
    CHECK_FALSE(parse(ExactCopy(ipv6_packet(0, from_hex("0000010400000000"
                                                        "0600010400000000")))));
  }

  TEST_CASE("an extension header may fill the payload, but not leave it") {
    for (const std::uint8_t kind : {0, 43, 60}) {
      for (std::size_t units = 0; units < 5; ++units) {
        Frame header(8 * 3);
        header[0] = 59;  // no next header
        header[1] = static_cast<std::uint8_t>(units);
        CHECK(parse(ExactCopy(ipv6_packet(kind, header))).has_value() == (units < 3));
      }
      Frame longest(8 * 256);
      longest[0] = 59;
      longest[1] = 255;
      CHECK(parse(ExactCopy(ipv6_packet(kind, longest))));
      CHECK_FALSE(parse(ExactCopy(ipv6_packet(kind, std::span(longest).first(2047)))));
    }
  }

  TEST_CASE("bytes beyond the IPv6 length field are no part of an extension header") {
    Frame packet = ipv6_packet(60, from_hex("0600010400000000"));
    packet[5] = 7;
    CHECK_FALSE(parse(ExactCopy(packet)));
  }

  TEST_CASE("an unknown header ends the walk as the protocol") {
    for (const std::uint8_t kind : {50, 51, 59, 135, 253}) {
      const ExactCopy copy(ipv6_packet(kind, from_hex("0600010400000000")));
      const auto packet = parse(copy);
      REQUIRE(packet);
      CHECK(packet->protocol == kind);
      CHECK(packet->payload.size() == 8);
    }
  }
}
