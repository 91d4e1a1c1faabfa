/// \file
/// Who may have something to send, first come, first served.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace pacegate {

/// A ring of places, each in it once at the most. One thread's.
class ReadyLine {
 public:
  using Place = std::uint32_t;

  /// \param places are numbered from 0 to places - 1
  explicit ReadyLine(std::size_t places) : ring_(places), is_in_(places) {}

  [[nodiscard]] bool empty() const noexcept { return count_ == 0; }
  /// Does nothing when it stands in line already.
  void push(Place place) noexcept {
    if (is_in_[place]) return;
    is_in_[place] = true;
    ring_[(first_ + count_) % ring_.size()] = place;
    ++count_;
  }
  /// \pre not empty
  [[nodiscard]] Place pop() noexcept {
    const Place place = ring_[first_];
    first_ = (first_ + 1) % ring_.size();
    --count_;
    is_in_[place] = false;
    return place;
  }

 private:
  std::vector<Place> ring_;
  std::vector<bool> is_in_;
  std::size_t first_ = 0;
  std::size_t count_ = 0;
};

}  // namespace pacegate
