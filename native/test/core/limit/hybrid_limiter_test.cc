#include "core/limit/hybrid_limiter.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <memory>
#include <random>

#include "core/limit/fixed_window.h"
#include "core/limit/sliding_window.h"
#include "core/limit/token_bucket.h"

namespace pacegate {
namespace {

constexpr std::uint64_t kSecond = 1'000'000'000;
constexpr std::uint64_t kStart = 77 * kSecond;

}  // namespace

TEST_SUITE("hybrid_limiter") {
  TEST_CASE("H3 grants exactly what a token bucket and an exact window both grant") {
    std::mt19937_64 random(3);
    for (const double rate : {1.0, 7.0, 100.0, 3000.0}) {
      CAPTURE(rate);
      const double burst = 1 + static_cast<double>(random() % static_cast<std::uint64_t>(2 * rate));
      const auto hybrid = HybridLimiter::make({rate, rate, burst}, kSecond, kStart);
      REQUIRE(hybrid);
      TokenBucket bucket(*make_quota(rate, burst), burst, ticks_from_ns(kStart));
      const auto window = SlidingWindow::make(rate, kSecond, 0, kStart);
      std::uint64_t now_ns = kStart;
      for (int i = 0; i < 100'000; ++i) {
        now_ns += random() % static_cast<std::uint64_t>(2e9 / rate);
        if (random() % 1000 == 0) now_ns += 2 * kSecond;
        bool both = bucket.try_acquire(1, ticks_from_ns(now_ns)).allowed();
        if (both && !window->try_acquire(1, now_ns)) {
          bucket.give_back(1, ticks_from_ns(now_ns));
          both = false;
        }
        REQUIRE(hybrid->try_acquire(1, now_ns) == both);
      }
    }
  }

  TEST_CASE("H3 denied until exactly the wait has passed, then allowed") {
    std::mt19937_64 random(4);
    const auto hybrid = HybridLimiter::make({20, 10, 5}, 2 * kSecond, kStart);
    std::uint64_t now_ns = kStart;
    for (int i = 0; i < 20'000; ++i) {
      const double cost = 1 + static_cast<double>(random() % 5);
      const std::uint64_t wait = hybrid->wait_ns(cost, now_ns);
      if (wait > 0) {
        REQUIRE(!hybrid->try_acquire(cost, now_ns + wait - 1));
        now_ns += wait;
      }
      REQUIRE(hybrid->wait_ns(cost, now_ns) == 0);
      REQUIRE(hybrid->try_acquire(cost, now_ns));
    }
  }

  TEST_CASE("H3 a quota it cannot have changes nothing") {
    CHECK(HybridLimiter::make({1, 0, 1}, kSecond, 0) == nullptr);
    const auto hybrid = HybridLimiter::make({10, 10, 10}, kSecond, kStart);
    CHECK(!hybrid->set_quota({10, -1, 10}, kStart));
    CHECK(hybrid->quota().rate == 10.0);
    CHECK(hybrid->available(kStart) == 10.0);
  }
}

TEST_SUITE("fixed_window") {
  TEST_CASE("H2 each window grants its limit, and begins with a grant") {
    FixedWindow window(5, 100, 0);
    std::uint64_t now_ns = 1000;
    for (int round = 0; round < 1000; ++round) {
      now_ns += 37;
      for (int i = 0; i < 5; ++i) REQUIRE(window.try_acquire(1, now_ns));
      CHECK(!window.try_acquire(1, now_ns + 99));
      CHECK(window.wait_ns(1, now_ns + 30) == 70);
      CHECK(window.reset_ns(now_ns + 30) == 70);
      now_ns += 100;
      CHECK(window.reset_ns(now_ns) == 0);
    }
  }

  TEST_CASE("H2 time that goes back stands still; a reset forgets that it was ever later") {
    FixedWindow window(1, 100, 1000);
    REQUIRE(window.try_acquire(1, 2000));
    CHECK(!window.try_acquire(1, 500));
    CHECK(window.wait_ns(1, 500) == 1600);
    CHECK(window.try_acquire(1, 2100));
    window.reset(500);
    CHECK(window.try_acquire(1, 500));
    CHECK(!window.try_acquire(1, 599));
    CHECK(window.try_acquire(1, 600));
  }
}

}  // namespace pacegate
