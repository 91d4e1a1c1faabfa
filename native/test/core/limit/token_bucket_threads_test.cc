#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <vector>

#include "core/limit/token_bucket.h"
#include "test_threads.h"

namespace pacegate {
namespace {

constexpr Ticks kSecond = 256'000'000'000;
constexpr Ticks kNow = 500 * kSecond;

}  // namespace

TEST_SUITE("token_bucket threads") {
  TEST_CASE("H1 1 to 8 threads on one bucket are admitted exactly its burst") {
    // A lost update shows only while threads truly overlap, so the bursts last for several time
    // slices of a busy machine. At 30 M/s a burst above 8533 would gain a token by its rounded
    // prices.
    for (const double rate : {1.0, 7.0, 1e6, 30e6}) {
      const std::uint64_t burst = rate == 30e6 ? 8000 : 250'000;
      for (unsigned count = 1; count <= 8; ++count) {
        CAPTURE(rate);
        CAPTURE(count);
        TokenBucket bucket(*make_quota(rate, static_cast<double>(burst)),
                           static_cast<double>(burst), kNow);
        const std::uint64_t admitted = sum_over_threads(count, [&](unsigned) {
          std::uint64_t mine = 0;
          for (unsigned denied = 0; denied < 1000;) {
            if (bucket.try_acquire(1, kNow).allowed()) {
              ++mine;
            } else {
              ++denied;
            }
          }
          return mine;
        });
        CHECK(admitted == burst);
      }
    }
  }

  TEST_CASE("H1 threads that move time forward together share one rate") {
    constexpr std::uint64_t kSteps = 5000;
    for (const unsigned count : {1U, 2U, 4U, 8U}) {
      CAPTURE(count);
      TokenBucket bucket(*make_quota(1000, 10), 10, kNow);
      const std::uint64_t admitted = sum_over_threads(count, [&](unsigned) {
        std::uint64_t mine = 0;
        for (std::uint64_t step = 0; step <= kSteps; ++step) {
          // A quarter of a period a step; each thread by its own, sometimes older, reading.
          const Ticks now = kNow + step * (kSecond / 4000);
          while (bucket.try_acquire(1, now).allowed()) ++mine;
        }
        return mine;
      });
      CHECK(admitted == 10 + kSteps / 4);
    }
  }

  TEST_CASE("H1 taking several at once and giving back from many threads keeps the sum") {
    constexpr double kBurst = 5000;
    TokenBucket bucket(*make_quota(3, kBurst), kBurst, kNow);
    const std::uint64_t kept = sum_over_threads(4, [&](unsigned number) {
      std::uint64_t mine = 0;
      for (std::uint64_t i = 0; i < 5000; ++i) {
        const std::uint64_t got = bucket.try_acquire_up_to(1 + (i + number) % 7, kNow);
        if (i % 3 == 0) {
          bucket.give_back(static_cast<double>(got), kNow);
        } else {
          mine += got;
        }
      }
      return mine;
    });
    CHECK(kept <= 5000);
    CHECK(static_cast<double>(kept) + bucket.available(kNow) == doctest::Approx(kBurst));
  }

  TEST_CASE("H1 reservations of many threads get one place each") {
    constexpr unsigned kThreads = 4;
    constexpr std::size_t kEach = 1000;
    TokenBucket bucket(*make_quota(1000, 1), 1, kNow);
    std::vector<std::vector<Ticks>> waits(kThreads);
    sum_over_threads(kThreads, [&](unsigned number) {
      for (std::size_t i = 0; i < kEach; ++i) {
        const BucketVerdict verdict = bucket.reserve(1, 100 * kSecond, kNow);
        if (verdict.allowed()) waits[number].push_back(verdict.wait);
      }
      return std::uint64_t{0};
    });
    std::vector<Ticks> all;
    for (const auto& part : waits) {
      CHECK(std::is_sorted(part.begin(), part.end()));  // first come, first served
      all.insert(all.end(), part.begin(), part.end());
    }
    std::sort(all.begin(), all.end());
    REQUIRE(all.size() == kThreads * kEach);
    for (std::size_t place = 0; place < all.size(); ++place) {
      REQUIRE(all[place] == place * (kSecond / 1000));
    }
  }
}

}  // namespace pacegate
