// A keyed table whose quota changes, and debts and blocks as long as they can be.
#include <doctest/doctest.h>

#include <cstdint>

#include "core/limit/keyed_table.h"

namespace pacegate {
namespace {

constexpr Ticks kMs = kNsPerMs * kTicksPerNs;
constexpr Ticks kSecond = 1000 * kMs;
constexpr Ticks kDay = 86'400 * kSecond;
constexpr Ticks kNow = 77 * kSecond;
const KeyHasher kHasher({0x0123456789abcdefU, 0xfedcba9876543210U}, 64);

BucketQuota quota(double rate, double burst) {
  const auto made = make_quota(rate, burst);
  REQUIRE(made.has_value());
  return *made;
}

KeyedOptions options(double rate, double burst, std::uint64_t max_keys = 20'000) {
  return {.quota = quota(rate, burst), .max_keys = max_keys, .idle = kSecond};
}

KeyId key(std::uint32_t number) {
  return kHasher.of(number);
}

double available(KeyedTable& table, KeyId id, Ticks now) {
  return table.peek(id, 0, now).available;
}

}  // namespace

TEST_SUITE("keyed_table change") {
  TEST_CASE("H1 from the moment of a change on, keys that nobody asks for fill at the new rate") {
    KeyedTable table(options(1000, 1000));
    for (std::uint32_t i = 0; i < 100; ++i)
      REQUIRE(table.try_acquire(key(i), 1000, kNow).allowed());
    table.set_quota(quota(1, 1000), kNow);
    for (std::uint32_t i = 0; i < 100; ++i) {
      REQUIRE(available(table, key(i), kNow + kSecond) == doctest::Approx(1));
    }
    table.set_quota(quota(100, 1000), kNow + kSecond);
    for (std::uint32_t i = 0; i < 100; ++i) {
      REQUIRE(available(table, key(i), kNow + 2 * kSecond) == doctest::Approx(101));
    }
  }

  TEST_CASE("H1 several changes in a row, each for its time") {
    KeyedTable table(options(1000, 1000));
    REQUIRE(table.try_acquire(key(1), 1000, kNow).allowed());
    table.set_quota(quota(10, 1000), kNow + 100 * kMs);    // 100 have come
    table.set_quota(quota(200, 1000), kNow + 1100 * kMs);  // 10 more
    CHECK(available(table, key(1), kNow + 2100 * kMs) == doctest::Approx(310));
  }

  TEST_CASE("H1 a block that has ended, and all that was owed behind it, is not owed again") {
    KeyedTable table(options(10, 10));
    REQUIRE(table.try_acquire(key(1), 10, kNow).allowed());
    REQUIRE(table.block(key(1), 100 * kMs, kNow));
    CHECK(available(table, key(1), kNow + 5 * kSecond) == 10);
    table.set_quota(quota(0.1, 10), kNow + 5 * kSecond);
    CHECK(available(table, key(1), kNow + 5 * kSecond) == 10);
  }

  TEST_CASE("H1 a penalty makes a block longer, and never so long that it is over") {
    KeyedTable table(options(1, 10));
    REQUIRE(table.block(key(1), 60 * kSecond, kNow));
    for (int i = 0; i < 20; ++i) {
      REQUIRE(table.penalize(key(1), i % 2 == 0 ? 1e9 : 5e6, kNow));
      REQUIRE_FALSE(table.try_acquire(key(1), 1, kNow).allowed());
      REQUIRE_FALSE(table.try_acquire(key(1), 1, kNow - 60 * kSecond).allowed());
    }
    CHECK_FALSE(table.try_acquire(key(1), 1, kNow + 300 * kDay).allowed());
    REQUIRE(table.block(key(1), 0, kNow));
    CHECK(available(table, key(1), kNow) == 0);
  }

  TEST_CASE("H1 the longest penalty is seen by a time that is a little older") {
    for (const double tokens : {1e6, 1e12, 1e300}) {
      KeyedTable table(options(0.1, 10));
      REQUIRE(table.penalize(key(1), tokens, kNow));
      CHECK_FALSE(table.try_acquire(key(1), 1, kNow - kMs).allowed());
      REQUIRE(table.penalize(key(1), 1, kNow - kMs));
      CHECK_FALSE(table.try_acquire(key(1), 1, kNow + kSecond).allowed());
      table.set_quota(quota(0.001, 10), kNow);
      CHECK_FALSE(table.try_acquire(key(1), 1, kNow - kMs).allowed());
      REQUIRE(table.block(key(1), kSecond, kNow));
      CHECK_FALSE(table.try_acquire(key(1), 1, kNow - kMs).allowed());
    }
  }

  TEST_CASE("H1 the longest block, penalized and lifted, leaves an empty bucket") {
    KeyedTable table(options(1, 10));
    REQUIRE(table.block(key(1), kMaxKeyBlock, kNow));
    REQUIRE(table.penalize(key(1), 1, kNow));
    REQUIRE(table.block(key(1), 0, kNow));
    CHECK(available(table, key(1), kNow) == 0);
  }
}

}  // namespace pacegate
