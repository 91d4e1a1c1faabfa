#include "core/scan/rtt_estimator.h"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <random>

namespace pacegate {
namespace {

constexpr std::uint64_t kAny = std::numeric_limits<std::uint64_t>::max();

}  // namespace

TEST_SUITE("rtt_estimator") {
  TEST_CASE("before a sample the time-out is one second, within the bounds") {
    const RttEstimator rtt;
    CHECK_FALSE(rtt.has_sample());
    CHECK(rtt.smoothed_ns() == 0);
    CHECK(rtt.timeout_ns(0, kAny) == kNsPerSecond);
    CHECK(rtt.timeout_ns(0, 100 * kNsPerMs) == 100 * kNsPerMs);
    CHECK(rtt.timeout_ns(3 * kNsPerSecond, kAny) == 3 * kNsPerSecond);
  }

  TEST_CASE("the first sample sets the mean and half of it as deviation") {
    RttEstimator rtt;
    rtt.sample(80 * kNsPerMs);
    CHECK(rtt.has_sample());
    CHECK(rtt.smoothed_ns() == 80 * kNsPerMs);
    CHECK(rtt.variation_ns() == 40 * kNsPerMs);
    CHECK(rtt.timeout_ns(0, kAny) == 240 * kNsPerMs);
    CHECK(rtt.timeout_ns(0, 200 * kNsPerMs) == 200 * kNsPerMs);
  }

  TEST_CASE("follows the formulas of RFC 6298 for any samples") {
    std::mt19937_64 random(6298);
    RttEstimator rtt;
    double mean = 0;
    double deviation = 0;
    for (int i = 0; i < 2000; ++i) {
      const std::uint64_t sample = 50'000 + random() % 100'000'000;
      const auto value = static_cast<double>(sample);
      deviation = i == 0 ? value / 2 : 0.75 * deviation + 0.25 * std::abs(mean - value);
      mean = i == 0 ? value : 0.875 * mean + 0.125 * value;
      rtt.sample(sample);
      REQUIRE(std::abs(static_cast<double>(rtt.smoothed_ns()) - mean) < 16);
      REQUIRE(std::abs(static_cast<double>(rtt.variation_ns()) - deviation) < 16);
      REQUIRE(std::abs(static_cast<double>(rtt.timeout_ns(0, kAny)) - (mean + 4 * deviation)) < 64);
    }
  }

  TEST_CASE("constant samples: the deviation dies away and the mean is exact") {
    RttEstimator rtt;
    for (int i = 0; i < 200; ++i) rtt.sample(1'234'567);
    CHECK(rtt.smoothed_ns() == 1'234'567);
    CHECK(rtt.variation_ns() <= 1);
  }

  TEST_CASE("zero and absurd samples stay in range") {
    RttEstimator rtt;
    rtt.sample(kAny);
    CHECK(rtt.smoothed_ns() == 3600 * kNsPerSecond);
    for (int i = 0; i < 1000; ++i) rtt.sample(i % 2 == 0 ? 0 : kAny);
    CHECK(rtt.smoothed_ns() < 3600 * kNsPerSecond);
    for (int i = 0; i < 1000; ++i) rtt.sample(0);
    CHECK(rtt.smoothed_ns() <= 1);
    CHECK(rtt.timeout_ns(5, 10) >= 5);
  }
}

}  // namespace pacegate
