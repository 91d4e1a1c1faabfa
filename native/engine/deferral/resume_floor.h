/// \file
/// Up to which position nothing is left among those that were put aside.
#pragma once

#include <cstdint>
#include <vector>

namespace pacegate {

/// Counts what is left by *epochs*: stretches of the scan, each of which knows a position that all of
/// its own are behind. O(1) each; memory by live epochs only. The floor is at most kStep and the width
/// of the probe window below the truth: a resumed scan repeats that much more. One thread's.
class ResumeFloor {
 public:
  /// To be given back.
  using Mark = std::uint32_t;

  /// A position is put aside. \param settled everything before it is settled or was put aside before;
  ///   at most the position, and never less than last time
  [[nodiscard]] Mark add(std::uint64_t settled) {
    if (last_ == kNone || settled - epochs_[last_].floor >= kStep) append(settled);
    ++epochs_[last_].live;
    return last_;
  }

  void remove(Mark mark) noexcept {
    if (--epochs_[mark].live == 0) unlink(mark);
  }

  /// Every position put aside and not removed is at or behind it; UINT64_MAX when there is none.
  [[nodiscard]] std::uint64_t position() const noexcept {
    return first_ == kNone ? UINT64_MAX : epochs_[first_].floor;
  }

  static constexpr std::uint64_t kStep = 1024;

 private:
  static constexpr Mark kNone = UINT32_MAX;

  struct Epoch {
    std::uint64_t floor = 0;
    std::uint32_t live = 0;
    Mark previous = kNone;
    Mark next = kNone;  // also links those out of use
  };

  void append(std::uint64_t floor) {
    Mark mark = free_;
    if (mark == kNone) {
      mark = static_cast<Mark>(epochs_.size());
      epochs_.emplace_back();
    } else {
      free_ = epochs_[mark].next;
    }
    epochs_[mark] = {floor, 0, last_, kNone};
    (last_ == kNone ? first_ : epochs_[last_].next) = mark;
    last_ = mark;
  }

  void unlink(Mark mark) noexcept {
    const Epoch epoch = epochs_[mark];
    (epoch.previous == kNone ? first_ : epochs_[epoch.previous].next) = epoch.next;
    (epoch.next == kNone ? last_ : epochs_[epoch.next].previous) = epoch.previous;
    epochs_[mark].next = free_;
    free_ = mark;
  }

  std::vector<Epoch> epochs_;
  Mark first_ = kNone;  // oldest
  Mark last_ = kNone;
  Mark free_ = kNone;
};

}  // namespace pacegate
