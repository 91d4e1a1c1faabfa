/// \file
/// What can hold a probe back: its target, the network around it, or the prefix a cap counts by.
#pragma once

#include <cstdint>

#include "core/limit/backoff_key.h"
#include "core/scan/siphash.h"

namespace pacegate {

enum class BlockScope : std::uint8_t {
  target,   ///< one address: its back-off, its cap
  network,  ///< the addresses that back off together
  zone,     ///< the addresses that share the cap of their prefix
};

struct BlockKey {
  BackoffKey key;
  BlockScope scope = BlockScope::target;

  friend bool operator==(const BlockKey&, const BlockKey&) = default;
};

/// \param seed secret, so that nobody can choose addresses that collide
[[nodiscard]] inline std::uint32_t hash_of(const BackoffKey& key, const SipKey& seed,
                                           BlockScope scope = BlockScope::target) noexcept {
  TableSipState state(seed);
  state.absorb(key.high);
  state.absorb(key.low);
  const auto kind = static_cast<std::uint64_t>(key.kind) << 8;
  return static_cast<std::uint32_t>(state.finish(kind | static_cast<std::uint64_t>(scope), 18));
}

}  // namespace pacegate
