#include "core/limit/keyed_table.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <vector>

namespace pacegate {
namespace {

using Outcome = BucketVerdict::Outcome;

constexpr Ticks kMs = kNsPerMs * kTicksPerNs;
constexpr Ticks kSecond = 1000 * kMs;
constexpr Ticks kNow = 77 * kSecond;
const KeyHasher kHasher({0x0123456789abcdefU, 0xfedcba9876543210U}, 64);

KeyedOptions options(double rate, double burst, std::uint64_t max_keys, Ticks idle = kSecond) {
  const auto quota = make_quota(rate, burst);
  REQUIRE(quota.has_value());
  return {.quota = *quota, .max_keys = max_keys, .idle = idle};
}

KeyId key(std::uint32_t number) {
  return kHasher.of(number);
}

int drain(KeyedTable& table, KeyId id, Ticks now, int limit = 1000) {
  int count = 0;
  while (count < limit && table.try_acquire(id, 1, now).allowed()) ++count;
  return count;
}

}  // namespace

TEST_SUITE("keyed_table") {
  TEST_CASE("H1 each key has a bucket of its own") {
    KeyedTable table(options(10, 5, 1000));
    for (std::uint32_t i = 0; i < 500; ++i) REQUIRE(drain(table, key(i), kNow) == 5);
    for (std::uint32_t i = 0; i < 500; ++i) {
      REQUIRE(drain(table, key(i), kNow + 200 * kMs) == 2);
    }
    CHECK(table.entries() == 500);
    CHECK(table.counts().overflow == 0);
  }

  TEST_CASE("H1 a batch is the same as one by one, repeated keys included") {
    KeyedTable one(options(10, 3, 5000));
    KeyedTable many(options(10, 3, 5000));
    std::vector<KeyId> ids;
    for (std::uint32_t i = 0; i < 3000; ++i) ids.push_back(key(i * i % 700));
    std::vector<std::uint8_t> allowed(ids.size(), 9);
    for (Ticks now = kNow; now < kNow + kSecond; now += 90 * kMs) {
      const std::size_t count = many.try_acquire_many(ids, allowed.data(), 1, now);
      std::size_t expected = 0;
      for (std::size_t i = 0; i < ids.size(); ++i) {
        const bool is_allowed = one.try_acquire(ids[i], 1, now).allowed();
        REQUIRE(allowed[i] == (is_allowed ? 1 : 0));
        expected += is_allowed ? 1 : 0;
      }
      REQUIRE(count == expected);
    }
  }

  TEST_CASE("H1 growth and shrinking keep every debt; at most 34 bytes a key, and no pauses") {
    KeyedTable table(options(0.001, 2, 300'000));
    double worst = 0;
    for (std::uint32_t i = 0; i < 300'000; ++i) {
      REQUIRE(table.try_acquire(key(i), 1, kNow).allowed());
      if (i >= 100'000) worst = std::max(worst, static_cast<double>(table.bytes()) / (i + 1));
    }
    CHECK(worst < 34);
    for (std::uint32_t i = 0; i < 300'000; ++i) {
      REQUIRE(table.try_acquire(key(i), 1, kNow).allowed());
      REQUIRE_FALSE(table.try_acquire(key(i), 1, kNow).allowed());
    }
    for (std::uint32_t i = 1000; i < 300'000; ++i) REQUIRE(table.remove(key(i)));
    CHECK_FALSE(table.remove(key(1000)));
    table.tidy(kNow);
    CHECK(table.entries() == 1000);
    CHECK(table.bytes() < 100'000);
    for (std::uint32_t i = 0; i < 1000; ++i) {
      REQUIRE_FALSE(table.try_acquire(key(i), 1, kNow).allowed());
    }
  }

  TEST_CASE("H1 a key is forgotten `idle` after its bucket is full, and its memory given back") {
    KeyedTable table(options(10, 5, 100'000, 2 * kSecond));
    for (std::uint32_t i = 0; i < 50'000; ++i) table.try_acquire(key(i), 1, kNow);
    const std::size_t full = table.bytes();
    table.tidy(kNow + 100 * kMs + 2 * kSecond - 1);
    CHECK(table.entries() == 50'000);
    table.tidy(kNow + 100 * kMs + 2 * kSecond);
    CHECK(table.entries() == 0);
    CHECK(table.bytes() * 20 < full);
  }

  TEST_CASE("H1 with new keys coming the idle ones go without being asked for") {
    KeyedTable table(options(10, 5, 1'000'000, 100 * kMs));
    std::uint32_t next = 0;
    for (int round = 0; round < 100; ++round) {
      const Ticks now = kNow + static_cast<Ticks>(round) * kSecond;
      for (int i = 0; i < 2000; ++i) table.try_acquire(key(next++), 1, now);
      REQUIRE(table.entries() < 12'000);
    }
    CHECK(table.counts().evicted == 0);
  }

  TEST_CASE("H1 maxKeys is exact; a key that owes anything stays") {
    KeyedTable table(options(0.001, 10, 100));
    for (std::uint32_t i = 0; i < 100; ++i) REQUIRE(drain(table, key(i), kNow) == 10);
    CHECK(table.entries() == 100);
    // All others share one bucket.
    int allowed = 0;
    for (std::uint32_t i = 100; i < 5000; ++i) {
      allowed += table.try_acquire(key(i), 1, kNow).allowed() ? 1 : 0;
    }
    CHECK(allowed == 10);
    CHECK(table.entries() == 100);
    CHECK(table.counts().overflow == 4900);
    CHECK(table.counts().evicted == 0);
    for (std::uint32_t i = 0; i < 100; ++i) REQUIRE(drain(table, key(i), kNow) == 0);
  }

  TEST_CASE("H1 room at last: a key owes what it may have spent from the overflow bucket") {
    KeyedTable table(options(1, 10, 1));
    REQUIRE(table.try_acquire(key(0), 1, kNow).allowed());
    CHECK(drain(table, key(1), kNow) == 10);  // overflow
    REQUIRE(table.counts().overflow == 11);
    // A second later key 0 is full and gives way.
    const Ticks later = kNow + kSecond;
    CHECK(drain(table, key(1), later) == 1);
    CHECK(table.counts().overflow == 11);
    CHECK(table.counts().evicted == 1);
    CHECK(table.entries() == 1);
    CHECK(drain(table, key(1), later + 3 * kSecond) == 3);
  }

  TEST_CASE("H1 one-time keys give way to new ones first, known ones when they are too many") {
    KeyedTable table(options(1000, 10, 100, 3600 * kSecond));
    for (std::uint32_t i = 0; i < 100; ++i) table.try_acquire(key(i), 1, kNow);
    for (std::uint32_t i = 0; i < 40; ++i) table.try_acquire(key(i), 1, kNow);  // known now
    const Ticks later = kNow + kSecond;                                         // all are full
    for (std::uint32_t i = 1000; i < 5000; ++i) {
      table.try_acquire(key(i), 1, later + i * kMs);
    }
    int left = 0;
    for (std::uint32_t i = 0; i < 40; ++i) left += table.remove(key(i)) ? 1 : 0;
    CHECK(left == 40);
    KeyedTable crowd(options(1000, 10, 100, 3600 * kSecond));
    for (int round = 0; round < 2; ++round) {
      for (std::uint32_t i = 0; i < 100; ++i) crowd.try_acquire(key(i), 1, kNow);
    }
    for (std::uint32_t i = 1000; i < 5000; ++i) {
      crowd.try_acquire(key(i), 1, later + i * kMs);
    }
    left = 0;
    for (std::uint32_t i = 0; i < 100; ++i) left += crowd.remove(key(i)) ? 1 : 0;
    CHECK(left >= 45);
    CHECK(left <= 55);
  }

  TEST_CASE("H1 blocks and penalties find room by the fullest bucket, whose debt is kept") {
    KeyedTable table(options(0.001, 10, 4));
    for (std::uint32_t i = 0; i < 4; ++i) {
      for (std::uint32_t n = 0; n <= 2 * i; ++n) table.try_acquire(key(i), 1, kNow);
    }
    CHECK(table.block(key(50), 1000 * kSecond, kNow));  // in place of key 0, which owed 1
    CHECK(table.penalize(key(51), 12, kNow));           // in place of key 1, which owed 3
    CHECK(table.entries() == 4);
    CHECK(table.try_acquire(key(50), 1, kNow).outcome == Outcome::not_yet);
    CHECK(drain(table, key(51), kNow) == 0);
    CHECK(drain(table, key(0), kNow) == 7);  // of the overflow bucket, which owes 3 as well
    CHECK(drain(table, key(2), kNow) == 5);
    CHECK(drain(table, key(3), kNow) == 3);
    // Nobody has anything left: there is no room.
    CHECK_FALSE(table.block(key(60), kSecond, kNow));
    CHECK_FALSE(table.penalize(key(61), 1, kNow));
    CHECK(table.block(key(50), 2000 * kSecond, kNow));
  }

  TEST_CASE("H1 a block refuses everything until it ends; the bucket fills meanwhile") {
    KeyedTable table(options(10, 10, 100));
    drain(table, key(1), kNow, 4);
    REQUIRE(table.block(key(1), 200 * kMs, kNow));
    const BucketVerdict refused = table.try_acquire(key(1), 0, kNow);
    CHECK(refused.outcome == Outcome::not_yet);
    CHECK(refused.wait == 200 * kMs);
    CHECK(table.try_acquire(key(1), 11, kNow).outcome == Outcome::never);
    // 4 tokens were owed, 2 flow in, and the rest is rounded up by 1/255 of 10.
    CHECK(table.peek(key(1), 8, kNow).verdict.wait >= 200 * kMs);
    CHECK(table.peek(key(1), 8, kNow).verdict.wait <= 204 * kMs);
    CHECK(table.try_acquire(key(1), 1, kNow + 200 * kMs - 256).outcome == Outcome::not_yet);
    CHECK(drain(table, key(1), kNow + 204 * kMs) == 8);
    REQUIRE(table.block(key(1), KeyBlock::kForever, kNow + kSecond));
    const KeyedDecision forever = table.peek(key(1), 1, kNow + kSecond);
    CHECK(forever.verdict.outcome == Outcome::not_yet);
    CHECK(forever.verdict.wait == BucketVerdict::kForever);
    CHECK(forever.time_to_full == BucketVerdict::kForever);
    table.tidy(kNow + kSecond * 10'000'000);
    CHECK(drain(table, key(1), kNow + kSecond * 10'000'000) == 0);
    CHECK(table.remove(key(1)));
    CHECK(drain(table, key(1), kNow + kSecond) == 10);
  }

  TEST_CASE("H1 a block that is lifted leaves no more than there can be") {
    KeyedTable table(options(10, 10, 100));
    drain(table, key(1), kNow);
    REQUIRE(table.block(key(1), 3600 * kSecond, kNow));
    REQUIRE(table.block(key(1), 0, kNow + 300 * kMs));
    CHECK(drain(table, key(1), kNow + 300 * kMs) <= 3);
    CHECK(table.block(key(2), 0, kNow));
    CHECK(drain(table, key(2), kNow) == 10);
  }

  TEST_CASE("H1 penalties go below zero, rewards stop at full") {
    KeyedTable table(options(10, 10, 100));
    REQUIRE(table.penalize(key(1), 25, kNow));
    CHECK(table.try_acquire(key(1), 1, kNow).wait == 1600 * kMs);
    table.reward(key(1), 10, kNow);
    CHECK(table.try_acquire(key(1), 1, kNow).wait == 600 * kMs);
    table.reward(key(1), 1000, kNow);
    CHECK(drain(table, key(1), kNow) == 10);
    table.reward(key(2), 5, kNow);
    CHECK(drain(table, key(2), kNow) == 10);
    REQUIRE(table.penalize(key(3), 1e300, kNow));
    CHECK(table.try_acquire(key(3), 1, kNow + 1000 * kSecond).outcome == Outcome::not_yet);
    REQUIRE(table.block(key(4), 100 * kMs, kNow));
    REQUIRE(table.penalize(key(4), 30, kNow));
    CHECK(table.try_acquire(key(4), 1, kNow).wait == 2200 * kMs);
  }

  TEST_CASE("H1 another rate holds for all keys; what they owe stays, in tokens") {
    KeyedTable table(options(10, 10, 20'000));
    for (std::uint32_t i = 0; i < 10'000; ++i) drain(table, key(i), kNow, 6);
    const auto slower = make_quota(1, 10);
    REQUIRE(slower.has_value());
    table.set_quota(*slower, kNow);
    for (std::uint32_t i = 0; i < 10'000; ++i) REQUIRE(drain(table, key(i), kNow) == 4);
    CHECK(drain(table, key(7), kNow + 2 * kSecond) == 2);
    const auto small = make_quota(1, 3);
    REQUIRE(small.has_value());
    table.set_quota(*small, kNow + 12 * kSecond);
    CHECK(drain(table, key(7), kNow + 12 * kSecond) == 3);
    CHECK(drain(table, key(8), kNow + 12 * kSecond) == 3);
    CHECK(drain(table, key(70'000), kNow + 12 * kSecond) == 3);
  }

  TEST_CASE("H1 time that goes back grants nothing") {
    KeyedTable table(options(10, 10, 100));
    CHECK(drain(table, key(1), kNow) == 10);
    CHECK(drain(table, key(1), kNow - 50 * kSecond) == 0);
    CHECK(drain(table, key(1), kNow + 100 * kMs) == 1);
  }
}

}  // namespace pacegate
