/// \file
/// An order of (target, port) pairs that finishes one target after the other.
#pragma once

#include <cstdint>

#include "core/scan/permutation.h"

namespace pacegate {

/// The targets in a keyed order, and the ports of each in an order of its own: every pair once, in
/// constant memory. Pair `rank * ports + turn` is the turn-th port of the rank-th target. Immutable.
class HostOrder {
 public:
  /// \param targets, ports both at least 1
  HostOrder(std::uint64_t targets, std::uint32_t ports, std::uint64_t seed) noexcept
      : targets_(targets, seed), ports_(ports), seed_(seed) {}

  /// The target that comes as the rank-th, counted from 0.
  [[nodiscard]] std::uint64_t target(std::uint64_t rank) const noexcept {
    return targets_.map(rank);
  }
  /// The order of that target's ports.
  [[nodiscard]] Permutation ports_of(std::uint64_t rank) const noexcept {
    // An odd factor other than the one that the permutation's own keys are apart by.
    return {ports_, seed_ ^ ((rank + 1) * 0xd1342543de82ef95U)};
  }

 private:
  Permutation targets_;
  std::uint32_t ports_;
  std::uint64_t seed_;
};

}  // namespace pacegate
