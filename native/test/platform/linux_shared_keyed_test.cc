// A keyed table that processes share, killed at any instruction. Linux only: it needs ptrace.
#ifdef __linux__

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "shared_keyed.h"
#include "stepped_process.h"

using namespace pacegate;
using namespace pacegate::shared_keyed;

namespace {

using SmallMemory = Memory<4096>;

/// Twelve keys, of which the first nine belong to the same cache line: who comes later is pushed on,
/// and moves back when one of them goes.
std::vector<KeyId> crowding_keys(const KeyHasher& hasher) {
  constexpr std::uint32_t kCapacity = 20;
  std::vector<KeyId> keys;
  for (std::uint32_t number = 0; keys.size() < 12; ++number) {
    const KeyId id = hasher.of(number);
    if (keys.size() >= 9 || KeyedShard::home_of(id, 0, kCapacity) == 4) keys.push_back(id);
  }
  return keys;
}

struct Look {
  double available;
  bool refuses_all;
};

/// What a user can see of every key.
std::vector<Look> look_at(KeyedStore& store, const std::vector<KeyId>& keys, Ticks now) {
  std::vector<Look> looks;
  store.with_table(at(now), [&](KeyedTable& table, Ticks) {
    for (const KeyId id : keys) {
      const KeyedDecision decision = table.peek(id, 0, now);
      looks.push_back({decision.available, !decision.verdict.allowed()});
    }
  });
  return looks;
}

std::vector<std::vector<Look>> look_at_all(KeyedStore& store, const std::vector<KeyId>& keys,
                                           const std::array<Ticks, 3>& moments) {
  std::vector<std::vector<Look>> looks;
  for (const Ticks moment : moments) looks.push_back(look_at(store, keys, moment));
  return looks;
}

void check_between(const std::vector<Look>& found, const std::vector<Look>& before,
                   const std::vector<Look>& after) {
  constexpr double kRounding = 1e-6;  // tokens, where a debt is rescaled at another time
  for (std::size_t i = 0; i < found.size(); ++i) {
    CAPTURE(i);
    REQUIRE(found[i].available <= std::max(before[i].available, after[i].available) + kRounding);
    if (before[i].refuses_all && after[i].refuses_all) REQUIRE(found[i].refuses_all);
  }
}

/// It goes on: a place is a place.
void check_usable(KeyedStore& store, const std::vector<KeyId>& keys, Ticks now) {
  store.with_table(at(now), [&](KeyedTable& table, Ticks) {
    REQUIRE(table.entries() <= kMaxKeys);
    for (const KeyId id : keys) table.remove(id);
    REQUIRE(table.entries() == 0);
  });
}

/// A copy of what another process has at this moment, as it is found when that process is killed.
struct Left {
  Left(const SmallMemory& memory, Ticks now)
      : copy(std::make_unique<SmallMemory>(memory)), state(copy->join(store)) {
    using platform::SharedLock;
    const bool abandoned = state.lock().unfinished();
    new (&state.lock())
        SharedLock(abandoned ? SharedLock::Found::abandoned : SharedLock::Found::whole);
    store.join(state, at(now));
  }
  KeyedStore store{options(), kSeed, 64};
  std::unique_ptr<SmallMemory> copy;
  SharedState state;
};

struct Operation {
  std::string name;
  std::uint64_t at_ms;
  std::function<void(KeyedTable&, const std::vector<KeyId>&, Ticks now)> run;
};

const Operation kOperations[] = {
    {"take as new", 10, [](auto& t, auto& k, auto now) { t.try_acquire(k[0], 2, now); }},
    {"fill up", 10,
     [](auto& t, auto& k, auto now) {
       for (int i = 1; i < 9; ++i) t.try_acquire(k[i], 1 + i % 5, now);
     }},
    {"take again", 20, [](auto& t, auto& k, auto now) { t.try_acquire(k[0], 1, now); }},
    {"refuse", 20, [](auto& t, auto& k, auto now) { t.try_acquire(k[4], 5, now); }},
    {"penalize", 30, [](auto& t, auto& k, auto now) { t.penalize(k[2], 9, now); }},
    {"reward", 30, [](auto& t, auto& k, auto now) { t.reward(k[2], 2, now); }},
    {"block for longer than it owes", 30,
     [](auto& t, auto& k, auto now) { t.block(k[1], 5000 * kMs, now); }},
    {"block for less than it owes", 30,
     [](auto& t, auto& k, auto now) { t.block(k[3], 50 * kMs, now); }},
    {"block anew", 31, [](auto& t, auto& k, auto now) { t.block(k[1], 2000 * kMs, now); }},
    {"come back from a block", 90,
     [](auto& t, auto& k, auto now) { t.try_acquire(k[3], 0.1, now); }},
    {"lift a block", 95, [](auto& t, auto& k, auto now) { t.block(k[1], 0, now); }},
    {"take the last place", 100, [](auto& t, auto& k, auto now) { t.try_acquire(k[9], 5, now); }},
    {"find no place", 100, [](auto& t, auto& k, auto now) { t.try_acquire(k[10], 3, now); }},
    {"force a place", 100, [](auto& t, auto& k, auto now) { t.block(k[11], 100 * kMs, now); }},
    {"lower the rate", 110, [](auto& t, auto&, auto now) { t.set_quota(*make_quota(4, 4), now); }},
    {"take at the lower rate", 110,
     [](auto& t, auto& k, auto now) { t.try_acquire(k[0], 1, now); }},
    {"raise the rate", 120, [](auto& t, auto&, auto now) { t.set_quota(*make_quota(40, 9), now); }},
    {"take at the higher rate", 120,
     [](auto& t, auto& k, auto now) { t.try_acquire(k[0], 1, now); }},
    {"take what is left before a block", 129,
     [](auto& t, auto& k, auto now) { t.penalize(k[4], 8, now); }},
    {"block for a moment", 129, [](auto& t, auto& k, auto now) { t.block(k[4], 5 * kMs, now); }},
    {"delete the first of a line", 130, [](auto& t, auto& k, auto) { t.remove(k[0]); }},
    // Key 4 owes tokens behind a block that has ended, and that nobody has looked at since.
    {"raise the rate a hundredfold", 150,
     [](auto& t, auto&, auto now) { t.set_quota(*make_quota(4000, 9), now); }},
    {"owe at the highest rate", 150,
     [](auto& t, auto& k, auto now) {
       for (int i = 1; i < 9; ++i) t.penalize(k[i], 4 + i, now);
     }},
    {"lower the rate a thousandfold", 151,
     [](auto& t, auto&, auto now) { t.set_quota(*make_quota(4, 9), now); }},
    {"raise it in part", 160,
     [](auto& t, auto&, auto now) { t.set_quota(*make_quota(40, 9), now); }},
    {"take a place that is full again", 900,
     [](auto& t, auto& k, auto now) { t.try_acquire(k[10], 4, now); }},
    {"forget who is idle", 1500, [](auto& t, auto&, auto now) { t.tidy(now); }},
    {"forget all", 1600, [](auto& t, auto&, auto) { t.clear(); }},
};

}  // namespace

TEST_SUITE("shared keyed table") {
  TEST_CASE("H1 killed before any instruction of a call, no key has more than before or after it") {
    if (!may_trace()) {
      MESSAGE("skipped: no process may be traced here");
      return;
    }
    REQUIRE(KeyedStore::memory_needed(kMaxKeys) <= sizeof(SmallMemory));
    const SharedPages<SmallMemory> memory;
    KeyedStore store(options(), kSeed, 64);
    SharedState state = memory->join(store);
    store.join(state, at(kStart));
    const std::vector<KeyId> keys = crowding_keys(store.hasher());
    for (const Operation& operation : kOperations) {
      CAPTURE(operation.name);
      const Ticks now = kStart + operation.at_ms * kMs;
      // When the next one comes: at once, or when some, or all, have tokens again.
      const std::array<Ticks, 3> moments = {now, now + 60 * kMs, now + 400 * kMs};
      const auto run_on = [&](KeyedStore& on) {
        on.with_table(at(now), [&](KeyedTable& table, Ticks) { operation.run(table, keys, now); });
      };
      Left untouched(*memory, now);
      const auto before = look_at_all(untouched.store, keys, moments);
      Left whole(*memory, now);
      run_on(whole.store);
      const auto after = look_at_all(whole.store, keys, moments);
      const std::size_t steps = step_through(
          [&] { run_on(store); },
          [&] {
            for (std::size_t m = 0; m < moments.size(); ++m) {
              CAPTURE(m);
              Left left(*memory, moments[m]);
              check_between(look_at(left.store, keys, moments[m]), before[m], after[m]);
              check_usable(left.store, keys, moments[m]);
            }
          });
      CHECK(steps > 100);
    }
  }
}

#endif
