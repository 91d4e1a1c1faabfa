#include "core/limit/keyed_word.h"

#include <doctest/doctest.h>

#include <limits>

namespace pacegate {
namespace {

constexpr Ticks kMs = kNsPerMs * kTicksPerNs;
constexpr Ticks kSecond = 1000 * kMs;

BucketQuota quota_of(double rate, double burst) {
  const auto quota = make_quota(rate, burst);
  REQUIRE(quota.has_value());
  return *quota;
}

}  // namespace

TEST_SUITE("keyed_word") {
  TEST_CASE("H1 a block ends to the nanosecond, at any time of the clock") {
    const BucketQuota quota = quota_of(10, 5);
    for (const Ticks now : {Ticks{0}, 77 * kSecond, Ticks{0} - 3 * kMs, ~Ticks{255}}) {
      const Ticks word = KeyBlock{20 * kMs, 0}.word(quota, now);
      CHECK(KeyBlock::read(word, quota, now).left == 20 * kMs);
      CHECK(KeyBlock::read(word, quota, now + 20 * kMs - 256).left == 256);
      CHECK(KeyBlock::read(word, quota, now + 20 * kMs).left == 0);
      CHECK(KeyBlock::read(word, quota, now + 20 * kMs).debt_behind == 0);
    }
  }

  TEST_CASE("H1 what is owed behind a block is never less, and at most 1/255 of the burst more") {
    for (const double rate : {0.001, 10.0, 1e6, 100e6}) {
      const BucketQuota quota = quota_of(rate, 7);
      for (int i = 0; i <= 1000; ++i) {
        const auto debt = static_cast<Ticks>(static_cast<double>(quota.capacity) * i / 1000);
        const KeyBlock block = KeyBlock::read(KeyBlock{kMs, debt}.word(quota, 5), quota, 5);
        REQUIRE(block.debt_behind >= debt);
        REQUIRE(block.debt_behind <= debt + KeyBlock::unit(quota));
        REQUIRE(block.debt_behind <= quota.capacity);
      }
    }
  }

  TEST_CASE("H1 debt beyond an empty bucket lengthens the block") {
    const BucketQuota quota = quota_of(10, 5);
    const Ticks word = KeyBlock{kSecond, quota.capacity + 3 * kSecond}.word(quota, 0);
    CHECK(KeyBlock::read(word, quota, 0).left == 4 * kSecond);
    CHECK(KeyBlock::read(word, quota, 0).debt_behind == quota.capacity);
  }

  TEST_CASE("H1 behind a block the debt shrinks") {
    const BucketQuota quota = quota_of(10, 10);
    const Ticks word = KeyBlock{kSecond, quota.capacity}.word(quota, 0);
    const KeyBlock over = KeyBlock::read(word, quota, kSecond + 400 * kMs);
    CHECK(over.left == 0);
    CHECK(over.debt_behind == quota.capacity - 400 * kMs);
    CHECK(KeyBlock::read(word, quota, 3 * kSecond).debt_behind == 0);
  }

  TEST_CASE("H1 a block without end has none") {
    const BucketQuota quota = quota_of(10, 10);
    const Ticks word = KeyBlock{KeyBlock::kForever, 3}.word(quota, 99);
    for (const Ticks now : {Ticks{0}, Ticks{1} << 62, ~Ticks{0}}) {
      CHECK(KeyBlock::read(word, quota, now).left == KeyBlock::kForever);
    }
    // The end that looks like it is one nanosecond later.
    const Ticks almost = KeyBlock{256, 0}.word(quota, Ticks{0} - 512);
    CHECK(KeyBlock::read(almost, quota, Ticks{0} - 512).left == 512);
  }

  TEST_CASE("H1 prices of nonsense are beyond any bucket") {
    const BucketQuota quota = quota_of(10, 10);
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    for (const double cost : {-1.0, kInfinity, std::numeric_limits<double>::quiet_NaN()}) {
      CHECK(key_price(quota, cost) == BucketVerdict::kForever);
      CHECK(key_verdict(quota, 0, key_price(quota, cost)).outcome == BucketVerdict::Outcome::never);
    }
    CHECK(key_tokens(quota, key_price(quota, 7)) == doctest::Approx(3));
  }

  TEST_CASE("H1 debt is rescaled in tokens") {
    const BucketQuota slow = quota_of(10, 10);
    const BucketQuota fast = quota_of(100, 4);
    CHECK(rescaled_debt(300 * kMs, slow, fast) == 30 * kMs);
    CHECK(rescaled_debt(900 * kMs, slow, fast) == fast.capacity);
    CHECK(rescaled_debt(slow.capacity + 500 * kMs, slow, fast) == fast.capacity + 50 * kMs);
    CHECK(rescaled_debt(fast.capacity, fast, slow) == 400 * kMs);
  }
}

}  // namespace pacegate
