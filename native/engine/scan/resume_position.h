/// \file
/// Up to where a scan need not be repeated, told no sooner than its findings.
#pragma once

#include <cstdint>

namespace pacegate {

/// A capture thread marks a pair as answered before its finding stands in the queue, and may be
/// suspended between the two. So what is settled counts only when every capture thread is done with
/// the packets it may have been at. The sending thread's.
class ResumePosition {
 public:
  /// \param settled everything before it is settled, as of `now_ns` or before; never going back
  /// \param heard_ns all packets that arrived before have been dealt with; always in the past
  void look(std::uint64_t settled, std::uint64_t now_ns, std::uint64_t heard_ns) noexcept {
    seen_ = settled;
    if (heard_ns <= candidate_ns_) return;
    certain_ = candidate_;
    candidate_ = settled;
    candidate_ns_ = now_ns;
  }

  /// Everything before it is settled, and its findings are queued.
  [[nodiscard]] std::uint64_t certain() const noexcept { return certain_; }
  /// The last that look() was told: as certain, once no capture thread is left.
  [[nodiscard]] std::uint64_t seen() const noexcept { return seen_; }

 private:
  std::uint64_t seen_ = 0;
  std::uint64_t certain_ = 0;
  std::uint64_t candidate_ = 0;
  std::uint64_t candidate_ns_ = 0;
};

}  // namespace pacegate
