/// Bytes that nobody meant to be packets. The sanitizers are half of each test here: every input is
/// a heap block of exactly its size.
#include <doctest/doctest.h>

#include <array>
#include <string_view>

#include "packet/parse.h"
#include "packet/test_frames.h"

using namespace pacegate;
using namespace pacegate::packet;
using namespace pacegate::packet::test;

namespace {

constexpr std::array kPackets{kSynAckV4,   kResetV4,      kProhibitedV4, kTimeExceededV4,
                              kSynAckV6,   kResetV6,      kProhibitedV6, kTimeExceededV6,
                              kHopByHopV6, kAdvertisement};

/// What came out of all parsers, with what must hold of it whatever went in.
struct Outcome {
  int packets = 0;
  int segments = 0;
  int errors = 0;
  int neighbours = 0;
  int broken = 0;
};

void parse_all(std::span<const std::uint8_t> bytes, Outcome& outcome) {
  if (parse_arp_reply(bytes)) ++outcome.neighbours;
  if (parse_tcp(bytes)) ++outcome.segments;
  const auto packet = parse_ip(bytes);
  if (!packet) return;
  ++outcome.packets;
  const std::uint8_t* const begin = bytes.data();
  const std::uint8_t* const first = packet->payload.data();
  if (first < begin + 20 || first + packet->payload.size() > begin + bytes.size()) ++outcome.broken;
  if (packet->source.family() != packet->destination.family()) ++outcome.broken;
  if (parse_tcp(packet->payload)) ++outcome.segments;
  if (const auto error = parse_icmp_error(*packet)) {
    ++outcome.errors;
    if (error->quoted_destination.family() != packet->source.family()) ++outcome.broken;
    if (error->quoted_protocol == kProtocolUdp && error->quoted_sequence != 0) ++outcome.broken;
  }
  if (const auto reply = parse_neighbour_advertisement(*packet)) {
    ++outcome.neighbours;
    if (!reply->address.is_v6() || (reply->mac.bytes[0] & 1) != 0) ++outcome.broken;
  }
}

}  // namespace

TEST_SUITE("packet/parse_hostile") {
  TEST_CASE("a packet cut at any length is refused") {
    for (const std::string_view text : kPackets) {
      const Frame whole = from_hex(text);
      for (std::size_t size = 0; size < whole.size(); ++size) {
        const ExactCopy copy{std::span(whole).first(size)};
        CHECK_FALSE(parse_ip(copy.bytes()));
      }
      const ExactCopy copy(whole);
      CHECK(parse_ip(copy.bytes()));
    }
  }

  TEST_CASE("a packet cut at any length with its length field set to match") {
    Outcome outcome;
    for (const std::string_view text : kPackets) {
      const Frame whole = from_hex(text);
      const bool is_v6 = whole[0] >> 4 == 6;
      for (std::size_t size = is_v6 ? 40 : 20; size <= whole.size(); ++size) {
        Frame cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
        cut[is_v6 ? 5 : 3] = static_cast<std::uint8_t>(is_v6 ? size - 40 : size);
        const ExactCopy copy(cut);
        parse_all(copy.bytes(), outcome);
      }
    }
    CHECK(outcome.broken == 0);
    // Each error from its 8th quoted transport byte on: 17 cuts of a quoted segment of 24 bytes.
    CHECK(outcome.errors == 4 * 17);
    CHECK(outcome.neighbours == 1);
  }

  TEST_CASE("random bytes") {
    Random random(9);
    Outcome outcome;
    for (int i = 0; i < 200'000; ++i) {
      Frame bytes(random.below(129));
      for (std::size_t at = 0; at < bytes.size(); at += 8) {
        std::uint64_t word = random.next();
        for (std::size_t k = at; k < at + 8 && k < bytes.size(); ++k, word >>= 8) {
          bytes[k] = static_cast<std::uint8_t>(word);
        }
      }
      // Chance alone seldom gets past the first byte.
      if (!bytes.empty() && i % 2 == 0) bytes[0] = i % 4 == 0 ? 0x45 : 0x60;
      const ExactCopy copy(bytes);
      parse_all(copy.bytes(), outcome);
    }
    CHECK(outcome.broken == 0);
    CHECK(outcome.segments > 0);
  }

  TEST_CASE("real packets with a few bytes changed") {
    Random random(10);
    Outcome outcome;
    std::vector<Frame> packets;
    for (const std::string_view text : kPackets) packets.push_back(from_hex(text));
    for (int i = 0; i < 200'000; ++i) {
      Frame bytes = packets[random.below(packets.size())];
      for (std::size_t n = random.below(4); n > 0; --n) {
        bytes[random.below(bytes.size())] = random.byte();
      }
      const ExactCopy copy(bytes);
      parse_all(copy.bytes(), outcome);
    }
    CHECK(outcome.broken == 0);
    CHECK(outcome.packets > 100'000);
    CHECK(outcome.segments > 10'000);
    CHECK(outcome.errors > 10'000);
    CHECK(outcome.neighbours > 1'000);
  }
}
