// Long runs of simulated time. PACEGATE_LONG_TESTS=1 in the environment takes the 1e10 requests one by one, which takes minutes.
#include <doctest/doctest.h>

#include <cstdint>
#include <cstdlib>
#include <random>

#include "core/limit/token_bucket.h"

namespace pacegate {
namespace {

constexpr Ticks kSecond = 256'000'000'000;
constexpr Ticks kMs = kSecond / 1000;
constexpr Ticks kDay = 86'400 * kSecond;

/// Half a second before the 64-bit tick wraps: every run passes it.
constexpr Ticks kBeforeWrap = ~Ticks{0} - kSecond / 2 - (~Ticks{0} - kSecond / 2) % 256;

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
constexpr std::uint64_t kSingles = 1'000'000;  // ten times slower, and looked at for other faults
#else
constexpr std::uint64_t kSingles = 300'000'000;
#endif

std::uint64_t singles() {
  return std::getenv("PACEGATE_LONG_TESTS") != nullptr ? 10'000'000'000 : kSingles;
}

double seconds(Ticks ticks) {
  return static_cast<double>(ticks) / kTicksPerSecond;
}

/// What a lone token may be too cheap by: its price is rounded down to a tick.
double rounding(double rate) {
  const double exact = kTicksPerSecond / rate;
  return exact / static_cast<double>(static_cast<Ticks>(exact)) - 1;
}

}  // namespace

TEST_SUITE("token_bucket long") {
  TEST_CASE("H1 requests one by one at 30 M/s, 14.88 M/s and 1 M/s: too many by 0.004 % at most") {
    for (const double rate : {30e6, 14.88e6, 1e6}) {
      CAPTURE(rate);
      CHECK(rounding(rate) <= 0.00004);
      TokenBucket bucket(*make_quota(rate, 100), 0, kBeforeWrap);
      Ticks now = kBeforeWrap;
      const std::uint64_t enough = singles() / 3;
      std::uint64_t admitted = 0;
      while (admitted < enough) {
        now += 256 * 1000;  // 1 us
        while (bucket.try_acquire(1, now).allowed()) ++admitted;
      }
      const double ideal = rate * seconds(now - kBeforeWrap);
      CHECK(static_cast<double>(admitted) <= ideal * (1 + rounding(rate)) + 1);
      CHECK(static_cast<double>(admitted) >= ideal - 1);
    }
  }

  TEST_CASE("H1 1e10 tokens, as many at a time as there are: right to one token in a million") {
    for (const double rate : {30e6, 14.88e6, 7'777'777.7}) {
      CAPTURE(rate);
      TokenBucket bucket(*make_quota(rate, 1e6), 0, kBeforeWrap);
      Ticks now = kBeforeWrap;
      std::uint64_t admitted = 0;
      while (admitted < 10'000'000'000) {
        now += 7 * kMs;
        admitted += bucket.try_acquire_up_to(~std::uint64_t{0}, now);
      }
      const double ideal = rate * seconds(now - kBeforeWrap);
      // A call's price is rounded down to a tick, and brings 50 000 tokens and more.
      CHECK(static_cast<double>(admitted) <= ideal * (1 + 1e-6) + 1);
      CHECK(static_cast<double>(admitted) >= ideal - 1);
    }
  }

  TEST_CASE("H1 one token an hour for 417 days, asked for every minute") {
    const Ticks start = 0 - 200 * kDay;  // wraps in the middle
    TokenBucket bucket(*make_quota(1.0 / 3600, 5), 0, start);
    std::uint64_t admitted = 0;
    for (std::uint64_t minute = 1; minute <= 417 * 1440; ++minute) {
      admitted += bucket.try_acquire(1, start + minute * 60 * kSecond).allowed() ? 1 : 0;
    }
    CHECK(admitted == 417 * 24);
  }

  TEST_CASE(
      "H1 stalls of 200 ms and a clock that goes back, for an hour: never more than burst + rate * "
      "t") {
    constexpr double kRate = 100'000;
    constexpr double kBurst = 1000;
    std::mt19937_64 random(11);
    TokenBucket bucket(*make_quota(kRate, kBurst), kBurst, kBeforeWrap);
    Ticks newest = kBeforeWrap;
    Ticks stalled = 0;
    std::uint64_t admitted = 0;
    while (newest - kBeforeWrap < 3600 * kSecond) {
      const bool stalls = random() % 64 == 0;
      const Ticks step = stalls ? 200 * kMs : random() % (8 * kMs);
      newest += step;
      // More than 10 ms bring more than the bucket holds.
      if (stalls) stalled += 190 * kMs;
      const Ticks back = random() % 16 == 0 ? random() % kSecond : 0;
      admitted += bucket.try_acquire_up_to(~std::uint64_t{0}, newest - back);
    }
    const double full = kBurst + kRate * seconds(newest - kBeforeWrap);
    CHECK(static_cast<double>(admitted) <= full);
    // What a clock that is back keeps from being taken comes when it is right again, up to a burst.
    CHECK(static_cast<double>(admitted) >= (full - kRate * seconds(stalled)) * 0.9);
  }
}

}  // namespace pacegate
