#include "core/limit/adaptive_throttle.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <random>

namespace pacegate {
namespace {

constexpr std::uint64_t kStart = 55'555'555'555;

/// A caller as the throttle's comment describes one, in simulated time.
struct Caller {
  AdaptiveThrottle throttle;
  std::uint64_t now;
  std::uint64_t sent = 0;

  Caller(double rate, std::uint32_t max_batch = AdaptiveThrottle::kDefaultMaxBatch)
      : throttle(rate, kStart, max_batch), now(kStart) {}

  /// Sends until the throttle says 0. \return packets sent
  std::uint64_t send_all() {
    const std::uint64_t before = sent;
    while (const std::uint32_t batch = throttle.next_batch(sent, now)) sent += batch;
    return sent - before;
  }
};

/// Relative error of the rate over the time that has passed.
double rate_error(const Caller& caller, double rate) {
  return static_cast<double>(caller.sent) /
             (static_cast<double>(caller.now - kStart) / 1e9 * rate) -
         1;
}

}  // namespace

TEST_SUITE("adaptive_throttle") {
  TEST_CASE("P2 waiting as told gives the rate within 0.1 %") {
    for (const double rate : {1.0, 100.0, 10e3, 1e6}) {
      CAPTURE(rate);
      Caller caller(rate);
      const auto packets = static_cast<std::uint64_t>(std::max(rate, 4000.0));
      while (caller.sent < packets) {
        if (caller.send_all() == 0) caller.now += caller.throttle.wait_ns(caller.now);
      }
      CHECK(rate_error(caller, rate) <= 0.001);
      CHECK(rate_error(caller, rate) >= -0.001);
      CHECK(caller.throttle.forgone() == 0);
    }
  }

  TEST_CASE("P2 polled irregularly, and late, the rate is within 0.1 % all the same") {
    for (const double rate : {1.0, 100.0, 10e3, 1e6}) {
      for (const std::uint64_t longest : {kNsPerMs, 20 * kNsPerMs, 200 * kNsPerMs}) {
        CAPTURE(rate);
        CAPTURE(longest);
        std::mt19937_64 random(12);
        Caller caller(rate);
        const std::uint64_t seconds = rate < 1000 ? 4000 : 100;
        std::uint64_t polls = 0;
        while (caller.now < kStart + seconds * kNsPerSecond && polls < 60'000) {
          caller.send_all();
          caller.now += 1 + random() % longest;
          ++polls;
        }
        caller.send_all();
        // Plus the packet that is due at the very start.
        const double tolerance =
            0.001 + 2 / (static_cast<double>(caller.now - kStart) / 1e9 * rate);
        CHECK(rate_error(caller, rate) <= tolerance);
        CHECK(rate_error(caller, rate) >= -tolerance);
        CHECK(caller.throttle.forgone() == 0);
      }
    }
  }

  TEST_CASE("P2 one call a turn: the batch grows to what a turn needs, by 0.5 % a call") {
    Caller caller(100'000);
    double last = caller.throttle.batch_size();
    CHECK(last == 1);
    for (int turn = 0; turn < 20'000; ++turn) {
      caller.sent += caller.throttle.next_batch(caller.sent, caller.now);
      const double size = caller.throttle.batch_size();
      REQUIRE(size <= last * 1.005 + 1e-9);
      REQUIRE(size >= last * 0.999 - 1e-9);
      last = size;
      caller.now += kNsPerMs;
    }
    // 100 packets a millisecond.
    CHECK(last >= 90);
    CHECK(last <= 250);
    const std::uint64_t before = caller.sent;
    for (int turn = 0; turn < 10'000; ++turn) {
      caller.sent += caller.throttle.next_batch(caller.sent, caller.now);
      caller.now += kNsPerMs;
    }
    CHECK(static_cast<double>(caller.sent - before) == doctest::Approx(1e6).epsilon(0.001));
    CHECK(caller.throttle.current_rate(caller.now) == doctest::Approx(1e5).epsilon(0.01));
  }

  TEST_CASE("P2 batches stay within 1 and the maximum, slow senders stay at 1") {
    Caller capped(1e6, 16);
    for (int turn = 0; turn < 5000; ++turn) {
      const std::uint32_t batch = capped.throttle.next_batch(capped.sent, capped.now);
      REQUIRE(batch <= 16);
      capped.sent += batch;
      capped.now += kNsPerMs;
    }
    CHECK(capped.throttle.batch_size() == 16);
    Caller slow(50);
    for (int turn = 0; turn < 20'000; ++turn) {
      slow.send_all();
      REQUIRE(slow.throttle.batch_size() < 2);
      slow.now += 5 * kNsPerMs;
    }
    CHECK(Caller(100, 0).throttle.batch_size() == 1);
  }

  TEST_CASE("P2 a gap of more than a second: no burst, batch 1, history empty") {
    for (const std::uint64_t gap : {1001 * kNsPerMs, 60 * kNsPerSecond, 86'400 * kNsPerSecond}) {
      Caller caller(100'000);
      for (int turn = 0; turn < 5000; ++turn) {
        caller.sent += caller.throttle.next_batch(caller.sent, caller.now);
        caller.now += kNsPerMs;
      }
      REQUIRE(caller.throttle.batch_size() > 50);
      caller.now += gap;
      CHECK(caller.throttle.next_batch(caller.sent, caller.now) == 1);
      CHECK(caller.throttle.batch_size() == 1);
      CHECK(caller.throttle.current_rate(caller.now) == 0);
      caller.sent += 1;
      CHECK(caller.send_all() == 0);
      // And then the rate again.
      const std::uint64_t before = caller.sent;
      for (int turn = 0; turn < 1000; ++turn) {
        caller.now += kNsPerMs;
        caller.send_all();
      }
      CHECK(caller.sent - before == 100'000);
    }
  }

  TEST_CASE("P2 waiting an hour because told to is no gap") {
    Caller caller(1.0 / 3600);
    for (int packet = 0; packet < 50; ++packet) {
      REQUIRE(caller.send_all() == 1);
      caller.now += caller.throttle.wait_ns(caller.now) + 300 * kNsPerMs;
    }
    caller.now -= 300 * kNsPerMs;
    // 1.0 / 3600 is not quite one in 3600 s; and deadlines are rounded up to whole nanoseconds.
    CHECK(caller.now - kStart >= 50 * 3600 * kNsPerSecond);
    CHECK(caller.now - kStart <= 50 * 3600 * kNsPerSecond + 1);
  }

  TEST_CASE("P2 lateness of less than a gap is made good up to a quarter second, and no further") {
    Caller caller(1000);
    caller.send_all();
    caller.now += 240 * kNsPerMs;
    CHECK(caller.send_all() == 240);
    caller.now += 900 * kNsPerMs;
    CHECK(caller.send_all() == 251);
    CHECK(caller.throttle.forgone() == 649);
  }

  TEST_CASE("P2 only packets that were sent are charged") {
    Caller caller(1000);
    caller.send_all();
    caller.now += 10 * kNsPerMs;
    CHECK(caller.throttle.next_batch(caller.sent, caller.now) == 1);
    CHECK(caller.throttle.next_batch(caller.sent, caller.now) == 1);
    CHECK(caller.throttle.wait_ns(caller.now) == 0);
    CHECK(caller.send_all() == 10);
    CHECK(caller.throttle.wait_ns(caller.now) == kNsPerMs);
    // Another part of the program sent 30 more.
    caller.sent += 30;
    CHECK(caller.send_all() == 0);
    CHECK(caller.throttle.wait_ns(caller.now) == 31 * kNsPerMs);
  }

  TEST_CASE("P2 a count that begins anew charges nothing by itself") {
    Caller caller(1000);
    caller.send_all();
    caller.sent = 0;
    caller.now += 5 * kNsPerMs;
    CHECK(caller.send_all() == 5);
  }

  TEST_CASE("P2 a new rate takes hold at once") {
    Caller caller(1000);
    for (int turn = 0; turn < 1000; ++turn) {
      caller.send_all();
      caller.now += kNsPerMs;
    }
    caller.send_all();
    caller.throttle.set_rate(50'000, caller.now);
    CHECK(caller.throttle.rate() == 50'000);
    const std::uint64_t before = caller.sent;
    for (int turn = 0; turn < 1000; ++turn) {
      caller.now += kNsPerMs;
      caller.send_all();
    }
    CHECK(caller.sent - before >= 49'999);
    CHECK(caller.sent - before <= 50'001);
  }

  TEST_CASE("P2 a gap is a gap also where the rate was raised during a long wait") {
    Caller caller(1.0 / 3600);
    REQUIRE(caller.send_all() == 1);
    caller.now += kNsPerSecond;
    CHECK(caller.send_all() == 0);
    caller.throttle.set_rate(1000, caller.now);
    caller.now += 600 * kNsPerSecond;
    CHECK(caller.send_all() == 1);
    CHECK(caller.throttle.counts().gaps == 1);
  }

  TEST_CASE("P2 a clock that goes back sends nothing and loses nothing") {
    Caller caller(1000);
    caller.now += 100 * kNsPerMs;
    CHECK(caller.send_all() == 101);
    caller.now -= 50 * kNsPerMs;
    CHECK(caller.send_all() == 0);
    CHECK(caller.throttle.wait_ns(caller.now) == 51 * kNsPerMs);
    caller.now += 60 * kNsPerMs;
    CHECK(caller.send_all() == 10);
  }
}

}  // namespace pacegate
