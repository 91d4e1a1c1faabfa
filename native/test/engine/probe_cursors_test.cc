#include "engine/scan/probe_cursors.h"

#include <doctest/doctest.h>

#include <map>
#include <vector>

namespace pacegate {
namespace {

constexpr std::uint64_t kTimeout = 1'000'000;

struct Tally {
  std::map<std::uint64_t, int> probes;
  std::vector<std::uint64_t> silent;
};

/// Steps simulated time until everything is settled; `answers` says which positions answer at once.
template <typename Answers>
Tally drive(ProbeWindow& window, ProbeCursors& cursors, Answers answers, std::uint64_t lag = 0) {
  Tally tally;
  for (std::uint64_t now = 10 * kTimeout; !cursors.all_settled(); now += kTimeout / 7) {
    const std::uint64_t heard = now - lag;
    while (const auto silent = cursors.settle_next(heard)) tally.silent.push_back(silent->position);
    for (int budget = 0; budget < 5; ++budget) {
      const auto position = cursors.next(now, heard);
      if (!position) break;
      ++tally.probes[*position];
      if (answers(*position)) window.answer(*position, now + 10);
    }
    REQUIRE(now < 10'000 * kTimeout);
  }
  return tally;
}

}  // namespace

TEST_SUITE("engine") {
  TEST_CASE(
      "P11 silent positions get exactly 1 + retries probes, answered ones one, each settled once") {
    for (const std::uint32_t retries : {0U, 1U, 2U, 5U}) {
      for (const std::uint64_t capacity : {4U, 64U, 1024U}) {
        ProbeWindow window(capacity);
        ProbeCursors cursors(window, {3, 200}, retries, kTimeout);
        const Tally tally =
            drive(window, cursors, [](std::uint64_t position) { return position % 4 == 0; });
        CHECK(tally.probes.size() == 197);
        for (const auto& [position, count] : tally.probes) {
          CHECK(count == (position % 4 == 0 ? 1 : static_cast<int>(retries) + 1));
        }
        std::vector<std::uint64_t> expected;
        for (std::uint64_t p = 3; p < 200; ++p) {
          if (p % 4 != 0) expected.push_back(p);
        }
        CHECK(tally.silent == expected);
      }
    }
  }

  TEST_CASE("P12 what was sent while packets were lost is sent again, beyond the retries") {
    LossyTimes lossy;
    ProbeWindow window(64);
    ProbeCursors cursors(window, {0, 20}, 1, kTimeout, {.tries = 3, .lossy = &lossy});
    // drive() begins at ten time-outs: both tries fall into it.
    lossy.add(10 * kTimeout, 12 * kTimeout);
    const Tally tally = drive(window, cursors, [](std::uint64_t) { return false; });
    CHECK(tally.silent.size() == 20);
    for (const auto& [position, count] : tally.probes) {
      CHECK(count >= 3);
      CHECK(count <= 5);
    }
  }

  TEST_CASE("P12 without a lossy time nothing is repaired, and nothing waits for it") {
    LossyTimes lossy;
    ProbeWindow window(64);
    ProbeCursors cursors(window, {3, 200}, 2, kTimeout, {.tries = 3, .lossy = &lossy});
    const Tally tally =
        drive(window, cursors, [](std::uint64_t position) { return position % 4 == 0; });
    for (const auto& [position, count] : tally.probes) CHECK(count == (position % 4 == 0 ? 1 : 3));
    CHECK(tally.silent.size() == 148);
  }

  TEST_CASE("a time-out counts against what was heard, not against the clock") {
    ProbeWindow window(16);
    ProbeCursors cursors(window, {0, 1}, 1, kTimeout);
    CHECK(cursors.next(kTimeout, 0) == 0);
    // The clock is far past the time-out, but the capture thread has heard nothing since the probe.
    CHECK(!cursors.next(100 * kTimeout, kTimeout).has_value());
    CHECK(!cursors.settle_next(kTimeout).has_value());
    // Times are kept to 256 ns.
    CHECK(cursors.next(100 * kTimeout, 2 * kTimeout + 512) == 0);
    CHECK(!cursors.settle_next(100 * kTimeout).has_value());
    CHECK(cursors.settle_next(101 * kTimeout + 512)->position == 0);
    CHECK(cursors.all_settled());
  }

  TEST_CASE(
      "P11 a shorter time-out brings retries forward; the last try is awaited for the whole one") {
    ProbeWindow window(16);
    ProbeCursors cursors(window, {0, 1}, 1, kTimeout);
    cursors.set_retry_timeout(kTimeout / 4);
    CHECK(cursors.next(kTimeout, kTimeout) == 0);
    CHECK(!cursors.next(2 * kTimeout, kTimeout + kTimeout / 5).has_value());
    const std::uint64_t retried = kTimeout + kTimeout / 4 + 512;  // times are kept to 256 ns
    CHECK(cursors.next(retried, retried) == 0);
    CHECK(!cursors.settle_next(retried + kTimeout / 2).has_value());
    CHECK(window.answer(0, retried + kTimeout / 2).acceptance == ProbeWindow::Acceptance::accepted);
    CHECK(!cursors.settle_next(retried + 2 * kTimeout).has_value());
    CHECK(cursors.all_settled());
  }

  TEST_CASE("stop leaves positions that miss tries unsettled, for a resume") {
    ProbeWindow window(16);
    ProbeCursors cursors(window, {0, 10}, 1, kTimeout);
    for (std::uint64_t i = 0; i < 4; ++i) CHECK(cursors.next(1, 1) == i);
    cursors.stop();
    CHECK(!cursors.next(100 * kTimeout, 100 * kTimeout).has_value());
    CHECK(!cursors.settle_next(100 * kTimeout).has_value());
    CHECK(cursors.started() == 4);
    CHECK(cursors.settled() == 0);
    CHECK(!cursors.all_settled());
  }

  TEST_CASE("retried() tells ambiguous round trips") {
    ProbeWindow window(16);
    ProbeCursors cursors(window, {0, 4}, 1, kTimeout);
    for (int i = 0; i < 4; ++i) CHECK(cursors.next(1, 1).has_value());
    CHECK(!cursors.retried(0));
    CHECK(cursors.next(3 * kTimeout, 3 * kTimeout) == 0);
    CHECK(cursors.retried(0));
    CHECK(!cursors.retried(1));
  }
}

}  // namespace pacegate
