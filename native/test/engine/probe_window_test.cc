#include "engine/scan/probe_window.h"

#include <doctest/doctest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace pacegate {

TEST_SUITE("engine") {
  TEST_CASE("the first answer is accepted, the next is a duplicate, one after settling is late") {
    ProbeWindow window(8);
    window.open(5, 1'000'000);
    const auto first = window.answer(5, 1'051'200);
    CHECK(first.acceptance == ProbeWindow::Acceptance::accepted);
    CHECK(first.rtt_ns <= 51'200 + 256);
    CHECK(first.rtt_ns >= 51'200 - 256);
    CHECK(window.answer(5, 0).acceptance == ProbeWindow::Acceptance::duplicate);
    CHECK(!window.mark_sent(5, 2'000'000));
    CHECK(window.settle(5) == ProbeState::answered);
    CHECK(window.answer(5, 0).acceptance == ProbeWindow::Acceptance::late);
  }

  TEST_CASE("a slot's next position is not marked by an answer to the former one") {
    ProbeWindow window(8);
    window.open(3, 100);
    CHECK(window.settle(3) == ProbeState::pending);
    window.open(11, 200);
    CHECK(window.answer(3, 300).acceptance == ProbeWindow::Acceptance::late);
    CHECK(window.status(11, 300).state == ProbeState::pending);
  }

  TEST_CASE("a refused try counts as pending and may still be answered") {
    ProbeWindow window(8);
    window.open(0, 100);
    window.mark_unsent(0);
    CHECK(window.status(0, 100).state == ProbeState::unsent);
    CHECK(window.answer(0, 300).acceptance == ProbeWindow::Acceptance::accepted);
  }

  TEST_CASE("ages are right over the wrap of the stored time and slightly below zero") {
    ProbeWindow window(8);
    constexpr std::uint64_t kWrap = std::uint64_t{1} << 52;
    window.open(0, kWrap - 25'600);
    CHECK(window.status(0, kWrap + 25'600).age_ns == 51'200);
    CHECK(window.status(0, kWrap - 51'200).age_ns == -25'600);
  }

  TEST_CASE("each position is accepted exactly once however many threads answer it") {
    constexpr std::uint64_t kPositions = 20'000;
    constexpr std::uint64_t kCapacity = 256;
    ProbeWindow window(kCapacity);
    std::atomic<std::uint64_t> head{0};
    std::atomic<std::uint64_t> accepted{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < 2; ++t) {
      threads.emplace_back([&] {
        std::uint64_t mine = 0;
        while (mine < kPositions) {
          const std::uint64_t limit = head.load(std::memory_order_acquire);
          for (; mine < limit; ++mine) {
            const auto answer = window.answer(mine, 1);
            if (answer.acceptance == ProbeWindow::Acceptance::accepted) ++accepted;
          }
        }
      });
    }
    std::uint64_t unanswered = 0;
    for (std::uint64_t position = 0; position < kPositions; ++position) {
      if (position >= kCapacity) {
        const ProbeState before = window.settle(position - kCapacity);
        if (before != ProbeState::answered) ++unanswered;
      }
      window.open(position, position);
      head.store(position + 1, std::memory_order_release);
    }
    for (std::thread& thread : threads) thread.join();
    for (std::uint64_t position = kPositions - kCapacity; position < kPositions; ++position) {
      if (window.settle(position) != ProbeState::answered) ++unanswered;
    }
    CHECK(accepted + unanswered == kPositions);
  }
}

}  // namespace pacegate
