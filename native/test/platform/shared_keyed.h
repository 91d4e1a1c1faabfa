/// \file
/// Keyed tables in memory that processes share, for tests that kill them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "engine/sharing/keyed_store.h"

namespace pacegate::shared_keyed {

inline constexpr Ticks kMs = kNsPerMs * kTicksPerNs;
inline constexpr Ticks kStart = 7'000'000 * kMs;
inline constexpr std::uint64_t kMaxKeys = 10;
inline constexpr SipKey kSeed{1, 2};

inline KeyedOptions options(double rate = 10, double burst = 5, std::uint64_t max_keys = kMaxKeys) {
  return {.quota = *make_quota(rate, burst), .max_keys = max_keys, .idle = 500 * kMs};
}

/// A clock that says `now`.
inline auto at(Ticks now) {
  return [now] { return now; };
}

/// Memory as a SharedArrayBuffer is.
template <std::size_t size>
struct alignas(64) Memory {
  std::array<std::byte, size> bytes{};

  SharedState join(KeyedStore& store, Ticks now = kStart) {
    SharedState state = SharedState::over_memory(bytes, store.format(10, 5),
                                                 [&](std::byte* at) { store.build(at, now); });
    return state;
  }
};

}  // namespace pacegate::shared_keyed
