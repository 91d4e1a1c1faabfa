#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <random>

#include "core/limit/token_bucket.h"

namespace pacegate {
namespace {

using Outcome = BucketVerdict::Outcome;

constexpr Ticks kSecond = 256'000'000'000;
constexpr Ticks kDay = 86'400 * kSecond;
constexpr Ticks kNow = 1000 * kSecond;

TokenBucket empty_bucket(double rate, double burst, Ticks now = kNow) {
  return TokenBucket(*make_quota(rate, burst), 0, now);
}

}  // namespace

TEST_SUITE("token_bucket time") {
  TEST_CASE("H1 idle for days, 417 days and two years: full, never more") {
    for (const Ticks days : {1U, 52U, 104U, 208U, 416U, 417U, 418U, 500U, 700U}) {
      CAPTURE(days);
      TokenBucket bucket = empty_bucket(10, 100);
      const Ticks later = kNow + days * kDay;
      CHECK(bucket.time_to_full(later) == 0);
      CHECK(bucket.available(later) == 100);
      int admitted = 0;
      while (bucket.try_acquire(1, later).allowed()) ++admitted;
      CHECK(admitted == 100);
    }
  }

  TEST_CASE("H1 the tick may wrap at any moment") {
    const Ticks now = ~Ticks{0} - kSecond / 2;  // half a second before the end
    TokenBucket bucket = empty_bucket(10, 10, now);
    const BucketVerdict verdict = bucket.try_acquire(10, now);
    CHECK(verdict.outcome == Outcome::not_yet);
    CHECK(verdict.wait == kSecond);
    CHECK(bucket.available(now + kSecond / 2) == doctest::Approx(5));
    CHECK(bucket.available(now + kSecond * 3 / 4) == doctest::Approx(7.5));
    CHECK_FALSE(bucket.try_acquire(10, now + verdict.wait - 1).allowed());
    CHECK(bucket.try_acquire(10, now + verdict.wait).allowed());
  }

  TEST_CASE("H1 the largest bucket: 52 days to fill") {
    TokenBucket bucket = empty_bucket(1.0 / 3600, 1250);
    CHECK(bucket.available(kNow + 26 * kDay) == doctest::Approx(624).epsilon(0.001));
    CHECK(bucket.available(kNow + 53 * kDay) == 1250);
    int admitted = 0;
    while (bucket.try_acquire(1, kNow + 53 * kDay).allowed()) ++admitted;
    CHECK(admitted == 1250);
  }

  TEST_CASE("H1 a clock that goes back mints nothing and loses nothing") {
    TokenBucket bucket = empty_bucket(10, 10);
    const Ticks later = kNow + kSecond / 2;
    REQUIRE(bucket.try_acquire(5, later).allowed());
    CHECK_FALSE(bucket.try_acquire(1, later).allowed());
    for (const Ticks back : {kSecond / 10, kSecond, 100 * kSecond, 10 * kDay}) {
      CHECK(bucket.try_acquire(1, later - back).outcome == Outcome::not_yet);
      CHECK(bucket.available(later - back) == 0);
      CHECK(bucket.try_acquire(1, later - back).wait == kSecond / 10 + back);
    }
    // Back on time it is as though nothing had happened.
    CHECK(bucket.available(later) == doctest::Approx(0));
    CHECK(bucket.try_acquire(1, later + kSecond / 10).allowed());
    CHECK_FALSE(bucket.try_acquire(1, later + kSecond / 10).allowed());
  }

  TEST_CASE("H1 threads whose clock readings are old stay within burst + rate * time") {
    std::mt19937_64 random(4);
    TokenBucket bucket = empty_bucket(1000, 10);
    Ticks newest = kNow;
    int admitted = 0;
    for (int i = 0; i < 100'000; ++i) {
      newest += random() % (kSecond / 2000);
      const Ticks stale = newest - random() % (kSecond / 100);
      admitted += bucket.try_acquire(1, stale).allowed() ? 1 : 0;
    }
    const double ideal = static_cast<double>(newest - kNow) * 1000 / kTicksPerSecond;
    CHECK(admitted <= ideal + 1);
    CHECK(admitted >= ideal - 11);
  }

  TEST_CASE("H1 reservations queue up, each waiting for its own tokens") {
    TokenBucket bucket(*make_quota(10, 1), 1, kNow);
    for (std::uint64_t place = 0; place < 50; ++place) {
      const BucketVerdict verdict = bucket.reserve(1, 100 * kSecond, kNow);
      REQUIRE(verdict.allowed());
      CHECK(verdict.wait == place * (kSecond / 10));
    }
    // Nobody gets in before those who reserved.
    CHECK(bucket.try_acquire(1, kNow + 4 * kSecond).outcome == Outcome::not_yet);
    CHECK_FALSE(bucket.try_acquire(1, kNow + 5 * kSecond - 1).allowed());
    CHECK(bucket.try_acquire(1, kNow + 5 * kSecond).allowed());
  }

  TEST_CASE("H1 a reservation beyond the longest wait is refused and changes nothing") {
    TokenBucket bucket = empty_bucket(10, 5);
    const Ticks before = bucket.time_to_full(kNow);
    const BucketVerdict refused = bucket.reserve(1, kSecond / 10 - 1, kNow);
    CHECK(refused.outcome == Outcome::not_yet);
    CHECK(refused.wait == kSecond / 10);
    CHECK(bucket.time_to_full(kNow) == before);
    const BucketVerdict taken = bucket.reserve(1, kSecond / 10, kNow);
    CHECK(taken.allowed());
    CHECK(taken.wait == kSecond / 10);
    CHECK(bucket.available(kNow) == 0);
  }

  TEST_CASE("H1 reservations end where the tick could no longer tell past from future") {
    TokenBucket bucket = empty_bucket(1.0 / 3600, 1200);
    int taken = 0;
    while (taken < 100 && bucket.reserve(1200, BucketVerdict::kForever, kNow).allowed()) ++taken;
    CHECK(taken == 1);  // 50 days each; debts end at 104 days
    CHECK(bucket.time_to_full(kNow) > 99 * kDay);
    CHECK(bucket.try_acquire(1, kNow + kDay).outcome == Outcome::not_yet);
    CHECK(bucket.try_acquire(1, kNow + 51 * kDay).allowed());
  }

  TEST_CASE("H1 a reservation given back leaves no trace") {
    TokenBucket bucket = empty_bucket(7, 5);
    const Ticks before = bucket.time_to_full(kNow);
    REQUIRE(bucket.reserve(3, 10 * kSecond, kNow).allowed());
    REQUIRE(bucket.reserve(0.3, 10 * kSecond, kNow).allowed());
    bucket.give_back(3, kNow + 5);
    bucket.give_back(0.3, kNow + 6);
    CHECK(bucket.time_to_full(kNow) == before);
  }

  TEST_CASE("H1 giving back stops at full") {
    TokenBucket bucket(*make_quota(10, 5), 5, kNow);
    bucket.give_back(3, kNow);
    CHECK(bucket.available(kNow) == 5);
    REQUIRE(bucket.try_acquire(1, kNow).allowed());
    bucket.give_back(1e300, kNow);
    CHECK(bucket.available(kNow) == 5);
    CHECK(bucket.try_acquire(5, kNow).allowed());
    bucket.give_back(-1, kNow);
    bucket.give_back(std::nan(""), kNow);
    CHECK(bucket.available(kNow) == 0);
    bucket.give_back(2, kNow);
    CHECK(bucket.available(kNow) == doctest::Approx(2));
  }

  TEST_CASE("H1 taking up to a number takes whole tokens and leaves the fraction") {
    for (const double rate : {1.0 / 3600, 3.0, 1000.0, 30e6}) {
      CAPTURE(rate);
      TokenBucket bucket(*make_quota(rate, 10.5), 10.5, kNow);
      CHECK(bucket.try_acquire_up_to(0, kNow) == 0);
      CHECK(bucket.try_acquire_up_to(4, kNow) == 4);
      CHECK(bucket.try_acquire_up_to(1'000'000'000'000, kNow) == 6);
      CHECK(bucket.try_acquire_up_to(1, kNow) == 0);
      CHECK(bucket.available(kNow) == doctest::Approx(0.5).epsilon(0.001));
      CHECK(bucket.try_acquire(0.499, kNow).allowed());
    }
    TokenBucket owing = empty_bucket(10, 5);
    REQUIRE(owing.reserve(5, kSecond, kNow).allowed());
    CHECK(owing.try_acquire_up_to(5, kNow) == 0);
    TokenBucket large(*make_quota(30e6, 1e9), 1e9, kNow);
    CHECK(large.try_acquire_up_to(~std::uint64_t{0}, kNow) == 1'000'000'000);
  }

  TEST_CASE("H1 a new rate keeps what is spent and refills at the new speed") {
    TokenBucket bucket(*make_quota(10, 100), 100, kNow);
    REQUIRE(bucket.try_acquire(80, kNow).allowed());
    for (const double rate : {1000.0, 0.5, 3.0, 1e6, 10.0}) {
      bucket.set_quota(*make_quota(rate, 100), kNow);
      CHECK(bucket.rate() == doctest::Approx(rate));
      CHECK(bucket.available(kNow) == doctest::Approx(20).epsilon(1e-6));
      CHECK(static_cast<double>(bucket.time_to_full(kNow)) ==
            doctest::Approx(80 / rate * kTicksPerSecond).epsilon(1e-6));
    }
  }

  TEST_CASE("H1 a new burst: larger adds room, smaller leaves at most an empty bucket") {
    TokenBucket bucket(*make_quota(10, 100), 100, kNow);
    REQUIRE(bucket.try_acquire(80, kNow).allowed());
    bucket.set_quota(*make_quota(10, 200), kNow);
    CHECK(bucket.available(kNow) == doctest::Approx(120));
    bucket.set_quota(*make_quota(10, 10), kNow);
    CHECK(bucket.available(kNow) == doctest::Approx(0));
    CHECK(bucket.time_to_full(kNow) == kSecond);
    bucket.set_quota(*make_quota(10, 10), kNow + kSecond);
    CHECK(bucket.available(kNow + kSecond) == 10);
  }

  TEST_CASE("H1 a new rate keeps reservations, in tokens") {
    TokenBucket bucket = empty_bucket(10, 5);
    REQUIRE(bucket.reserve(5, kSecond, kNow).allowed());
    bucket.set_quota(*make_quota(1, 2), kNow);
    // 2 tokens to be empty no longer, 5 reserved ones before that.
    CHECK(static_cast<double>(bucket.time_to_full(kNow)) / kTicksPerSecond == doctest::Approx(7));
  }

  TEST_CASE(
      "H1 what is said to be there is what can be taken, also where prices and a new rate round") {
    TokenBucket bucket(*make_quota(1, 2), 2, kNow);
    REQUIRE(bucket.try_acquire(2, kNow).allowed());
    bucket.set_quota(*make_quota(3, 2), kNow);
    bucket.give_back(1, kNow);
    CHECK(bucket.available(kNow) >= 1);
    CHECK(bucket.try_acquire(1, kNow).allowed());
    CHECK(bucket.available(kNow) < 1);
  }

  TEST_CASE("H1 a reset fills the bucket") {
    TokenBucket bucket = empty_bucket(10, 5);
    REQUIRE(bucket.reserve(5, kSecond, kNow).allowed());
    bucket.reset(kNow);
    CHECK(bucket.available(kNow) == 5);
    CHECK(bucket.try_acquire(5, kNow).allowed());
    CHECK_FALSE(bucket.try_acquire(0.1, kNow).allowed());
  }
}

}  // namespace pacegate
