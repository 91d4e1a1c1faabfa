#include <doctest/doctest.h>

#include <cstdint>
#include <limits>
#include <random>

#include "core/limit/pacing_schedule.h"

namespace pacegate {
namespace {

constexpr std::uint64_t kStart = 1'234'567'890'123;

/// Takes all that is due. \return how many packets
std::uint64_t send_due(PacingSchedule& schedule, std::uint64_t now_ns) {
  const std::uint64_t count = schedule.due(now_ns);
  schedule.commit(count);
  return count;
}

}  // namespace

TEST_SUITE("pacing_schedule changes") {
  TEST_CASE("more committed than due is waited for") {
    PacingSchedule schedule(1000, kStart);
    schedule.commit(50);
    CHECK(schedule.due(kStart + 49 * kNsPerMs) == 0);
    CHECK(schedule.next_deadline_ns() == kStart + 50 * kNsPerMs);
  }

  TEST_CASE("a new rate keeps what is due") {
    PacingSchedule schedule(1000, kStart);
    const std::uint64_t now = kStart + 5 * kNsPerMs;
    REQUIRE(schedule.due(now) == 6);
    schedule.set_rate(10'000, now);
    CHECK(schedule.rate() == 10'000);
    CHECK(schedule.due(now) == 6);
    CHECK(schedule.due(now + kNsPerMs) == 16);
    CHECK(schedule.forgone() == 0);
  }

  TEST_CASE("a new rate keeps the share already waited for") {
    PacingSchedule schedule(1.0 / 3600, kStart);
    schedule.commit(1);
    // Half an hour of the hour has gone: half a period of any rate is left.
    const std::uint64_t now = kStart + 1800 * kNsPerSecond;
    schedule.set_rate(1000, now);
    CHECK(schedule.next_deadline_ns() >= now + kNsPerMs / 2);
    CHECK(schedule.next_deadline_ns() <= now + kNsPerMs / 2 + 2);
    schedule.set_rate(1.0 / 3600, now);
    const auto wait = static_cast<double>(schedule.next_deadline_ns() - now);
    CHECK(wait == doctest::Approx(1800e9).epsilon(1e-5));
  }

  TEST_CASE("a slower rate makes no burst of what the faster one owed") {
    PacingSchedule schedule(1e6, kStart);
    const std::uint64_t now = kStart + 10 * kNsPerMs;
    REQUIRE(schedule.due(now) == 10'001);
    schedule.set_rate(10, now);
    CHECK(schedule.due(now) == 1);
    CHECK(schedule.forgone() == 10'000);
    std::uint64_t sent = 0;
    for (std::uint64_t t = now; t <= now + 10 * kNsPerSecond; t += kNsPerMs) {
      sent += send_due(schedule, t);
    }
    CHECK(sent >= 100);
    CHECK(sent <= 101);
  }

  TEST_CASE("rates changed again and again: the sum is the integral of the rate") {
    std::mt19937_64 random(9);
    PacingSchedule schedule(1000, kStart);
    double ideal = 0;
    double rate = 1000;
    std::uint64_t sent = 0;
    std::uint64_t now = kStart;
    for (int i = 0; i < 20'000; ++i) {
      const std::uint64_t gap = random() % (5 * kNsPerMs);
      now += gap;
      ideal += rate * static_cast<double>(gap) / 1e9;
      sent += send_due(schedule, now);
      if (i % 3 == 0) {
        rate = static_cast<double>(1 + random() % 100'000);
        schedule.set_rate(rate, now);
      }
    }
    CHECK(schedule.forgone() == 0);
    CHECK(static_cast<double>(sent) == doctest::Approx(ideal).epsilon(1e-6));
  }

  TEST_CASE("a restart forgets lateness and keeps the wait") {
    PacingSchedule schedule(10, kStart);
    schedule.restart(kStart + 5 * kNsPerSecond);
    CHECK(schedule.due(kStart + 5 * kNsPerSecond) == 1);
    CHECK(schedule.forgone() == 0);
    schedule.commit(1);
    const std::uint64_t deadline = schedule.next_deadline_ns();
    // Pausing over and over must not make packets.
    for (int i = 0; i < 10; ++i) schedule.restart(kStart + 5 * kNsPerSecond + 1);
    CHECK(schedule.next_deadline_ns() == deadline);
  }

  TEST_CASE("impossible rates become the nearest possible one") {
    CHECK(PacingSchedule(0, kStart).rate() == PacingSchedule::kMinRate);
    CHECK(PacingSchedule(-5, kStart).rate() == PacingSchedule::kMinRate);
    CHECK(PacingSchedule(std::numeric_limits<double>::quiet_NaN(), kStart).rate() ==
          PacingSchedule::kMinRate);
    CHECK(PacingSchedule(1e300, kStart).rate() == PacingSchedule::kMaxRate);
    PacingSchedule slowest(0, kStart);
    slowest.commit(1);
    CHECK(slowest.due(kStart + 400 * 86'400 * kNsPerSecond) == 0);
  }
}

}  // namespace pacegate
