#include "core/limit/pacing_schedule.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>

namespace pacegate {
namespace {

constexpr std::uint64_t kStart = 1'234'567'890'123;
constexpr double kRates[] = {1.0 / 3600, 0.3, 1, 7, 100, 9999.5, 1e5, 1e6, 14.88e6, 30e6, 1e9};
constexpr std::uint64_t kLongCatchUp = std::uint64_t{1} << 61;

/// Takes all that is due. \return how many packets
std::uint64_t send_due(PacingSchedule& schedule, std::uint64_t now_ns) {
  const std::uint64_t count = schedule.due(now_ns);
  schedule.commit(count);
  return count;
}

}  // namespace

TEST_SUITE("pacing_schedule") {
  TEST_CASE("a packet is due at its deadline and not a nanosecond earlier") {
    for (const double rate : kRates) {
      CAPTURE(rate);
      PacingSchedule schedule(rate, kStart);
      CHECK(schedule.next_deadline_ns() == kStart);
      CHECK(schedule.due(kStart - 1) == 0);
      CHECK(schedule.due(kStart) == 1);
      for (int k = 0; k < 1000; ++k) {
        const std::uint64_t deadline = schedule.next_deadline_ns();
        REQUIRE(schedule.due(deadline - 1) == 0);
        REQUIRE(schedule.due(deadline) >= 1);
        schedule.commit(1);
      }
      CHECK(schedule.forgone() == 0);
    }
  }

  TEST_CASE("deadline k is start + k / rate, exact to 2 ns after 10^10 packets") {
    for (const std::uint64_t rate :
         {1U, 3U, 7U, 1000U, 99'999U, 1'000'000U, 14'880'000U, 30'000'000U}) {
      for (const std::uint64_t k :
           {1ULL, 999ULL, 1'000'003ULL, 4'294'967'297ULL, 10'000'000'000ULL}) {
        CAPTURE(rate);
        CAPTURE(k);
        PacingSchedule schedule(static_cast<double>(rate), kStart);
        schedule.commit(k);
        const std::uint64_t ideal = kStart + k * kNsPerSecond / rate;  // k * 10^9 < 2^64
        const auto error = static_cast<std::int64_t>(schedule.next_deadline_ns() - ideal);
        CHECK(error >= -2);
        CHECK(error <= 3);  // rounded up to whole nanoseconds
      }
    }
  }

  TEST_CASE("417 days at 30 M packets a second: the period's own rounding and nothing else") {
    const std::uint64_t seconds = 417ULL * 86'400;
    for (const std::uint64_t rate : {1'000U, 14'880'000U, 30'000'000U}) {
      const std::uint64_t packets = seconds * rate;
      PacingSchedule schedule(static_cast<double>(rate), kStart);
      schedule.commit(packets);
      const double error = static_cast<double>(
          static_cast<std::int64_t>(schedule.next_deadline_ns() - kStart - seconds * kNsPerSecond));
      CHECK(std::abs(error) <= static_cast<double>(packets) / 8589934592.0 + 1);
      // One more packet counts one period, even out there.
      const std::uint64_t before = schedule.next_deadline_ns();
      schedule.commit(rate);
      CHECK(std::abs(static_cast<double>(schedule.next_deadline_ns() - before) - 1e9) <= 2);
    }
  }

  TEST_CASE("commits add up without rounding, however they are cut") {
    std::mt19937_64 random(5);
    for (const double rate : kRates) {
      PacingSchedule whole(rate, kStart, kLongCatchUp);
      PacingSchedule pieces(rate, kStart, kLongCatchUp);
      const std::uint64_t total = rate < 1 ? 1'000 : 3'000'000'000ULL;
      whole.commit(total);
      for (std::uint64_t left = total; left != 0;) {
        const std::uint64_t piece = std::min(left, 1 + random() % (total / 50));
        pieces.commit(piece);
        left -= piece;
      }
      // Equal to the last fraction: the deadlines agree for as long as one looks.
      for (int i = 0; i < 100; ++i) {
        REQUIRE(whole.next_deadline_ns() == pieces.next_deadline_ns());
        whole.commit(1);
        pieces.commit(1);
      }
    }
  }

  TEST_CASE("what is due equals the deadlines passed, counted one by one") {
    std::mt19937_64 random(6);
    for (const double rate : {7.0, 1000.0, 1e6, 30e6, 1e9}) {
      PacingSchedule schedule(rate, kStart, kLongCatchUp);
      std::uint64_t now = kStart;
      for (int i = 0; i < 200; ++i) {
        now += random() % static_cast<std::uint64_t>(1 + 1000 / rate * 1e9 / 10);
        const std::uint64_t due = schedule.due(now);
        PacingSchedule counted = schedule;
        for (std::uint64_t n = 0; n < due; ++n) {
          REQUIRE(counted.next_deadline_ns() <= now);
          counted.commit(1);
        }
        REQUIRE(counted.next_deadline_ns() > now);
        schedule.commit(due - std::min<std::uint64_t>(due, random() % 3));  // the kernel took fewer
      }
      CHECK(schedule.forgone() == 0);
    }
  }

  TEST_CASE("polled at irregular moments the count is exact at every rate") {
    std::mt19937_64 random(7);
    for (const double rate : kRates) {
      CAPTURE(rate);
      PacingSchedule schedule(rate, kStart);
      std::uint64_t sent = 0;
      std::uint64_t now = kStart;
      for (int i = 0; i < 20'000; ++i) {
        now += random() % (9 * kNsPerMs);  // never later than the catch-up
        sent += send_due(schedule, now);
      }
      const double ideal = static_cast<double>(now - kStart) / 1e9 * rate;
      CHECK(static_cast<double>(sent) <= ideal + 1.001);
      CHECK(static_cast<double>(sent) >= ideal - 0.001);
      CHECK(schedule.forgone() == 0);
    }
  }

  TEST_CASE("polled far more often than packets are due nothing starves") {
    PacingSchedule schedule(10, kStart);
    std::uint64_t sent = 0;
    for (std::uint64_t now = kStart; now <= kStart + kNsPerSecond; now += 9973) {
      sent += send_due(schedule, now);
    }
    CHECK(sent == 10);
  }

  TEST_CASE("after a stall at most the catch-up is sent, the rest is counted") {
    PacingSchedule schedule(1000, kStart);  // 10 ms of catch-up
    // Deadlines 0, 1, .. 1000 ms; those from 990 ms on are kept.
    CHECK(schedule.due(kStart + kNsPerSecond) == 11);
    CHECK(schedule.forgone() == 990);
    CHECK(schedule.due(kStart + kNsPerSecond) == 11);
    CHECK(schedule.forgone() == 990);
    schedule.commit(11);
    CHECK(schedule.next_deadline_ns() == kStart + kNsPerSecond + kNsPerMs);
    // Exactly the catch-up late: nothing is lost.
    CHECK(schedule.due(kStart + kNsPerSecond + 11 * kNsPerMs) == 11);
    CHECK(schedule.forgone() == 990);
    CHECK(schedule.due(kStart + kNsPerSecond + 11 * kNsPerMs + 1) == 10);
    CHECK(schedule.forgone() == 991);
  }

  TEST_CASE("no catch-up at all: one packet at a time, the grid is kept") {
    PacingSchedule schedule(1000, kStart, 0);
    CHECK(schedule.due(kStart + 5 * kNsPerMs + 300) == 1);
    CHECK(schedule.forgone() == 5);
    schedule.commit(1);
    CHECK(schedule.next_deadline_ns() == kStart + 6 * kNsPerMs);
  }

  TEST_CASE("a rate below 1 / catch-up is not starved by late polls") {
    PacingSchedule schedule(1, kStart);
    for (std::uint64_t second = 0; second < 100; ++second) {
      // 0.4 s late each time, 40 times the catch-up.
      REQUIRE(send_due(schedule, kStart + second * kNsPerSecond + 400 * kNsPerMs) == 1);
    }
    CHECK(schedule.forgone() == 0);
    CHECK(send_due(schedule, kStart + 110 * kNsPerSecond) == 1);
    CHECK(schedule.forgone() == 10);
  }

  TEST_CASE("over any window, stalls included: at most (window + catch-up) * rate + 2") {
    std::mt19937_64 random(8);
    for (const double rate : {50.0, 1000.0, 1e6}) {
      PacingSchedule schedule(rate, kStart);
      const double per_ns = rate / 1e9;
      double sent = 0;
      double lowest = 0;
      std::uint64_t now = kStart;
      for (int i = 0; i < 20'000; ++i) {
        now += random() % 50 == 0 ? random() % kNsPerSecond : random() % kNsPerMs;
        const double ideal = static_cast<double>(now - kStart) * per_ns;
        lowest = std::min(lowest, sent - ideal);
        sent += static_cast<double>(send_due(schedule, now));
        REQUIRE(sent - ideal - lowest <= 10e6 * per_ns + 2);
      }
      CHECK(schedule.forgone() > 0);
      const double due_in_all = static_cast<double>(now - kStart) * per_ns;
      CHECK(std::abs(sent + static_cast<double>(schedule.forgone()) - due_in_all) <= 2);
    }
  }

  TEST_CASE("a clock that goes back makes nothing due and loses nothing") {
    PacingSchedule schedule(1000, kStart);
    CHECK(send_due(schedule, kStart + 5 * kNsPerMs) == 6);
    for (const std::uint64_t back : {std::uint64_t{1}, kNsPerMs, kNsPerSecond, kStart}) {
      CHECK(schedule.due(kStart + 5 * kNsPerMs - back) == 0);
    }
    CHECK(send_due(schedule, kStart + 6 * kNsPerMs) == 1);
    CHECK(schedule.forgone() == 0);
  }

  TEST_CASE("any epoch: the nanoseconds may wrap") {
    PacingSchedule schedule(1000, std::uint64_t{0} - 3 * kNsPerMs);
    CHECK(send_due(schedule, 0) == 4);
    CHECK(send_due(schedule, 4 * kNsPerMs) == 4);
    CHECK(schedule.next_deadline_ns() == 5 * kNsPerMs);
    CHECK(schedule.forgone() == 0);
  }
}

}  // namespace pacegate
