#include "packet/checksum.h"

#include <doctest/doctest.h>

#include "packet/parse.h"
#include "packet/test_frames.h"

using namespace pacegate;
using namespace pacegate::packet;
using namespace pacegate::packet::test;

TEST_SUITE("packet/checksum") {
  TEST_CASE("the worked example of RFC 1071, section 3") {
    const Frame bytes = from_hex("0001f203f4f5f6f7");
    CHECK(checksum_add(0, bytes) == 0x2ddf0);
    CHECK(checksum_fold(checksum_add(0, bytes)) == 0xddf2);
    CHECK(checksum_finish(checksum_add(0, bytes)) == 0x220d);
  }

  TEST_CASE("an IPv4 header written by a kernel") {
    const Frame syn_ack = from_hex(kSynAckV4);
    CHECK(checksum_finish(checksum_add(0, std::span(syn_ack).first(20))) == 0);
    Frame without = syn_ack;
    without[10] = without[11] = 0;
    CHECK(checksum_finish(checksum_add(0, std::span(without).first(20))) == 0x2604);
  }

  TEST_CASE("an odd last byte counts as the upper half of a word") {
    CHECK(checksum_add(0, from_hex("ab")) == 0xab00);
    CHECK(checksum_add(1, from_hex("0102ff")) == 1 + 0x0102 + 0xff00);
    CHECK(checksum_add(7, {}) == 7);
  }

  TEST_CASE("even pieces add up to the whole") {
    Random random(1);
    for (int round = 0; round < 200; ++round) {
      Frame bytes(random.below(300));
      for (std::uint8_t& b : bytes) b = random.byte();
      const std::span<const std::uint8_t> all(bytes);
      const std::size_t cut = random.below(bytes.size() + 1) & ~std::size_t{1};
      CHECK(checksum_add(checksum_add(0, all.first(cut)), all.subspan(cut)) ==
            checksum_add(0, all));
    }
  }

  TEST_CASE("64 KiB of ones do not overflow, and fold to the negative zero") {
    const Frame bytes(65536, 0xff);
    CHECK(checksum_add(0, bytes) == std::uint64_t{32768} * 0xffff);
    CHECK(checksum_fold(checksum_add(0, bytes)) == 0xffff);
    CHECK(checksum_fold(~std::uint64_t{0}) == 0xffff);
    CHECK(checksum_finish(0) == 0xffff);
  }

  TEST_CASE("a 32-bit number is its two words") {
    Random random(2);
    for (int round = 0; round < 1000; ++round) {
      const std::uint32_t value = random.u32();
      const std::uint64_t sum = random.u32();
      const auto upper = static_cast<std::uint16_t>(value >> 16);
      const auto lower = static_cast<std::uint16_t>(value);
      CHECK(checksum_fold(checksum_add_u32(sum, value)) ==
            checksum_fold(checksum_add_word(checksum_add_word(sum, upper), lower)));
    }
  }

  TEST_CASE("pseudo headers, against segments a kernel summed") {
    const Frame reset = from_hex(kResetV4);
    const std::span<const std::uint8_t> segment = std::span<const std::uint8_t>(reset).subspan(20);
    const std::uint64_t v4 = pseudo_header_sum(v4_host(2), v4_host(1), kProtocolTcp, 20);
    CHECK(checksum_finish(checksum_add(v4, segment)) == 0);

    const Frame error = from_hex(kProhibitedV6);
    const std::uint64_t v6 = pseudo_header_sum(v6_host(2), v6_host(1), kProtocolIcmpv6, 72);
    CHECK(checksum_finish(checksum_add(v6, std::span<const std::uint8_t>(error).subspan(40))) == 0);
    // 0x14e7 is what veth leaves in a segment: the pseudo header's sum, not complemented.
    CHECK(checksum_fold(pseudo_header_sum(v4_host(2), v4_host(1), kProtocolTcp, 24)) == 0x14e7);
  }

  TEST_CASE("the IPv6 pseudo header takes a length of 32 bits") {
    const std::uint64_t sum = pseudo_header_sum(v6_host(1), v6_host(2), 6, 0x00010000);
    CHECK(checksum_fold(sum) == checksum_fold(pseudo_header_sum(v6_host(1), v6_host(2), 6, 1)));
  }

  TEST_CASE("the worked example of RFC 1624, section 4") {
    CHECK(checksum_update(0xdd2f, 0x5555, 0x3285) == 0x0000);
  }

  TEST_CASE("an update equals a sum over everything, whatever the words") {
    Random random(3);
    int wrong = 0;
    for (int round = 0; round < 100'000; ++round) {
      Frame bytes(20);
      for (std::uint8_t& b : bytes) b = random.byte();
      const std::uint16_t before = checksum_finish(checksum_add(0, bytes));
      const std::size_t at = 2 * random.below(10);
      const auto old_word = static_cast<std::uint16_t>(bytes[at] * 256 + bytes[at + 1]);
      // The corners of one's-complement arithmetic more often than chance has them.
      const std::uint16_t corners[] = {0, 0xffff, old_word, random.u16()};
      const std::uint16_t new_word = corners[random.below(4)];
      bytes[at] = static_cast<std::uint8_t>(new_word >> 8);
      bytes[at + 1] = static_cast<std::uint8_t>(new_word);
      const std::uint16_t after = checksum_finish(checksum_add(0, bytes));
      if (checksum_update(before, old_word, new_word) != after) ++wrong;
    }
    CHECK(wrong == 0);
  }
}
