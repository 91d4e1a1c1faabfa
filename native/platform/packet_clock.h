/// \file
/// Systems stamp packets with the wall clock; everything here is measured on the monotonic one.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "core/time.h"
#include "platform/clock.h"

namespace pacegate::platform {

/// Not thread-safe.
class PacketClock {
 public:
  /// Measures the distance of the two clocks. To be called before each row of packets: the wall
  /// clock may be stepped.
  void synchronise() noexcept {
    std::uint64_t best_gap_ns = UINT64_MAX;
    for (int attempt = 0; attempt < kAttempts && best_gap_ns > kQuickNs; ++attempt) {
      const std::uint64_t before_ns = monotonic_ns();
      const std::uint64_t wall_ns = read_wall_ns();
      now_ns_ = monotonic_ns();
      const std::uint64_t gap_ns = now_ns_ - before_ns;
      if (gap_ns >= best_gap_ns) continue;
      best_gap_ns = gap_ns;
      offset_ns_ = wall_ns - (before_ns + gap_ns / 2);
    }
  }

  /// What to add to a monotonic time to have the wall clock's, as of synchronise(); modulo 2^64.
  [[nodiscard]] std::uint64_t wall_offset_ns() const noexcept { return offset_ns_; }

  /// \param not_before_ns a time the packet is known to be later than: bounds the error when the
  /// wall clock was stepped
  /// \return never later than now
  [[nodiscard]] std::uint64_t to_monotonic(std::uint64_t wall_ns,
                                           std::uint64_t not_before_ns) noexcept {
    const std::uint64_t at_ns = wall_ns - offset_ns_;
    if (at_ns > now_ns_) now_ns_ = monotonic_ns();
    return std::max(std::min(at_ns, now_ns_), not_before_ns);
  }

 private:
  static std::uint64_t read_wall_ns() noexcept {
    const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
    return static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::nanoseconds>(since_epoch).count());
  }

  static constexpr int kAttempts = 4;
  static constexpr std::uint64_t kQuickNs =
      5'000;  ///< longer, and the thread lost the core between the readings

  std::uint64_t offset_ns_ = 0;  ///< wall minus monotonic, modulo 2^64
  std::uint64_t now_ns_ = 0;
};

}  // namespace pacegate::platform
