#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <deque>
#include <random>

#include "core/limit/adaptive_throttle.h"

namespace pacegate {
namespace {

constexpr std::uint64_t kStart = 77'777'777'777;

/// A sender as they are: each call costs time, and each packet a little more.
struct Sender {
  AdaptiveThrottle throttle;
  std::uint64_t call_ns;
  std::uint64_t packet_ns;
  std::uint64_t now = kStart;
  std::uint64_t sent = 0;
  std::uint64_t calls = 0;

  Sender(double rate, std::uint64_t call_ns_, std::uint64_t packet_ns_)
      : throttle(rate, kStart), call_ns(call_ns_), packet_ns(packet_ns_) {}

  /// One call of the throttle, and of the network with what it allows.
  void step() {
    const std::uint32_t batch = throttle.next_batch(sent, now);
    ++calls;
    sent += batch;
    now += batch > 0 ? call_ns + batch * packet_ns : std::max<std::uint64_t>(wait(), 100);
  }

  /// \return packets a second over the next `seconds`
  double rate_over(std::uint64_t seconds) {
    const std::uint64_t before = sent;
    const std::uint64_t begin = now;
    while (now < begin + seconds * kNsPerSecond) step();
    return static_cast<double>(sent - before) * 1e9 / static_cast<double>(now - begin);
  }

  [[nodiscard]] std::uint64_t wait() const { return throttle.wait_ns(now); }
};

/// Calls that a batch of 1 takes to become `size`, each call adding 0.5 %.
double growth_calls(double size) {
  return std::log(size) / std::log(1.005);
}

}  // namespace

TEST_SUITE("adaptive_throttle") {
  TEST_CASE("P2 from below: the rate is reached in the calls that 0.5 % each take, and then held") {
    for (const double rate : {20e3, 100e3, 500e3, 1e6}) {
      CAPTURE(rate);
      // 100 us a call: so many packets are needed in each.
      Sender sender(rate, 100'000, 300);
      const double share_for_packets = rate * 300 / 1e9;
      const double needed = rate * 100e-6 / (1 - share_for_packets);
      double seen = 0;
      while (seen < 0.99 * rate) {
        sender.step();
        seen = sender.throttle.batch_size() / (100e-6 + sender.throttle.batch_size() * 300e-9);
        REQUIRE(sender.calls < 1.1 * growth_calls(needed) + 500);
      }
      CHECK(sender.throttle.batch_size() <= 1.2 * needed + 1);
      static_cast<void>(sender.rate_over(2));  // by then what was missed is made good or given up
      CHECK(sender.rate_over(5) == doctest::Approx(rate).epsilon(0.001));
      CHECK(sender.throttle.current_rate(sender.now) == doctest::Approx(rate).epsilon(0.01));
    }
  }

  TEST_CASE("P2 from below: a little more than whole packets a call is reached as fast") {
    for (const double rate : {505.0, 1012.0, 1507.0}) {
      CAPTURE(rate);
      Sender sender(rate, 1'996'000, 200);
      static_cast<void>(sender.rate_over(2));
      CHECK(sender.rate_over(2) == doctest::Approx(rate).epsilon(0.005));
    }
  }

  TEST_CASE("P2 from above: a batch that is larger than need be shrinks to what is needed") {
    Sender sender(500e3, 100'000, 300);
    static_cast<void>(sender.rate_over(3));
    REQUIRE(sender.throttle.batch_size() > 50);
    sender.throttle.set_rate(20e3, sender.now);
    static_cast<void>(sender.rate_over(1));  // what was due at the old rate
    // Batches of 2 are what 100 us a call ask for; and every 100 ms has its share, no more, no less.
    for (int slice = 0; slice < 50; ++slice) {
      const std::uint64_t before = sender.sent;
      const std::uint64_t begin = sender.now;
      while (sender.now < begin + 100 * kNsPerMs) sender.step();
      REQUIRE(static_cast<double>(sender.sent - before) == doctest::Approx(2000).epsilon(0.002));
      if (sender.calls > 60'000) REQUIRE(sender.throttle.batch_size() < 5);
    }
  }

  TEST_CASE("P2 a sender that sends more than allowed gets smaller batches") {
    Sender sender(500e3, 100'000, 300);
    static_cast<void>(sender.rate_over(2));
    const double before = sender.throttle.batch_size();
    for (int call = 0; call < 1000; ++call) {
      sender.sent += 600;
      sender.now += kNsPerMs;
      static_cast<void>(sender.throttle.next_batch(sender.sent, sender.now));
    }
    CHECK(sender.throttle.batch_size() < 0.5 * before);
  }

  TEST_CASE("P2 after set_rate the new rate is reached, up and down, again and again") {
    Sender sender(1000, 50'000, 200);
    for (const double rate : {200e3, 5e3, 1e6, 50.0, 300e3, 1.0}) {
      CAPTURE(rate);
      sender.throttle.set_rate(rate, sender.now);
      static_cast<void>(sender.rate_over(3));
      const std::uint64_t seconds = rate < 100 ? 60 : 5;
      const double tolerance = 0.001 + 1 / (rate * static_cast<double>(seconds));
      CHECK(sender.rate_over(seconds) == doctest::Approx(rate).epsilon(tolerance));
    }
  }

  TEST_CASE("P2 no second has more than the rate, plus what may be made good") {
    for (const std::uint64_t catch_up : {std::uint64_t{0}, 10 * kNsPerMs, 250 * kNsPerMs}) {
      for (const double rate : {3.0, 1000.0, 40e3}) {
        CAPTURE(catch_up);
        CAPTURE(rate);
        AdaptiveThrottle throttle(rate, kStart, 10'000, catch_up);
        std::mt19937_64 random(3);
        std::deque<std::pair<std::uint64_t, std::uint32_t>> last_second;
        std::uint64_t in_second = 0;
        std::uint64_t now = kStart;
        std::uint64_t sent = 0;
        const double allowance = static_cast<double>(catch_up) / 1e9;
        for (int call = 0; call < 60'000; ++call) {
          const std::uint32_t batch = throttle.next_batch(sent, now);
          sent += batch;
          in_second += batch;
          last_second.emplace_back(now, batch);
          while (last_second.front().first + kNsPerSecond <= now) {
            in_second -= last_second.front().second;
            last_second.pop_front();
          }
          REQUIRE(static_cast<double>(in_second) <= rate * (1 + allowance) + 2);
          const std::uint64_t longest = call % 500 == 0 ? 1500 * kNsPerMs : 2 * kNsPerMs;
          now += 1 + random() % longest;
        }
        CHECK(throttle.counts().calls == 60'000);
        CHECK(throttle.counts().gaps > 10);
      }
    }
  }

  TEST_CASE("P2 without catch-up every late packet is given up, and counted") {
    AdaptiveThrottle throttle(1000, kStart, 10'000, 0);
    std::uint64_t sent = throttle.next_batch(0, kStart);
    const std::uint64_t late = kStart + 100 * kNsPerMs;
    CHECK(throttle.next_batch(sent, late) == 1);
    CHECK(throttle.forgone() == 99);
    sent += 1;
    CHECK(throttle.next_batch(sent, late) == 0);
    CHECK(throttle.counts().packets == 2);
    CHECK(throttle.counts().batches == 2);
    CHECK(throttle.counts().calls == 3);
  }
}

}  // namespace pacegate
