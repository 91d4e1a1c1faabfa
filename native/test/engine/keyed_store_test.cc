#include "engine/sharing/keyed_store.h"

#include <doctest/doctest.h>

#include <cstring>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "platform/error.h"

namespace pacegate {
namespace {

constexpr Ticks kNow = 7'000'000 * kNsPerMs * kTicksPerNs;
constexpr std::uint64_t kMaxKeys = 20'000;

constexpr std::size_t kShardsAt =
    (sizeof(SharedKeyedHeader) + kCacheLine - 1) / kCacheLine * kCacheLine;

struct Participant {
  explicit Participant(std::vector<std::byte>& memory, double rate = 10)
      : store({.quota = *make_quota(rate, 5), .max_keys = kMaxKeys, .idle = 1}, {1, 2}, 64),
        state(SharedState::over_memory(memory, store.format(10, 5),
                                       [this](std::byte* at) { store.build(at, kNow); })) {}

  void join() {
    store.join(state, [] { return kNow; });
  }

  KeyedStore store;
  SharedState state;
};

std::vector<std::byte> fresh_memory() {
  return std::vector<std::byte>(KeyedStore::memory_needed(kMaxKeys));
}

/// What is said of a state that `damage` was done to.
std::string refusal(const std::function<void(SharedKeyedHeader&, KeyedShardState*)>& damage) {
  std::vector<std::byte> memory = fresh_memory();
  Participant one(memory);
  one.join();
  damage(one.state.as<SharedKeyedHeader>(),
         reinterpret_cast<KeyedShardState*>(one.state.state() + kShardsAt));
  Participant two(memory);
  try {
    two.join();
  } catch (const platform::PlatformError& error) {
    CHECK(error.fault() == platform::Fault::shared_state);
    CHECK_FALSE(two.store.is_shared());
    return error.what();
  }
  return "joined";
}

}  // namespace

TEST_SUITE("shared keyed table, joined") {
  TEST_CASE("H1 a state whose figures cannot be is refused and not believed") {
    CHECK(refusal([](auto&, auto*) {}) == "joined");
    const std::string damaged = "cannot share the state of a KeyedLimiter: it is damaged";
    constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
    CHECK(refusal([](auto&, auto* shards) { shards[1].capacity += 4; }) == damaged);
    CHECK(refusal([](auto&, auto* shards) { shards[1].capacity = 0; }) == damaged);
    CHECK(refusal([](auto&, auto* shards) { shards[0].cursor = shards[0].capacity; }) == damaged);
    CHECK(refusal([](auto&, auto* shards) { shards[1].count = shards[1].capacity; }) == damaged);
    CHECK(refusal([](auto&, auto* shards) { shards[1].progress = ~0U; }) == damaged);
    CHECK(refusal([](auto&, auto* shards) { shards[0].quota.ticks_per_token = 0; }) == damaged);
    CHECK(refusal([](auto&, auto* shards) { shards[0].quota.burst = kNan; }) == damaged);
    CHECK(refusal([](auto&, auto* shards) { shards[0].quota.capacity = ~Ticks{0}; }) == damaged);
    CHECK(refusal([](auto& header, auto*) { header.table.max_keys = 1; }) == damaged);
    CHECK(refusal([](auto& header, auto*) { header.table.idle = 7; }) == damaged);
    CHECK(refusal([](auto& header, auto*) { header.table.quotas[1].burst = -1; }) == damaged);
    for (const int byte : {0, 0x55, 0xFF}) {
      CHECK(refusal([byte](auto& header, auto* shards) {
              std::memset(reinterpret_cast<std::byte*>(&header), byte, sizeof header);
              std::memset(reinterpret_cast<std::byte*>(shards), byte, 2 * sizeof(KeyedShardState));
            }) == damaged);
    }
  }

  TEST_CASE("H1 searches end where somebody has taken all slots away") {
    std::vector<std::byte> memory = fresh_memory();
    Participant one(memory);
    one.join();
    const KeyId id = one.store.hasher().of(7);
    std::byte* const slots = one.state.state() + kShardsAt + 2 * sizeof(KeyedShardState);
    const std::byte* const end = one.state.state() + one.store.format(10, 5).bytes;
    std::memset(slots, 0x55, static_cast<std::size_t>(end - slots));
    one.store.with_table([] { return kNow; },
                         [&](KeyedTable& table, Ticks now) {
                           for (std::uint32_t i = 0; i < 50; ++i)
                             (void)table.try_acquire(id, 1, now);
                           (void)table.remove(id);
                         });
  }

  TEST_CASE("H1 the time of a call is read when the table is its own") {
    std::vector<std::byte> memory = fresh_memory();
    Participant one(memory);
    one.join();
    bool is_held = false;
    const auto clock = [&] {
      is_held = one.state.lock().unfinished();
      return kNow;
    };
    CHECK(one.store.with_table(clock, [](KeyedTable&, Ticks now) { return now; }) == kNow);
    CHECK(is_held);
  }

  TEST_CASE("H1 what a table has counted is not lost when it is shared") {
    std::vector<std::byte> memory = fresh_memory();
    Participant one(memory);
    one.store.with_table([] { return kNow; },
                         [](KeyedTable& table, Ticks now) {
                           for (std::uint32_t i = 0; i < kMaxKeys + 5; ++i)
                             (void)table.try_acquire((i + 1) * 0x123456789ABC4U, 1, now);
                         });
    one.join();
    one.store.with_table([] { return kNow; },
                         [](KeyedTable& table, Ticks) { CHECK(table.counts().overflow == 5); });
  }
}

}  // namespace pacegate
