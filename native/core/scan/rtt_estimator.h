/// \file
/// Smoothed round-trip time and the time-out that follows from it (RFC 6298, section 2).
#pragma once

#include <algorithm>
#include <cstdint>

#include "core/time.h"

namespace pacegate {

/// One thread only. Integers as in V. Jacobson's "Congestion Avoidance and Control" (1988),
/// appendix A: the mean is kept times 8 and the deviation times 4, so the gains 1/8 and 1/4 lose no
/// fractions.
class RttEstimator {
 public:
  /// One measured round trip; of a probe that was sent once only (Karn's rule is the caller's).
  /// \param rtt_ns more than an hour is taken as an hour
  void sample(std::uint64_t rtt_ns) noexcept {
    const auto rtt = static_cast<std::int64_t>(std::min(rtt_ns, kLongestNs));
    if (!measured_) {
      measured_ = true;
      mean8_ = rtt * 8;
      deviation4_ = rtt * 2;  // RTTVAR = R / 2
      return;
    }
    const std::int64_t error = rtt - mean8_ / 8;
    // Both use the error against the old mean (RFC 6298, 2.3).
    deviation4_ += (error < 0 ? -error : error) - deviation4_ / 4;
    mean8_ += error;
  }

  [[nodiscard]] bool has_sample() const noexcept { return measured_; }
  /// SRTT in ns; 0 before the first sample.
  [[nodiscard]] std::uint64_t smoothed_ns() const noexcept {
    return static_cast<std::uint64_t>(mean8_ / 8);
  }
  /// RTTVAR in ns; 0 before the first sample.
  [[nodiscard]] std::uint64_t variation_ns() const noexcept {
    return static_cast<std::uint64_t>(deviation4_ / 4);
  }

  /// RTO = SRTT + 4 * RTTVAR, one second before the first sample, then held within the bounds.
  /// \param min_ns not above max_ns
  [[nodiscard]] std::uint64_t timeout_ns(std::uint64_t min_ns,
                                         std::uint64_t max_ns) const noexcept {
    const std::uint64_t timeout =
        measured_ ? smoothed_ns() + static_cast<std::uint64_t>(deviation4_) : kNsPerSecond;
    return std::clamp(timeout, min_ns, max_ns);
  }

 private:
  static constexpr std::uint64_t kLongestNs = 3600 * kNsPerSecond;

  std::int64_t mean8_ = 0;
  std::int64_t deviation4_ = 0;
  bool measured_ = false;
};

}  // namespace pacegate
