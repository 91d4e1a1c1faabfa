#include "platform/waiter.h"

#include <doctest/doctest.h>

#include <atomic>
#include <cstdint>
#include <thread>

#include "core/time.h"
#include "platform/clock.h"
#include "platform/thread.h"

using namespace pacegate;
using namespace pacegate::platform;

namespace {

constexpr std::uint64_t kNever = UINT64_MAX;

}  // namespace

TEST_SUITE("waiter") {
  TEST_CASE("never returns before the deadline") {
    Waiter waiter;
    sharpen_timers_of_this_thread();
    for (int i = 0; i < 200; ++i) {
      const std::uint64_t deadline = monotonic_ns() + static_cast<std::uint64_t>(i) * 7'001;
      waiter.wait_until(deadline);
      CHECK(monotonic_ns() >= deadline);
    }
  }

  TEST_CASE("a deadline in the past returns at once") {
    Waiter waiter;
    waiter.wait_until(0);
    waiter.wait_until(monotonic_ns());
  }

  TEST_CASE("a wake that comes first is kept, and kept once") {
    Waiter waiter;
    waiter.wake();
    waiter.wake();
    waiter.wait_until(kNever);
    const std::uint64_t deadline = monotonic_ns() + kNsPerMs;
    waiter.wait_until(deadline);
    CHECK(monotonic_ns() >= deadline);
  }

  TEST_CASE("a wake ends a wait without a deadline") {
    Waiter waiter;
    std::thread waker([&] { waiter.wake(); });
    waiter.wait_until(kNever);
    waker.join();
  }

  TEST_CASE("what was written before a wake is seen after the wait") {
    // Each side waits for the other: a lost wake would hang, a missing barrier is found by TSan.
    Waiter ping;
    Waiter pong;
    constexpr int kRounds = 2'000;
    int value = 0;
    std::thread other([&] {
      for (int i = 0; i < kRounds; ++i) {
        ping.wait_until(kNever);
        ++value;
        pong.wake();
      }
    });
    for (int i = 0; i < kRounds; ++i) {
      ++value;
      ping.wake();
      pong.wait_until(kNever);
    }
    other.join();
    CHECK(value == 2 * kRounds);
  }

  TEST_CASE("many wakers at once leave no wait behind") {
    Waiter waiter;
    std::atomic<int> asked{0};
    const auto wake_often = [&] {
      for (int i = 0; i < 1'000; ++i) {
        asked.fetch_add(1);
        waiter.wake();
      }
    };
    std::thread first(wake_often);
    std::thread second(wake_often);
    while (asked.load() < 2'000) waiter.wait_until(monotonic_ns() + kNsPerMs);
    first.join();
    second.join();
  }
}
