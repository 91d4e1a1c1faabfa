/// \file
/// The adaptive throttle: how many packets to hand over at once. What may be sent is decided by the
/// deadline schedule; how much of it at once by a batch size that follows the rate seen in the
/// ring, `batch *= (target / observed)^0.5`, each step held within 0.999 and 1.005.
#pragma once

#include <cstdint>

#include "core/limit/pacing_schedule.h"
#include "core/limit/rate_ring.h"

namespace pacegate {

/// One thread only. Steady use: `sent += next_batch(sent, now)`, and after a 0 wait for wait_ns().
class AdaptiveThrottle {
 public:
  static constexpr std::uint32_t kDefaultMaxBatch = 10'000;
  /// Later than this after the moment a call was due means that the process (or the machine) slept.
  static constexpr std::uint64_t kGapNs = kNsPerSecond;
  /// How much lateness between calls is made good: a long turn of a busy event loop.
  static constexpr std::uint64_t kCatchUpNs = 250 * kNsPerMs;

  /// \param rate packets per second, PacingSchedule::kMinRate..kMaxRate
  /// \param start_ns now
  /// \param max_batch at least 1
  AdaptiveThrottle(double rate, std::uint64_t start_ns,
                   std::uint32_t max_batch = kDefaultMaxBatch) noexcept;

  /// \param packets_sent how many packets have been sent so far, in all; a smaller number than the
  /// last
  ///   one begins a new count. Only these are charged, not what next_batch() allowed.
  /// \return packets to send now, at most floor(batch_size()); 0: none before wait_ns() has passed
  [[nodiscard]] std::uint32_t next_batch(std::uint64_t packets_sent, std::uint64_t now_ns) noexcept;

  /// Nanoseconds until the next packet is due; 0 when one is.
  [[nodiscard]] std::uint64_t wait_ns(std::uint64_t now_ns) const noexcept;

  /// Packets per second over the last second, 0 before anything can be said.
  [[nodiscard]] double current_rate(std::uint64_t now_ns) const noexcept {
    return ring_.rate(now_ns);
  }
  /// 1..max_batch, with the fraction the next steps build on.
  [[nodiscard]] double batch_size() const noexcept { return batch_; }
  /// The target, packets per second.
  [[nodiscard]] double rate() const noexcept { return schedule_.rate(); }
  /// Packets given up because calls came more than kCatchUpNs late; a gap's are not counted.
  [[nodiscard]] std::uint64_t forgone() const noexcept { return schedule_.forgone(); }

  /// What is due and the batch size are kept.
  void set_rate(double rate, std::uint64_t now_ns) noexcept { schedule_.set_rate(rate, now_ns); }

 private:
  void follow(std::uint64_t now_ns, std::uint64_t due) noexcept;

  PacingSchedule schedule_;
  RateRing ring_;
  double max_batch_;
  double batch_ = 1.0;
  std::uint64_t packets_sent_ = 0;
  std::uint64_t expected_ns_;  // when the next call is due at the latest
};

}  // namespace pacegate
