#include <doctest/doctest.h>

#include "packet/checksum.h"
#include "packet/parse.h"
#include "packet/test_frames.h"

using namespace pacegate;
using namespace pacegate::packet;
using namespace pacegate::packet::test;

namespace {

constexpr std::size_t kMessage = 40;  // of the advertisement, behind the IPv6 header
constexpr std::size_t kOptions = 40 + 24;

/// Sets the length field and the checksum of an ICMPv6 packet, so that a test alters one thing
/// only.
void settle(Frame& packet) {
  const std::size_t bytes = packet.size() - kMessage;
  packet[4] = static_cast<std::uint8_t>(bytes >> 8);
  packet[5] = static_cast<std::uint8_t>(bytes);
  packet[kMessage + 2] = packet[kMessage + 3] = 0;
  const std::span<const std::uint8_t> all(packet);
  const std::uint64_t sum = pseudo_header_sum(IpAddress::from_bytes(all.subspan(8, 16)),
                                              IpAddress::from_bytes(all.subspan(24, 16)),
                                              kProtocolIcmpv6, static_cast<std::uint32_t>(bytes));
  const std::uint16_t checksum = checksum_finish(checksum_add(sum, all.subspan(kMessage)));
  packet[kMessage + 2] = static_cast<std::uint8_t>(checksum >> 8);
  packet[kMessage + 3] = static_cast<std::uint8_t>(checksum);
}

std::optional<NeighbourReply> parse(const Frame& bytes) {
  const ExactCopy copy(bytes);
  const auto packet = parse_ip(copy.bytes());
  return packet ? parse_neighbour_advertisement(*packet) : std::nullopt;
}

/// A kernel's advertisement with one byte changed.
std::optional<NeighbourReply> parse_with(std::size_t at, std::uint8_t value) {
  Frame packet = from_hex(kAdvertisement);
  packet[at] = value;
  settle(packet);
  return parse(packet);
}

/// A kernel's advertisement with other options.
std::optional<NeighbourReply> parse_with_options(std::string_view options) {
  Frame packet = from_hex(kAdvertisement);
  packet.resize(kOptions);
  const Frame bytes = from_hex(options);
  packet.insert(packet.end(), bytes.begin(), bytes.end());
  settle(packet);
  return parse(packet);
}

std::optional<NeighbourReply> parse_arp_with(std::size_t at, std::uint8_t value) {
  Frame bytes = from_hex(kArpReply);
  bytes[at] = value;
  return parse_arp_reply(ExactCopy(bytes).bytes());
}

}  // namespace

TEST_SUITE("packet/parse_arp_reply") {
  TEST_CASE("a reply of a kernel, also with Ethernet padding") {
    Frame bytes = from_hex(kArpReply);
    for (const std::size_t padding : {0, 18}) {
      bytes.resize(28 + padding);
      const auto reply = parse_arp_reply(ExactCopy(bytes).bytes());
      REQUIRE(reply);
      CHECK(reply->address == v4_host(2));
      CHECK(reply->mac == kAnswererMac);
    }
  }

  TEST_CASE("fewer than 28 bytes are refused") {
    const Frame whole = from_hex(kArpReply);
    for (std::size_t size = 0; size < whole.size(); ++size) {
      CHECK_FALSE(parse_arp_reply(ExactCopy(std::span(whole).first(size)).bytes()));
    }
  }

  TEST_CASE("only replies, only IPv4 over Ethernet") {
    // Every byte before the addresses is decisive.
    for (std::size_t at = 0; at < 8; ++at) {
      const std::uint8_t right = from_hex(kArpReply)[at];
      for (unsigned value = 0; value < 256; ++value) {
        CHECK(parse_arp_with(at, static_cast<std::uint8_t>(value)).has_value() == (value == right));
      }
    }
  }

  TEST_CASE("a broadcast or multicast MAC address is not believed") {
    CHECK_FALSE(parse_arp_with(8, 0xff));
    CHECK_FALSE(parse_arp_with(8, 0x01));
    CHECK(parse_arp_with(8, 0xfe));
  }
}

TEST_SUITE("packet/parse_neighbour_advertisement") {
  TEST_CASE("an advertisement of a kernel") {
    const auto reply = parse(from_hex(kAdvertisement));
    REQUIRE(reply);
    CHECK(reply->address == v6_host(2));
    CHECK(reply->mac == kAnswererMac);
  }

  TEST_CASE("the tests of RFC 4861, section 7.1.2") {
    CHECK(parse_with(7, 255));
    CHECK_FALSE(parse_with(7, 254));              // hop limit
    CHECK_FALSE(parse_with(kMessage, 135));       // a solicitation
    CHECK_FALSE(parse_with(kMessage + 1, 1));     // code
    CHECK_FALSE(parse_with(kMessage + 8, 0xff));  // a multicast target
    CHECK_FALSE(parse_with(6, kProtocolTcp));
    Frame wrong = from_hex(kAdvertisement);
    wrong[kMessage + 3] ^= 1;
    CHECK_FALSE(parse(wrong));
  }

  TEST_CASE("to a multicast address only unsolicited ones") {
    Frame packet = from_hex(kAdvertisement);
    const Frame all_nodes = from_hex("ff020000000000000000000000000001");
    std::copy(all_nodes.begin(), all_nodes.end(), packet.begin() + 24);
    settle(packet);
    CHECK_FALSE(parse(packet));
    packet[kMessage + 4] = 0x20;  // override alone
    settle(packet);
    CHECK(parse(packet));
  }

  TEST_CASE("the target's MAC address among other options") {
    CHECK(parse_with_options("0201020000000002"));
    CHECK(parse_with_options("0e01aabbccddeeff0201020000000002"));
    CHECK(parse_with_options("0e02aabbccddeeff00112233445566770201020000000002"));
    const auto first = parse_with_options("02010200000000020201020000000003");
    REQUIRE(first);
    CHECK(first->mac == kAnswererMac);
  }

  TEST_CASE("no MAC address, no answer") {
    CHECK_FALSE(parse_with_options(""));
    CHECK_FALSE(parse_with_options("0101020000000002"));  // the source's, not the target's
    CHECK_FALSE(parse_with_options("0202020000000002aabbccddeeff0011"));  // not Ethernet
    CHECK_FALSE(parse_with_options("0201030000000002"));                  // multicast
    CHECK_FALSE(parse_with_options("0201ffffffffffff"));                  // broadcast
  }

  TEST_CASE("one malformed option spoils the message, even behind the answer") {
    CHECK_FALSE(parse_with_options("0200020000000002"));
    CHECK_FALSE(parse_with_options("02010200000000020e00000000000000"));
    CHECK_FALSE(parse_with_options("02010200000000020e02000000000000"));
    CHECK_FALSE(parse_with_options("02010200000000020e"));
    CHECK_FALSE(parse_with_options("020102000000000200"));
  }

  TEST_CASE("cut at any length") {
    const Frame whole = from_hex(kAdvertisement);
    for (std::size_t size = kMessage + 4; size < whole.size(); ++size) {
      Frame packet(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
      settle(packet);
      CHECK_FALSE(parse(packet));
    }
  }

  TEST_CASE("IPv4 carries none") {
    IpPacket packet;
    packet.source = v4_host(2);
    packet.destination = v4_host(1);
    packet.protocol = kProtocolIcmpv6;
    packet.hop_limit = 255;
    const Frame bytes = from_hex(kAdvertisement);
    packet.payload = std::span(bytes).subspan(kMessage);
    CHECK_FALSE(parse_neighbour_advertisement(packet));
  }
}
