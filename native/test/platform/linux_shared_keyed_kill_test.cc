// A keyed table that processes share, some of them killed. Linux only.
#ifdef __linux__

#include <doctest/doctest.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <vector>

#include "shared_keyed.h"
#include "stepped_process.h"

using namespace pacegate;
using namespace pacegate::shared_keyed;

TEST_SUITE("shared keyed table") {
  TEST_CASE("H1 4 processes, killed at any moment while rate and time go on: no key gains") {
    constexpr std::uint64_t kKeys = 16;
    constexpr double kBurst = 50;
    constexpr double kFast = 1000;
    constexpr Ticks kTurn = kMs / 10;
    const KeyedOptions many{.quota = *make_quota(kFast, kBurst), .max_keys = 100, .idle = kMs};
    struct Shared {
      Memory<8192> memory;
      std::array<std::atomic<std::uint64_t>, kKeys> granted{};
      std::atomic<std::uint64_t> total{0};
      std::atomic<Ticks> now{kStart};
    };
    const SharedPages<Shared> shared;
    KeyedStore store(many, kSeed, 64);
    SharedState state = shared->memory.join(store);
    store.join(state, at(kStart));
    // Under the lock, as the clock is read: so nobody is late.
    const auto tick = [&] { return shared->now.fetch_add(kTurn) + kTurn; };
    const auto spender = [&] {
      for (std::uint32_t turn = 0;; ++turn) {
        // Passers-by come and go, so that places are given away all the time.
        if (turn % 4 == 0) {
          const KeyId id = store.hasher().of(1000 + turn % 300);
          store.with_table(tick, [&](KeyedTable& table, Ticks now) {
            table.penalize(id, 1, now);
            table.remove(id);
          });
        }
        if (turn % 64 == 0) {
          const BucketQuota quota = *make_quota(turn % 128 == 0 ? kFast / 100 : kFast, kBurst);
          store.with_table(tick,
                           [&](KeyedTable& table, Ticks now) { table.set_quota(quota, now); });
        }
        const KeyId id = store.hasher().of(turn % kKeys);
        const bool took = store.with_table(tick, [&](KeyedTable& table, Ticks now) {
          return table.try_acquire(id, 1, now).allowed();
        });
        if (!took) continue;
        shared->granted[turn % kKeys].fetch_add(1);
        shared->total.fetch_add(1);
      }
    };
    std::vector<ChildProcess> spenders;
    for (int i = 0; i < 4; ++i) spenders.emplace_back(spender);
    for (std::uint64_t killed = 4; killed < 104; ++killed) {
      const std::uint64_t enough = shared->total.load() + 20;
      while (shared->total.load() < enough) usleep(100);
      ChildProcess& victim = spenders[killed % spenders.size()];
      victim.kill_now();
      victim = ChildProcess(spender);
    }
    spenders.clear();
    const double seconds = static_cast<double>(shared->now.load() - kStart) / kTicksPerSecond;
    for (const auto& granted : shared->granted) {
      CHECK(static_cast<double>(granted.load()) <= kBurst + kFast * seconds);
    }
  }
  TEST_CASE("H1 4 processes, killed at any moment: each key is granted its burst and no more") {
    constexpr std::uint64_t kKeys = 16;
    constexpr double kBurst = 1e9;
    const KeyedOptions many{
        .quota = *make_quota(kBurst / 3600, kBurst), .max_keys = 100, .idle = kMs};
    struct Shared {
      Memory<8192> memory;
      std::array<std::atomic<std::uint64_t>, kKeys> granted{};
      std::atomic<std::uint64_t> total{0};
    };
    const SharedPages<Shared> shared;
    KeyedStore store(many, kSeed, 64);
    SharedState state = shared->memory.join(store);
    store.join(state, at(kStart));
    const auto take = [&](std::uint32_t number) {
      const KeyId id = store.hasher().of(number);
      return store.with_table(at(kStart), [&](KeyedTable& table, Ticks) {
        return table.try_acquire(id, 1, kStart).allowed();
      });
    };
    const auto spender = [&] {
      for (std::uint32_t turn = 0;; ++turn) {
        // Passers-by come and go, so that places are given away all the time.
        if (turn % 4 == 0) {
          const KeyId id = store.hasher().of(1000 + turn % 300);
          store.with_table(at(kStart), [&](KeyedTable& table, Ticks) {
            table.penalize(id, 1, kStart);
            table.remove(id);
          });
        }
        if (!take(turn % kKeys)) continue;
        shared->granted[turn % kKeys].fetch_add(1);
        shared->total.fetch_add(1);
      }
    };
    std::vector<ChildProcess> spenders;
    for (int i = 0; i < 4; ++i) spenders.emplace_back(spender);
    std::uint64_t killed = 4;
    for (; killed < 104; ++killed) {
      const std::uint64_t enough = shared->total.load() + 20;
      while (shared->total.load() < enough) usleep(100);
      ChildProcess& victim = spenders[killed % spenders.size()];
      victim.kill_now();
      victim = ChildProcess(spender);
    }
    spenders.clear();
    for (std::uint32_t i = 0; i < kKeys; ++i) {
      const KeyId id = store.hasher().of(i);
      const double left = store.with_table(at(kStart), [&](KeyedTable& table, Ticks) {
        return table.peek(id, 0, kStart).available;
      });
      const double all = static_cast<double>(shared->granted[i].load()) + left;
      CHECK(all < kBurst + 0.001);
      // Who was killed between taking and counting, or while the table was being changed.
      CHECK(all + static_cast<double>(killed) >= kBurst);
    }
  }
}

#endif
