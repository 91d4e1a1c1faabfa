/// \file
/// The adaptive throttle: how many packets to hand over at once. What may be sent is decided by the
/// deadline schedule; how much of it at once by a batch size that follows the rate seen in the
/// ring, `batch *= (target / observed)^0.5`, each step held within 0.999 and 1.005. It grows
/// only while more falls due from call to call than it lets through, and shrinks where less than half of it is due, or more was sent
/// than allowed: so it comes to lie between once and twice what the caller needs a call, from below
/// as from above.
#pragma once

#include <cstdint>

#include "core/limit/pacing_schedule.h"
#include "core/limit/rate_ring.h"

namespace pacegate {

/// What a throttle has done since it was made.
struct ThrottleCounts {
  std::uint64_t calls = 0;    ///< of next_batch()
  std::uint64_t batches = 0;  ///< of these, those that allowed something
  std::uint64_t packets = 0;  ///< charged
  std::uint64_t gaps = 0;     ///< pauses after which it began afresh
};

/// One thread only. In any second at most `rate * (1 s + catch-up) + 2` packets are allowed, and
/// `rate + 2` to a caller that is never late. Steady use: `sent += next_batch(sent, now)`, and after a 0 wait for wait_ns().
class AdaptiveThrottle {
 public:
  static constexpr std::uint32_t kDefaultMaxBatch = 10'000;
  /// Later than this after the moment a call was due means that the process (or the machine) slept.
  static constexpr std::uint64_t kGapNs = kNsPerSecond;
  /// How much lateness between calls is made good by default: a long turn of a busy event loop.
  static constexpr std::uint64_t kCatchUpNs = 250 * kNsPerMs;

  /// \param rate packets per second, PacingSchedule::kMinRate..kMaxRate
  /// \param start_ns now
  /// \param max_batch at least 1
  /// \param catch_up_ns lateness that is made good; at most kGapNs, for later than that is a gap
  AdaptiveThrottle(double rate, std::uint64_t start_ns, std::uint32_t max_batch = kDefaultMaxBatch,
                   std::uint64_t catch_up_ns = kCatchUpNs) noexcept;

  /// \param packets_sent how many packets have been sent so far, in all; a smaller number than the
  /// last
  ///   one begins a new count. Only these are charged, not what next_batch() allowed.
  /// \return packets to send now, at most ceil(batch_size()); 0: none before wait_ns() has passed
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
  /// Packets given up because calls came later than is made good, or because the sender was behind
  /// for a whole second; a gap's are not counted.
  [[nodiscard]] std::uint64_t forgone() const noexcept { return schedule_.forgone(); }

  [[nodiscard]] const ThrottleCounts& counts() const noexcept { return counts_; }

  /// What is due and the batch size are kept.
  void set_rate(double rate, std::uint64_t now_ns) noexcept;

 private:
  [[nodiscard]] std::uint32_t take_from_batch(std::uint64_t due) noexcept;
  [[nodiscard]] std::uint64_t newly_due(std::uint64_t fresh, std::uint64_t now_ns) noexcept;
  void give_up_backlog(std::uint64_t now_ns) noexcept;
  [[nodiscard]] double next_factor(std::uint64_t now_ns, std::uint64_t due,
                                   std::uint64_t fell_due) const noexcept;
  [[nodiscard]] bool is_overspent(std::uint64_t now_ns) const noexcept;

  PacingSchedule schedule_;
  RateRing ring_;
  ThrottleCounts counts_;
  double max_batch_;
  double batch_ = 1.0;
  double carry_ = 0.0;  // the part of a packet that earlier batches did not let through, below 1
  std::uint64_t packets_sent_ = 0;
  std::uint64_t left_ = 0;     // due at the last call
  std::uint64_t expected_ns_;  // when the next call is due at the latest
  std::uint64_t kept_up_ns_;   // when the batch last sufficed for all that was due
};

}  // namespace pacegate
