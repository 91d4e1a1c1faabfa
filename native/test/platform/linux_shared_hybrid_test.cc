// A hybrid limiter that processes share, killed at any instruction. Linux only: it needs ptrace.
#ifdef __linux__

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <functional>
#include <memory>
#include <vector>

#include "engine/sharing/shared_hybrid.h"
#include "stepped_process.h"

using namespace pacegate;

namespace {

constexpr std::uint64_t kMs = 1'000'000;
constexpr std::uint64_t kStartNs = 7'000'000 * kMs;
constexpr SerialQuota kQuota{100, 100, 60};

/// Memory as a SharedArrayBuffer is.
struct alignas(64) Memory {
  std::array<std::byte, SharedState::memory_needed(sizeof(SharedHybridState))> bytes{};

  SharedState join(const SerialQuota& quota = kQuota, std::uint64_t window_ns = 1000 * kMs) {
    return SharedState::over_memory(
        bytes, SharedHybrid::format(quota.rate, quota.burst, window_ns), [&](std::byte* at) {
          new (at) SharedHybridState(*HybridLimiter::make(quota, window_ns, kStartNs));
        });
  }
};

/// What a user can see of a limiter.
struct Sight {
  double used;
  double available;
  std::uint64_t reset_ns;

  static Sight of(const SharedHybrid& limiter, std::uint64_t now_ns) {
    return {limiter.used(now_ns), limiter.available(now_ns), limiter.reset_ns(now_ns)};
  }
  bool operator==(const Sight&) const = default;
};

struct Operation {
  const char* name;
  std::uint64_t at_ms;
  std::function<void(SharedHybrid&, std::uint64_t now_ns)> run;
};

const Operation kOperations[] = {
    {"take", 10, [](auto& l, auto now) { l.try_acquire(7, now); }},
    {"take more at the same time", 10, [](auto& l, auto now) { l.try_acquire(5.5, now); }},
    {"take", 300, [](auto& l, auto now) { l.try_acquire(20, now); }},
    {"refuse", 301, [](auto& l, auto now) { l.try_acquire(59, now); }},
    {"give back some of the newest", 302, [](auto& l, auto now) { l.give_back(3, now); }},
    {"give back all of the newest", 303, [](auto& l, auto now) { l.give_back(17, now); }},
    {"take", 400, [](auto& l, auto now) { l.try_acquire(20, now); }},
    {"give back more than the newest", 402, [](auto& l, auto now) { l.give_back(21, now); }},
    {"lower the rate", 500, [](auto& l, auto now) { l.set_quota({50, 50, 30}, now); }},
    {"raise the rate", 600, [](auto& l, auto now) { l.set_quota({200, 200, 90}, now); }},
    {"take behind the window", 1405, [](auto& l, auto now) { l.try_acquire(2, now); }},
    {"reset", 1500, [](auto& l, auto now) { l.reset(now); }},
};

/// A copy of what another process has at this moment, as it is found when that process is killed.
struct Left {
  explicit Left(const Memory& memory)
      : copy(std::make_unique<Memory>(memory)), state(copy->join()) {
    using platform::SharedLock;
    const bool abandoned = state.lock().unfinished();
    new (&state.lock())
        SharedLock(abandoned ? SharedLock::Found::abandoned : SharedLock::Found::whole);
  }
  std::unique_ptr<Memory> copy;
  SharedState state;
  SharedHybrid limiter{state};
};

}  // namespace

TEST_SUITE("shared hybrid") {
  TEST_CASE("H3 killed before any instruction of a call, nothing is minted") {
    if (!may_trace()) {
      MESSAGE("skipped: no process may be traced here");
      return;
    }
    const SharedPages<Memory> memory;
    SharedState state = memory->join();
    SharedHybrid limiter(state);
    for (const Operation& operation : kOperations) {
      CAPTURE(operation.name);
      const std::uint64_t now_ns = kStartNs + operation.at_ms * kMs;
      const Sight before = Sight::of(limiter, now_ns);
      Left whole(*memory);
      operation.run(whole.limiter, now_ns);
      const Sight after = Sight::of(whole.limiter, now_ns);
      std::size_t as_before = 0;
      const std::size_t steps = step_through_changes(
          *memory, [&] { operation.run(limiter, now_ns); },
          [&] {
            const Left left(*memory);
            const Sight sight = Sight::of(left.limiter, now_ns);
            if (sight == after) return;
            ++as_before;
            // What had lapsed since the call before may count for longer.
            REQUIRE(sight.used >= std::min(before.used, after.used));
            REQUIRE(sight.available <= std::max(before.available, after.available));
            REQUIRE(sight.reset_ns <= 1000 * kMs);
          });
      CHECK(steps > 100);
      CHECK(Sight::of(limiter, now_ns) == after);
      CHECK((before == after || as_before > 0));
    }
  }

  TEST_CASE("H3 4 processes, killed at any moment, are granted the limit and no more") {
    struct Shared {
      Memory memory;
      std::atomic<std::uint64_t> granted{0};
    };
    const SharedPages<Shared> shared;
    constexpr SerialQuota kMany{2e6, 2e6 / 3600, 2e6};
    SharedState state = shared->memory.join(kMany, 3'600'000 * kMs);
    SharedHybrid limiter(state);
    const auto take = [&] { return limiter.try_acquire(1, kStartNs); };
    const auto spender = [&] {
      for (;;) {
        if (take()) shared->granted.fetch_add(1);
      }
    };
    std::vector<ChildProcess> spenders;
    for (int i = 0; i < 4; ++i) spenders.emplace_back(spender);
    std::uint64_t killed = 4;
    for (; killed < 104; ++killed) {
      const std::uint64_t before = shared->granted.load();
      const std::uint64_t enough = std::min<std::uint64_t>(before + 20, 2'000'000 - killed);
      while (shared->granted.load() < enough) usleep(100);
      ChildProcess& victim = spenders[killed % spenders.size()];
      victim.kill_now();
      victim = ChildProcess(spender);
    }
    spenders.clear();
    std::uint64_t granted = shared->granted.load();
    while (take()) ++granted;
    CHECK(granted <= 2'000'000);
    CHECK(granted + killed >= 2'000'000);
  }
}

#endif
