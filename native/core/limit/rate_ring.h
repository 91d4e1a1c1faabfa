/// \file
/// How fast packets left during the last second: 256 counters indexed by time, 1/256 s each.
///
/// Indexed by time, not by call: what a call-indexed window spans depends on how often it is
/// called.
#pragma once

#include <array>
#include <cstdint>

#include "core/time.h"

namespace pacegate {

/// One thread only. A reading earlier than the latest one counts as the latest one.
class RateRing {
 public:
  static constexpr std::uint64_t kBuckets = 256;
  static constexpr std::uint64_t kBucketNs = kNsPerSecond / kBuckets;  // 3 906 250, no remainder

  /// `count` packets left at (or since the previous call before) `now_ns`; 0 is a valid
  /// observation. More than a second since the previous call empties the ring first. O(1) amortised
  /// over time: each bucket is cleared once per turn.
  void add(std::uint64_t now_ns, std::uint64_t count) noexcept {
    if (!started_ || is_gap(now_ns)) {
      begin(now_ns, count);
      return;
    }
    if (now_ns > latest_ns_) {
      advance_to(now_ns / kBucketNs);
      latest_ns_ = now_ns;
    }
    counts_[latest_bucket_ % kBuckets] += count;
    total_ += count;
  }

  /// Packets per second over the last second, or over the time since the first observation when
  /// that is shorter; 0 when nothing can be said yet (one observation) and after a gap of more than
  /// a second.
  [[nodiscard]] double rate(std::uint64_t now_ns) const noexcept {
    if (!started_ || is_gap(now_ns)) return 0.0;
    if (now_ns < latest_ns_) now_ns = latest_ns_;
    const std::uint64_t bucket = now_ns / kBucketNs;
    std::uint64_t packets = total_;
    const std::uint64_t steps = bucket - latest_bucket_;
    for (std::uint64_t i = 1; i <= steps && i <= kBuckets; ++i) {
      packets -= counts_[(latest_bucket_ + i) % kBuckets];
    }
    // The window begins with a bucket's edge, so it is 255/256 s to 1 s long.
    const std::uint64_t oldest = bucket < kBuckets ? 0 : bucket - (kBuckets - 1);
    std::uint64_t from_ns = oldest * kBucketNs;
    if (first_ns_ >= from_ns) {
      // The first observation opens the interval: its packets left before it.
      from_ns = first_ns_;
      packets -= first_count_;
    }
    if (now_ns == from_ns) return 0.0;
    return static_cast<double>(packets) * static_cast<double>(kNsPerSecond) /
           static_cast<double>(now_ns - from_ns);
  }

  /// Forgets everything.
  void clear() noexcept {
    counts_.fill(0);
    total_ = 0;
    started_ = false;
  }

 private:
  [[nodiscard]] bool is_gap(std::uint64_t now_ns) const noexcept {
    return now_ns > latest_ns_ && now_ns - latest_ns_ > kNsPerSecond;
  }

  void begin(std::uint64_t now_ns, std::uint64_t count) noexcept {
    clear();
    started_ = true;
    first_ns_ = latest_ns_ = now_ns;
    latest_bucket_ = now_ns / kBucketNs;
    first_count_ = total_ = count;
    counts_[latest_bucket_ % kBuckets] = count;
  }

  void advance_to(std::uint64_t bucket) noexcept {
    while (latest_bucket_ < bucket) {  // at most 256 turns: a longer gap began anew
      std::uint64_t& slot = counts_[++latest_bucket_ % kBuckets];
      total_ -= slot;
      slot = 0;
    }
  }

  std::array<std::uint64_t, kBuckets> counts_{};
  std::uint64_t total_ = 0;
  std::uint64_t latest_bucket_ = 0;
  std::uint64_t latest_ns_ = 0;
  std::uint64_t first_ns_ = 0;
  std::uint64_t first_count_ = 0;
  bool started_ = false;
};

}  // namespace pacegate
