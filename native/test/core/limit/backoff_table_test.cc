#include "core/limit/backoff_table.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

#include "core/ip_text.h"

namespace pacegate {
namespace {

constexpr std::uint64_t kStart = 44'444'444'444;
constexpr std::uint64_t kSecond = kNsPerSecond;

BackoffOptions options_with(std::uint32_t max_targets) {
  BackoffOptions options;
  options.max_targets = max_targets;
  options.seed = {.k0 = 11, .k1 = 22};
  return options;
}

BackoffKey host(const BackoffTable& table, std::uint32_t n) {
  return table.key_of(IpAddress::v4(0x0a000000U + n));
}

BackoffKey host(const BackoffTable& table, const char* text) {
  return table.key_of(*parse_ip_address(text));
}

BackoffKey name(const BackoffTable& table, std::string_view text) {
  return table.key_of_name({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
}

}  // namespace

TEST_SUITE("backoff_table") {
  TEST_CASE("P5 levels 1 to 4 mean 2, 4, 8 and 16 s, and stay at the highest") {
    BackoffTable table(options_with(16));
    const BackoffKey target = host(table, 1);
    std::uint64_t now = kStart;
    CHECK(table.level(target, now) == 0);
    CHECK(table.remaining_ns(target, now) == 0);
    const std::array<std::uint64_t, 6> seconds{2, 4, 8, 16, 16, 16};
    for (std::size_t i = 0; i < seconds.size(); ++i) {
      const auto expected = static_cast<unsigned>(std::min<std::size_t>(i + 1, 4));
      CHECK(table.report(target, now) == expected);
      CHECK(table.level(target, now) == expected);
      CHECK(table.remaining_ns(target, now) == seconds[i] * kSecond);
      now += seconds[i] * kSecond - 1;
      CHECK(table.remaining_ns(target, now) == 1);
      now += 1;
      CHECK(table.remaining_ns(target, now) == 0);
    }
  }

  TEST_CASE("P5 one escalation per silence: reports during it neither raise nor prolong") {
    BackoffTable table(options_with(16));
    const BackoffKey target = host(table, 1);
    CHECK(table.report(target, kStart) == 1);
    for (std::uint64_t t = 0; t < 2 * kSecond; t += 100 * kNsPerMs) {
      REQUIRE(table.report(target, kStart + t) == 1);
      REQUIRE(table.remaining_ns(target, kStart + t) == 2 * kSecond - t);
    }
    CHECK(table.report(target, kStart + 2 * kSecond) == 2);
    CHECK(table.counts().reports == 22);
    CHECK(table.counts().escalations == 2);
  }

  TEST_CASE("P5 a level is lost for each decay time of quiet after the silence") {
    BackoffOptions options = options_with(16);
    options.decay_ns = 10 * kSecond;
    BackoffTable table(options);
    const BackoffKey target = host(table, 1);
    std::uint64_t now = kStart;
    for (int i = 0; i < 3; ++i) {
      table.report(target, now);
      now += table.remaining_ns(target, now);
    }
    CHECK(table.level(target, now) == 3);
    CHECK(table.level(target, now + 10 * kSecond - 1) == 3);
    CHECK(table.level(target, now + 10 * kSecond) == 2);
    CHECK(table.level(target, now + 20 * kSecond) == 1);
    CHECK(table.size(now + 30 * kSecond - 1) == 1);
    BackoffTable again = table;
    CHECK(again.report(target, now + 20 * kSecond) == 2);
    CHECK(again.remaining_ns(target, now + 20 * kSecond) == 4 * kSecond);
    CHECK(table.level(target, now + 30 * kSecond) == 0);
    CHECK(table.size(now + 30 * kSecond) == 0);
    CHECK(table.counts().decayed == 1);
    CHECK(table.report(target, now + 30 * kSecond) == 1);
  }

  TEST_CASE("P5 decay can be switched off") {
    BackoffOptions options = options_with(16);
    options.decay_ns = BackoffOptions::kForever;
    BackoffTable table(options);
    table.report(host(table, 1), kStart);
    CHECK(table.level(host(table, 1), kStart + 86'400 * 3650 * kSecond) == 1);
    CHECK(table.report(host(table, 1), kStart + 86'400 * 3650 * kSecond) == 2);
  }

  TEST_CASE("P5 a prefix stands for all its addresses") {
    BackoffOptions options = options_with(16);
    options.prefixes = {.v4 = 24, .v6 = 64};
    BackoffTable table(options);
    CHECK(table.report(host(table, "10.1.2.3"), kStart) == 1);
    CHECK(table.report(host(table, "10.1.2.200"), kStart) == 1);
    CHECK(table.remaining_ns(host(table, "10.1.2.77"), kStart) == 2 * kSecond);
    CHECK(table.remaining_ns(host(table, "10.1.3.3"), kStart) == 0);
    CHECK(table.report(host(table, "10.1.2.4"), kStart + 2 * kSecond) == 2);
    CHECK(table.level(host(table, "::ffff:10.1.2.9"), kStart + 2 * kSecond) == 2);
    CHECK(table.report(host(table, "2001:db8:0:1::1"), kStart) == 1);
    CHECK(table.level(host(table, "2001:db8:0:1:ffff::"), kStart) == 1);
    CHECK(table.level(host(table, "2001:db8:0:2::1"), kStart) == 0);
    CHECK(table.size(kStart) == 2);
  }

  TEST_CASE("P5 families and names never meet") {
    BackoffTable table(options_with(16));
    table.report(host(table, "0.0.0.0"), kStart);
    CHECK(table.level(host(table, "::"), kStart) == 0);
    table.report(name(table, "example.org"), kStart);
    CHECK(table.level(name(table, "example.org"), kStart) == 1);
    CHECK(table.level(name(table, "example.com"), kStart) == 0);
    CHECK(table.level(name(table, ""), kStart) == 0);
    CHECK(table.size(kStart) == 2);
  }

  TEST_CASE("P5 who looks for a target learns that all are backed off, and for how long") {
    BackoffTable table(options_with(16));
    const std::array<IpAddress, 3> targets{IpAddress::v4(1), IpAddress::v4(2), IpAddress::v4(3)};
    using Outcome = BackoffChoice::Outcome;
    CHECK(first_ready(table, {}, kStart).outcome == Outcome::no_targets);
    CHECK(first_ready(table, targets, kStart).outcome == Outcome::ready);
    table.report(table.key_of(targets[0]), kStart);
    CHECK(first_ready(table, targets, kStart).index == 1);
    table.report(table.key_of(targets[1]), kStart + 500 * kNsPerMs);
    table.report(table.key_of(targets[2]), kStart + kSecond);
    const BackoffChoice none = first_ready(table, targets, kStart + kSecond);
    CHECK(none.outcome == Outcome::all_backed_off);
    CHECK(none.wait_ns == kSecond);
    CHECK(table.backed_off(kStart + kSecond) == 3);
    CHECK(table.next_free_ns(kStart + kSecond) == kStart + 2 * kSecond);
    CHECK(table.next_free_ns(kStart + 2 * kSecond) == kStart + 2500 * kNsPerMs);
    CHECK(first_ready(table, targets, kStart + 2 * kSecond).index == 0);
    CHECK_FALSE(table.next_free_ns(kStart + 3 * kSecond).has_value());
  }

  TEST_CASE("P5 a full table forgets the quiet before the backed off, and counts both") {
    BackoffTable table(options_with(3));
    table.report(host(table, 1), kStart);
    table.report(host(table, 2), kStart + kSecond);
    table.report(host(table, 3), kStart + 1500 * kNsPerMs);
    // 1 is quiet, so it goes, although 2 and 3 were reported later.
    table.report(host(table, 4), kStart + 2 * kSecond);
    CHECK(table.level(host(table, 1), kStart + 2 * kSecond) == 0);
    CHECK(table.counts().evicted == 1);
    CHECK(table.counts().overflowed == 0);
    // All are backed off: the one that is free first goes.
    table.report(host(table, 5), kStart + 2 * kSecond);
    CHECK(table.level(host(table, 2), kStart + 2 * kSecond) == 0);
    CHECK(table.remaining_ns(host(table, 3), kStart + 2 * kSecond) > 0);
    CHECK(table.counts().overflowed == 1);
    CHECK(table.size(kStart + 2 * kSecond) == 3);
  }

  TEST_CASE("P5 clear forgets one target or all") {
    BackoffTable table(options_with(8));
    for (std::uint32_t n = 0; n < 8; ++n) table.report(host(table, n), kStart);
    CHECK(table.clear(host(table, 3), kStart));
    CHECK_FALSE(table.clear(host(table, 3), kStart));
    CHECK(table.size(kStart) == 7);
    table.clear();
    CHECK(table.size(kStart) == 0);
    CHECK_FALSE(table.next_free_ns(kStart).has_value());
    CHECK(table.report(host(table, 5), kStart) == 1);
  }

  TEST_CASE("P5 a clock that goes back stands still") {
    BackoffTable table(options_with(8));
    table.report(host(table, 1), kStart);
    CHECK(table.remaining_ns(host(table, 1), kStart - 5 * kSecond) == 2 * kSecond);
    CHECK(table.report(host(table, 2), kStart - 5 * kSecond) == 1);
    CHECK(table.remaining_ns(host(table, 2), kStart) == 2 * kSecond);
    // The first reading may be anything.
    BackoffTable late(options_with(8));
    late.report(host(late, 1), ~std::uint64_t{0} - kSecond);
    CHECK(late.remaining_ns(host(late, 1), kSecond - 2) == 1);
    CHECK(late.backed_off(kSecond) == 0);
  }

  TEST_CASE("P5 options out of range are taken as the nearest bound") {
    BackoffOptions options;
    options.base_ns = 0;
    options.decay_ns = 0;
    options.max_level = 99;
    options.max_targets = 0;
    BackoffTable table(options);
    CHECK(table.options().max_level == BackoffOptions::kMaxLevel);
    CHECK(table.report(host(table, 1), kStart) == 1);
    CHECK(table.report(host(table, 2), kStart) == 1);
    CHECK(table.size(kStart) == 1);
    options.base_ns = BackoffOptions::kForever;
    options.decay_ns = BackoffOptions::kForever;
    BackoffTable slow(options);
    CHECK(slow.report(host(slow, 1), kStart) == 1);
    CHECK(slow.remaining_ns(host(slow, 1), kStart) == BackoffOptions::kForever);
    CHECK(slow.report(host(slow, 1), kStart + BackoffOptions::kForever) == 2);
    CHECK(slow.next_free_ns(kStart + BackoffOptions::kForever) ==
          kStart + 2 * BackoffOptions::kForever);
  }

  TEST_CASE("P5 memory is taken once and bounded, whatever is reported") {
    BackoffTable table(options_with(1000));
    const std::size_t bytes = table.bytes();
    CHECK(bytes < 70'000);
    for (std::uint32_t n = 0; n < 200'000; ++n) table.report(host(table, n), kStart + n);
    CHECK(table.size(kStart + 200'000) == 1000);
    CHECK(table.bytes() == bytes);
    CHECK(table.counts().overflowed == 199'000);
    CHECK(table.remaining_ns(host(table, 199'999), kStart + 200'000) > 0);
  }
}

}  // namespace pacegate
