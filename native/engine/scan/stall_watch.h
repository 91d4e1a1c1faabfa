/// \file
/// Telling a device that is dead from a packet that was refused.
#pragma once

#include <cstdint>

#include "core/time.h"

namespace pacegate {

/// A device counts as dead (down, removed, cable out) when it has taken nothing for five seconds although it was
/// asked often. Time in which nothing was asked of it (a slow rate, a pause, the wait for answers) proves nothing.
/// The sending thread's.
class StallWatch {
 public:
  void accepted() noexcept {
    refusals_ = 0;
    dead_ = false;
  }

  /// \param refusals packets refused, or one for a device that was busy
  void refused(std::uint64_t refusals, std::uint64_t now_ns) noexcept {
    if (refusals_ == 0) since_ns_ = now_ns;
    refusals_ += refusals;
    dead_ = refusals_ >= kMinRefusals && now_ns - since_ns_ > kPatienceNs;
  }

  /// Of a device that refuses later what it took before: it has taken something only when there is more
  /// than ever.
  /// \param sent frames in all, less those refused so far
  void reported(double sent, std::uint64_t refusals, std::uint64_t now_ns) noexcept {
    if (sent > most_sent_) {
      most_sent_ = sent;
      accepted();
    } else if (refusals > 0) {
      refused(refusals, now_ns);
    }
  }

  [[nodiscard]] bool dead() const noexcept { return dead_; }

 private:
  static constexpr std::uint64_t kMinRefusals = 16;
  static constexpr std::uint64_t kPatienceNs = 5 * kNsPerSecond;

  std::uint64_t since_ns_ = 0;
  std::uint64_t refusals_ = 0;
  double most_sent_ = 0;
  bool dead_ = false;
};

}  // namespace pacegate
