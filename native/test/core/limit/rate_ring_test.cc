#include "core/limit/rate_ring.h"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <random>
#include <utility>
#include <vector>

namespace pacegate {
namespace {

constexpr std::uint64_t kStart = 987'654'321'000;

}  // namespace

TEST_SUITE("rate_ring") {
  TEST_CASE("nothing seen, or one observation: 0") {
    RateRing ring;
    CHECK(ring.rate(kStart) == 0);
    ring.add(kStart, 1000);
    CHECK(ring.rate(kStart) == 0);
    CHECK(ring.rate(kStart + kNsPerMs) == 0);  // the 1000 left before the first observation
  }

  TEST_CASE("P2 a steady rate is seen as it is, from the first milliseconds on") {
    for (const std::uint64_t rate : {100U, 1000U, 10'000U, 1'000'000U}) {
      CAPTURE(rate);
      RateRing ring;
      const std::uint64_t period = kNsPerSecond / rate;
      const std::uint64_t batch = rate < 10'000 ? 1 : rate / 10'000;
      std::uint64_t packets = 0;
      for (std::uint64_t now = kStart; now < kStart + 3 * kNsPerSecond; now += batch * period) {
        ring.add(now, batch);
        packets += batch;
        if (packets <= 10 * batch) continue;
        // At most the packets of one bucket's edge are in doubt.
        const double seen = ring.rate(now);
        const double doubt =
            static_cast<double>(batch) * 1e9 / 996e6 + static_cast<double>(rate) * 1e-9;
        if (now - kStart < kNsPerSecond / 2) {
          REQUIRE(seen == doctest::Approx(static_cast<double>(rate)).epsilon(1e-9));
        } else {
          REQUIRE(std::abs(seen - static_cast<double>(rate)) <= doubt);
        }
      }
    }
  }

  TEST_CASE("P2 agrees with a list of all observations") {
    std::mt19937_64 random(10);
    RateRing ring;
    std::vector<std::pair<std::uint64_t, std::uint64_t>> all;
    std::uint64_t now = kStart;
    for (int i = 0; i < 3000; ++i) {
      now += random() % (i % 500 == 0 ? 900 * kNsPerMs : 5 * kNsPerMs);
      const std::uint64_t count = random() % 100;
      ring.add(now, count);
      all.emplace_back(now, count);
      const std::uint64_t asked = now + random() % (300 * kNsPerMs);
      // The window: the bucket of `asked` and the 255 before it, or since the first observation.
      std::uint64_t from = (asked / RateRing::kBucketNs - 255) * RateRing::kBucketNs;
      std::uint64_t packets = 0;
      if (from <= all.front().first) from = all.front().first;
      for (std::size_t k = 0; k < all.size(); ++k) {
        const bool opens = k == 0 && from == all.front().first;
        if (all[k].first >= from && !opens) packets += all[k].second;
      }
      if (asked == from) continue;
      const double expected =
          static_cast<double>(packets) * 1e9 / static_cast<double>(asked - from);
      REQUIRE(ring.rate(asked) == doctest::Approx(expected));
    }
  }

  TEST_CASE("P2 a gap of more than a second empties it") {
    RateRing ring;
    for (std::uint64_t i = 0; i < 1000; ++i) ring.add(kStart + i * kNsPerMs, 10);
    const std::uint64_t last = kStart + 999 * kNsPerMs;
    CHECK(ring.rate(last) == doctest::Approx(10'000).epsilon(0.01));
    CHECK(ring.rate(last + kNsPerSecond / 2) == doctest::Approx(5000).epsilon(0.02));
    CHECK(ring.rate(last + kNsPerSecond + 1) == 0);
    RateRing exactly_a_second = ring;
    exactly_a_second.add(last + kNsPerSecond, 0);
    CHECK(exactly_a_second.rate(last + kNsPerSecond) <= 10);
    ring.add(last + kNsPerSecond + 1, 50);
    CHECK(ring.rate(last + kNsPerSecond + 1) == 0);
    ring.add(last + kNsPerSecond + 1 + 10 * kNsPerMs, 50);
    CHECK(ring.rate(last + kNsPerSecond + 1 + 10 * kNsPerMs) == doctest::Approx(5000));
  }

  TEST_CASE("an observation of nothing counts as time, not as packets") {
    RateRing ring;
    ring.add(kStart, 0);
    ring.add(kStart + 100 * kNsPerMs, 100);
    CHECK(ring.rate(kStart + 100 * kNsPerMs) == doctest::Approx(1000));
    ring.add(kStart + 200 * kNsPerMs, 0);
    CHECK(ring.rate(kStart + 200 * kNsPerMs) == doctest::Approx(500));
  }

  TEST_CASE("a clock that goes back neither loses packets nor empties the ring") {
    RateRing ring;
    for (std::uint64_t i = 0; i <= 100; ++i) ring.add(kStart + i * kNsPerMs, 1);
    const std::uint64_t last = kStart + 100 * kNsPerMs;
    for (const std::uint64_t back : {kNsPerMs, kNsPerSecond, kStart}) ring.add(last - back, 1);
    CHECK(ring.rate(last) == doctest::Approx(1030));
    CHECK(ring.rate(last - 50 * kNsPerMs) == ring.rate(last));
  }

  TEST_CASE("a clear ring is as new, and times near zero are fine") {
    RateRing ring;
    ring.add(0, 5);
    ring.add(10 * kNsPerMs, 5);
    CHECK(ring.rate(10 * kNsPerMs) == doctest::Approx(500));
    ring.clear();
    CHECK(ring.rate(10 * kNsPerMs) == 0);
    ring.add(20 * kNsPerMs, 7);
    ring.add(30 * kNsPerMs, 7);
    CHECK(ring.rate(30 * kNsPerMs) == doctest::Approx(700));
  }
}

}  // namespace pacegate
