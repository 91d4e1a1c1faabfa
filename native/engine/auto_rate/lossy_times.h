/// \file
/// When packets were lost: what was sent then proves nothing by its silence.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace pacegate {

/// The last few spans of time in which a rate turned out to be too high. The sending thread's.
class LossyTimes {
 public:
  /// Both ends included. \param from_ns not before that of any earlier span
  void add(std::uint64_t from_ns, std::uint64_t until_ns) noexcept {
    Span& last = spans_[(next_ + spans_.size() - 1) % spans_.size()];
    if (from_ns <= last.until_ns) {
      last.until_ns = std::max(last.until_ns, until_ns);
      return;
    }
    spans_[next_] = {from_ns, until_ns};
    next_ = (next_ + 1) % spans_.size();
  }

  [[nodiscard]] bool contain(std::uint64_t at_ns) const noexcept {
    return std::any_of(spans_.begin(), spans_.end(), [at_ns](const Span& span) {
      return at_ns >= span.from_ns && at_ns <= span.until_ns;
    });
  }

 private:
  struct Span {
    std::uint64_t from_ns = 1;
    std::uint64_t until_ns = 0;
  };
  // Each lasts for a trial at least, a few tenths of a second: enough for a time-out of some seconds.
  std::array<Span, 16> spans_{};
  std::size_t next_ = 0;
};

}  // namespace pacegate
