#include "engine/auto_rate/canary_table.h"

#include <doctest/doctest.h>

#include <set>

#include "core/time.h"
#include "engine/auto_rate/lossy_times.h"

namespace pacegate {
namespace {

constexpr std::uint64_t kStart = 10 * kNsPerSecond;
constexpr std::uint64_t kMs = kNsPerMs;

CanaryNews news(std::uint32_t host, CanaryNews::Kind kind, std::uint64_t at_ns = kStart) {
  return {IpAddress::v4(host), 80, kind, host, at_ns};
}

/// A table that knows the hosts 1 to `hosts`; host n has position n.
CanaryTable knowing(std::uint32_t hosts) {
  CanaryTable table({1, 2});
  for (std::uint32_t host = 1; host <= hosts; ++host) {
    table.take(news(host, CanaryNews::Kind::responder));
  }
  return table;
}

}  // namespace

TEST_SUITE("auto rate") {
  TEST_CASE("P12 every known responder is asked in turn, none before it has answered or rested") {
    CanaryTable table = knowing(100);
    const std::size_t known = table.size();
    CHECK(known > 90);  // some share a place
    std::set<std::uint64_t> asked;
    for (std::size_t i = 0; i < 200; ++i) {
      if (const auto position = table.next(kStart)) CHECK(asked.insert(*position).second);
    }
    CHECK(asked.size() == known);
    for (const std::uint64_t position : asked) {
      table.take(
          news(static_cast<std::uint32_t>(position), CanaryNews::Kind::answer, kStart + kMs));
    }
    CHECK(!table.next(kStart + 19 * kMs));
    std::size_t again = 0;
    for (std::size_t i = 0; i < 200; ++i) again += table.next(kStart + 20 * kMs) ? 1 : 0;
    CHECK(again == known);
  }

  TEST_CASE("P12 a trial counts what was sent in it: answers, refusals, silence") {
    CanaryTable table = knowing(3);
    (void)table.next(kStart);  // before the trial
    table.begin_trial(kStart, 10 * kMs);
    const auto second = table.next(kStart);
    const auto third = table.next(kStart);
    REQUIRE(second);
    REQUIRE(third);
    table.end_trial();
    CHECK(table.count().sent == 2);
    const auto host = [](std::uint64_t position) { return static_cast<std::uint32_t>(position); };
    table.take(news(host(*second), CanaryNews::Kind::answer, kStart + 5 * kMs));
    table.take(news(host(*second), CanaryNews::Kind::answer, kStart + 6 * kMs));
    table.take(news(host(*third), CanaryNews::Kind::refusal, kStart + 5 * kMs));
    table.expire(kStart + kNsPerSecond, 50 * kMs);
    CHECK(table.count().answered == 1);
    CHECK(table.count().lost == 1);
    CHECK(table.count().decided() == table.count().sent);
    CHECK(table.rtt().smoothed_ns() == 5 * kMs);
    CHECK(table.count().early == 1);
    CHECK(table.count().early_rtt_ns == 5 * kMs);
  }

  TEST_CASE("P12 a responder that falls silent is lost once, and after three times forgotten") {
    CanaryTable table = knowing(1);
    std::uint64_t now = kStart;
    std::uint64_t lost = 0;
    for (int round = 0; round < 3; ++round) {
      CHECK(table.size() == 1);
      table.begin_trial(now, kMs);
      REQUIRE(table.next(now));
      table.expire(now + 49 * kMs, 50 * kMs);
      CHECK(!table.next(now + 49 * kMs));
      table.expire(now + 50 * kMs, 50 * kMs);
      lost += table.count().lost;
      now += 100 * kMs;
    }
    CHECK(lost == 1);
    CHECK(table.size() == 0);
    CHECK(!table.next(now));
  }

  TEST_CASE("P12 an answer brings a responder that had failed back into the count") {
    CanaryTable table = knowing(1);
    (void)table.next(kStart);
    table.expire(kStart + 60 * kMs, 50 * kMs);
    table.begin_trial(kStart + 60 * kMs, kMs);
    REQUIRE(table.next(kStart + 60 * kMs));
    CHECK(table.count().sent == 0);
    table.take(news(1, CanaryNews::Kind::answer, kStart + 61 * kMs));
    REQUIRE(table.next(kStart + 90 * kMs));
    CHECK(table.count().sent == 1);
  }

  TEST_CASE("P12 a canary that could not be sent leaves no trace") {
    CanaryTable table = knowing(1);
    table.begin_trial(kStart, kMs);
    REQUIRE(table.next(kStart));
    table.take_back();
    CHECK(table.count().sent == 0);
    table.expire(kStart + kNsPerSecond, kMs);
    CHECK(table.count().lost == 0);
    CHECK(table.next(kStart + 30 * kMs));
  }

  TEST_CASE("P12 what is lost during a lossy time is known by when it was sent") {
    LossyTimes lossy;
    CHECK(!lossy.contain(0));
    lossy.add(100, 200);
    lossy.add(150, 250);
    lossy.add(400, 500);
    for (const std::uint64_t at : {100, 225, 250, 400, 500}) CHECK(lossy.contain(at));
    for (const std::uint64_t at : {99, 251, 399, 501}) CHECK(!lossy.contain(at));
    for (std::uint64_t i = 0; i < 15; ++i) lossy.add(1000 + 10 * i, 1005 + 10 * i);
    CHECK(!lossy.contain(225));  // sixteen are kept
    CHECK(lossy.contain(1141));
  }
}

}  // namespace pacegate
