/// \file
/// The targets that wait for a place in the hostgroup.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "engine/hosts/host_options.h"

namespace pacegate {

/// First those that an earlier run had begun, then the others in order. One thread's.
class HostQueue {
 public:
  /// Pairs of the order (see HostOrder), from start up to but not including end. A shard may begin and
  /// end within a target.
  struct Span {
    std::uint64_t start = 0;
    std::uint64_t end = 0;
  };

  /// \param ports of each target
  /// \param progress of an earlier run over the same span, or empty; what is outside the span is left out
  HostQueue(Span span, std::uint32_t ports, HostProgress progress)
      : span_(span),
        ports_(ports),
        resumed_(std::move(progress.unended)),
        next_(std::clamp(progress.begun, span.start / ports, span.end / ports + 1)) {
    std::erase_if(resumed_, [this](const HostMark& mark) {
      return mark.rank > (span_.end - 1) / ports_ || mark.turn > end_of(mark.rank);
    });
  }

  /// A target's turns, from `turn` up to but not including `end`.
  struct Entry {
    std::uint64_t rank = 0;
    std::uint32_t turn = 0;
    std::uint32_t end = 0;
  };
  [[nodiscard]] bool empty() const noexcept {
    return taken_ == resumed_.size() && next_ * ports_ >= span_.end;
  }
  /// \pre not empty
  [[nodiscard]] Entry take() noexcept {
    if (taken_ < resumed_.size()) {
      const HostMark mark = resumed_[taken_++];
      return {mark.rank, mark.turn, end_of(mark.rank)};
    }
    const std::uint64_t rank = next_++;
    const std::uint64_t first = rank * ports_;
    const auto turn = static_cast<std::uint32_t>(std::max(span_.start, first) - first);
    return {rank, turn, end_of(rank)};
  }

  /// One past the last turn of a target.
  [[nodiscard]] std::uint32_t end_of(std::uint64_t rank) const noexcept {
    return static_cast<std::uint32_t>(std::min<std::uint64_t>(span_.end - rank * ports_, ports_));
  }

  /// Ranks below it were begun, by this run or an earlier one.
  [[nodiscard]] std::uint64_t begun() const noexcept { return next_; }
  /// What an earlier run had begun and this one has not taken up.
  [[nodiscard]] std::span<const HostMark> untaken() const noexcept {
    return std::span(resumed_).subspan(taken_);
  }

 private:
  Span span_;
  std::uint64_t ports_;
  std::vector<HostMark> resumed_;
  std::size_t taken_ = 0;
  std::uint64_t next_;
};

}  // namespace pacegate
