#include "engine/deferral/rate_caps.h"

#include <doctest/doctest.h>

#include <deque>
#include <map>
#include <random>

#include "core/time.h"

namespace pacegate {
namespace {

constexpr std::uint64_t kStart = 77'777'777'777;
constexpr SipKey kSeed{1, 2};

IpAddress host(std::uint32_t n) {
  return IpAddress::v4(0x0a000000U + n);
}

}  // namespace

TEST_SUITE("deferral") {
  TEST_CASE("P5 without caps everything goes") {
    RateCaps caps({}, kSeed);
    CHECK(!caps.any());
    for (std::uint32_t i = 0; i < 1000; ++i) CHECK(caps.take(host(1), kStart).allowed);
  }

  TEST_CASE(
      "P5 a target gets its burst, then its rate to the nanosecond; others are not affected") {
    RateCaps caps({.target_rate = 10}, kSeed);
    CHECK(caps.take(host(1), kStart).allowed);
    const RateCaps::Verdict refused = caps.take(host(1), kStart);
    CHECK(!refused.allowed);
    CHECK(refused.blocker == BlockScope::target);
    CHECK(refused.until_ns > kStart);
    CHECK(refused.until_ns <= kStart + 100 * kNsPerMs + 1);
    CHECK(!caps.take(host(1), refused.until_ns - 2).allowed);
    CHECK(caps.take(host(1), refused.until_ns).allowed);
    CHECK(caps.take(host(2), kStart).allowed);
  }

  TEST_CASE(
      "P5 a prefix is shared by its addresses, and what it refuses costs the target nothing") {
    RateCaps caps({.target_rate = 10, .prefix_rate = 20, .prefixes = {.v4 = 24, .v6 = 64}}, kSeed);
    CHECK(caps.take(host(1), kStart).allowed);
    const RateCaps::Verdict refused = caps.take(host(2), kStart);
    CHECK(refused.blocker == BlockScope::zone);
    CHECK(refused.until_ns <= kStart + 50 * kNsPerMs + 1);
    CHECK(caps.take(host(2), refused.until_ns).allowed);
    CHECK(caps.take(host(256), kStart).allowed);
    const IpAddress six = IpAddress::from_bytes(std::vector<std::uint8_t>(16, 0x20));
    CHECK(caps.take(six, kStart).allowed);
    CHECK(caps.take(six.plus(1), kStart).blocker == BlockScope::zone);
  }

  TEST_CASE("P5 parts of one cap that members share never add up to more, also while they change") {
    constexpr double kRate = 10;
    std::deque<RateCaps> members;
    for (int i = 0; i < 3; ++i) {
      members.emplace_back(
          RateCapOptions{.target_rate = 40, .prefix_rate = kRate, .prefixes = {.v4 = 24, .v6 = 64}},
          kSeed);
    }
    std::mt19937_64 random(5);
    std::uint64_t now = kStart;
    int taken = 0;
    for (int second = 0; second < 200; ++second) {
      const double first = 0.01 + static_cast<double>(random() % 900) / 1000;
      const double second_part = (1 - first) * 0.75;
      const double parts[] = {first, second_part, 1 - first - second_part};
      for (std::size_t i = 0; i < 3; ++i) members[i].set_part(parts[i], now);
      for (int i = 0; i < 1000; ++i) {
        now += kNsPerMs;
        for (RateCaps& member : members) {
          if (member.take(host(static_cast<std::uint32_t>(random() % 250)), now).allowed) ++taken;
        }
      }
    }
    // Each member has a burst of one packet.
    CHECK(taken <= 200 * kRate + 3 + 1);
    CHECK(taken >= 200 * kRate * 0.98);
  }

  TEST_CASE("P5 a part that is the whole again is the whole cap") {
    RateCaps caps({.target_rate = 100}, kSeed);
    caps.set_part(0.01, kStart);
    CHECK(caps.take(host(1), kStart).allowed);
    const RateCaps::Verdict slow = caps.take(host(1), kStart);
    CHECK(slow.until_ns > kStart + 990 * kNsPerMs);
    caps.set_part(1, kStart);
    const RateCaps::Verdict fast = caps.take(host(1), kStart);
    CHECK(!fast.allowed);
    CHECK(fast.until_ns <= kStart + 10 * kNsPerMs + 1);
  }

  TEST_CASE("P5 no window of any target or prefix holds more than burst + rate x t") {
    constexpr double kTargetRate = 300;
    constexpr double kZoneRate = 900;
    RateCaps caps({.target_rate = kTargetRate, .prefix_rate = kZoneRate}, kSeed);
    std::mt19937_64 random(3);
    std::map<std::uint32_t, std::deque<std::uint64_t>> targets;
    std::map<std::uint32_t, std::deque<std::uint64_t>> zones;
    const auto holds = [](std::deque<std::uint64_t>& times, double rate, std::uint64_t now) {
      times.push_back(now);
      const double burst = RateCaps::burst_of(rate);
      for (std::size_t i = 0; i < times.size(); ++i) {
        const double seconds = static_cast<double>(now - times[i]) / 1e9;
        const auto packets = static_cast<double>(times.size() - i);
        // Ticks are rounded down: a packet may be early by less than a nanosecond.
        if (packets > burst + rate * (seconds + 2e-9 * packets)) return false;
      }
      if (times.size() > 400) times.pop_front();
      return true;
    };
    std::uint64_t now = kStart;
    for (int step = 0; step < 60'000; ++step) {
      now += random() % 50 == 0 ? random() % (20 * kNsPerMs) : random() % (200'000);
      const auto n = static_cast<std::uint32_t>(random() % 4 + 256 * (random() % 2));
      if (!caps.take(host(n), now).allowed) continue;
      REQUIRE(holds(targets[n], kTargetRate, now));
      REQUIRE(holds(zones[n / 256], kZoneRate, now));
    }
  }
}

}  // namespace pacegate
