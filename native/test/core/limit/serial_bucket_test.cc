#include "core/limit/serial_bucket.h"

#include <doctest/doctest.h>

namespace pacegate {
namespace {

constexpr Ticks kNow = 1000 * Ticks{256'000'000'000};

}  // namespace

TEST_SUITE("serial_bucket") {
  TEST_CASE("H2 a new rate keeps what is spent, whether it is lower or higher") {
    for (const double rate : {1.0, 5.0, 20.0, 1000.0}) {
      CAPTURE(rate);
      SerialBucket bucket(*make_quota(10, 5), kNow);
      REQUIRE(bucket.try_take(4, kNow));
      bucket.set_quota(*make_quota(rate, 5), kNow);
      CHECK(bucket.available(kNow) == doctest::Approx(1));
      CHECK_FALSE(bucket.try_take(2, kNow));
      CHECK(static_cast<double>(bucket.debt(kNow)) == doctest::Approx(4 / rate * kTicksPerSecond));
    }
  }

  TEST_CASE(
      "H2 what is said to be there is what can be taken, also where prices and a new rate round") {
    SerialBucket bucket(*make_quota(1, 2), kNow);
    REQUIRE(bucket.try_take(2, kNow));
    bucket.set_quota(*make_quota(3, 2), kNow);
    bucket.give_back(1, kNow);
    CHECK(bucket.available(kNow) >= 1);
    CHECK(bucket.try_take(1, kNow));
    CHECK(bucket.available(kNow) < 1);
  }
}

}  // namespace pacegate
