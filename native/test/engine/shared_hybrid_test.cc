#include "engine/sharing/shared_hybrid.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <new>
#include <span>
#include <thread>
#include <vector>

namespace pacegate {
namespace {

constexpr std::uint64_t kSecond = 1'000'000'000;
constexpr SerialQuota kQuota{100, 100, 100};

struct Buffer {
  std::vector<std::byte> bytes =
      std::vector<std::byte>(SharedState::memory_needed(sizeof(SharedHybridState)));

  SharedState join() {
    const auto create = [](std::byte* state) {
      new (state) SharedHybridState(*HybridLimiter::make(kQuota, kSecond, 0));
    };
    return SharedState::over_memory(bytes, SharedHybrid::format(100, 100, kSecond), create);
  }
};

}  // namespace

TEST_SUITE("shared_hybrid") {
  TEST_CASE("H3 threads that hammer it are granted the limit, to the unit") {
    Buffer buffer;
    constexpr int kThreads = 4;
    int granted[kThreads] = {};
    std::vector<std::thread> threads;
    for (int& count : granted) {
      threads.emplace_back([&buffer, &count] {
        SharedState state = buffer.join();
        SharedHybrid hybrid(state);
        for (std::uint64_t now_ns = 0; now_ns < 10 * kSecond; now_ns += kSecond / 1000) {
          if (hybrid.try_acquire(1, now_ns)) ++count;
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    int sum = 0;
    for (const int count : granted) sum += count;
    // Threads' times differ, but each sees the whole time: all units of ten windows, none more.
    CHECK(sum == 1000);
  }

  TEST_CASE(
      "H3 killed in the middle of a change: nothing is minted, whatever half of it was done") {
    Buffer buffer;
    SharedState state = buffer.join();
    SharedHybrid hybrid(state);
    auto& shared = state.as<SharedHybridState>();
    for (int i = 0; i < 60; ++i) REQUIRE(hybrid.try_acquire(1, kSecond / 1000 * i));
    const std::uint64_t now_ns = kSecond / 1000 * 60;
    // What a change that never became live may leave: the other copy, and the newest entry.
    shared.states[1U - shared.live.load()].reset(0);
    for (Grant& grant : shared.grants) grant = {now_ns + 12345, grant.total + 999};
    HybridState& live = shared.states[shared.live.load()];
    live.log().distrust(shared.grants);
    CHECK(hybrid.used(now_ns) == 60.0);
    int granted = 0;
    while (hybrid.try_acquire(1, now_ns)) ++granted;
    CHECK(granted == 40);
    // All of the 60 now lapse together with the last of them, and not before.
    CHECK(!hybrid.try_acquire(1, kSecond + kSecond / 1000 * 59 - 1));
    CHECK(hybrid.try_acquire(60, kSecond + kSecond / 1000 * 59));
  }
}

}  // namespace pacegate
