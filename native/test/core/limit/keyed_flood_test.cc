#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstdint>

#include "core/limit/key_id.h"
#include "core/limit/keyed_table.h"

namespace pacegate {

TEST_SUITE("keyed_table") {
  TEST_CASE("H1 10 M made-up keys: memory stays bounded, limits hold, who was there is served") {
    constexpr Ticks kMs = kNsPerMs * kTicksPerNs;
    constexpr std::uint64_t kMaxKeys = 100'000;
    constexpr std::uint32_t kHonest = 1000;
    constexpr std::uint32_t kFlood = 10'000'000;
    constexpr std::uint32_t kFirstHonest = 0xf000'0000;
    const KeyHasher hasher({5, 6}, 64);
    const KeyId over = hasher.of(0xffff'ffffU);
    KeyedTable table({.quota = *make_quota(10, 20), .max_keys = kMaxKeys, .idle = 60'000 * kMs});
    Ticks now = 1000 * kMs;
    const auto ask_honest = [&] {
      std::uint32_t served = 0;
      for (std::uint32_t i = 0; i < kHonest; ++i) {
        served += table.try_acquire(hasher.of(kFirstHonest + i), 1, now).allowed() ? 1 : 0;
      }
      return served;
    };
    ask_honest();
    ask_honest();
    REQUIRE(table.penalize(over, 1000, now));
    std::array<KeyId, 1000> ids;
    std::array<std::uint8_t, 1000> allowed;
    std::size_t most_bytes = 0;
    std::uint64_t granted = 0;
    for (std::uint32_t next = 0; next < kFlood; next += ids.size()) {
      now += kMs / 2;  // 2 M a second
      for (std::uint32_t i = 0; i < ids.size(); ++i) ids[i] = hasher.of(next + i);
      granted += table.try_acquire_many(ids, allowed.data(), 1, now);
      REQUIRE_FALSE(table.try_acquire(over, 1, now).allowed());
      if (next % 1'000'000 == 0) REQUIRE(ask_honest() == kHonest);
      most_bytes = std::max(most_bytes, table.bytes());
      REQUIRE(table.entries() <= kMaxKeys);
    }
    CHECK(most_bytes < 40 * kMaxKeys);
    CHECK(table.counts().evicted > kMaxKeys);
    CHECK(granted <= table.counts().evicted + kMaxKeys + 20 + 10 * 5);
    MESSAGE("at most " << most_bytes / kMaxKeys << " bytes a key, " << granted << " granted, "
                       << table.counts().evicted << " evicted, " << table.counts().overflow
                       << " by the overflow bucket");
  }
}

}  // namespace pacegate
