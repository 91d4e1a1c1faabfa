#include "core/limit/key_id.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

namespace pacegate {
namespace {

constexpr SipKey kSeed{0x0123456789abcdefU, 0xfedcba9876543210U};

std::span<const std::uint8_t> bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

}  // namespace

TEST_SUITE("key_id") {
  TEST_CASE("H1 a million numbers are a million keys, evenly placed, whatever their pattern") {
    const KeyHasher hasher(kSeed, 64);
    constexpr std::uint32_t kCount = 1U << 20;
    for (const std::uint32_t step : {1U, 256U, 65'537U, 0x01000193U}) {
      CAPTURE(step);
      std::vector<KeyId> ids;
      std::array<std::uint32_t, 256> places{};
      for (std::uint32_t i = 0; i < kCount; ++i) {
        ids.push_back(hasher.of(i * step));
        ++places[ids.back() >> 56];
        REQUIRE((ids.back() & 3) == 0);
      }
      std::sort(ids.begin(), ids.end());
      const std::size_t distinct =
          static_cast<std::size_t>(std::unique(ids.begin(), ids.end()) - ids.begin());
      CHECK(distinct == kCount);
      // 4096 each, with a deviation of 64.
      CHECK(*std::max_element(places.begin(), places.end()) < 4096 + 6 * 64);
      CHECK(*std::min_element(places.begin(), places.end()) > 4096 - 6 * 64);
    }
  }

  TEST_CASE("H1 kinds of keys are told apart, and seeds give other places") {
    const KeyHasher hasher(kSeed, 64);
    const KeyHasher other({kSeed.k0 + 1, kSeed.k1}, 64);
    const std::array<std::uint8_t, 16> zero{};
    const IpAddress v6 = IpAddress::from_bytes(zero);
    CHECK(hasher.of(0U) != hasher.of(bytes_of({"\0\0\0\0", 4})));
    CHECK(hasher.of(v6) != hasher.of(std::span<const std::uint8_t>(zero)));
    CHECK(hasher.of(v6) != hasher.of(0U));
    CHECK(hasher.of(IpAddress::v4(77)) == hasher.of(77U));
    CHECK(hasher.of(bytes_of("")) != hasher.of(bytes_of({"\0", 1})));
    CHECK(hasher.of(5U) != other.of(5U));
    CHECK(hasher.of(bytes_of("a")) != other.of(bytes_of("a")));
    CHECK(hasher.of(v6) != other.of(v6));
  }
}

}  // namespace pacegate
