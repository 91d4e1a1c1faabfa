/// \file
/// Up to which turn all of a target's ports are settled.
#pragma once

#include <cstdint>

namespace pacegate {

/// Counts what is unsettled in two generations: when nothing is left of the older one, its end is the
/// floor, and the younger one becomes the older. O(1) in time and memory; the floor lags by what was
/// begun in two time-outs or so, which a resumed scan repeats. One thread's.
class PortFloor {
 public:
  using Generation = std::uint32_t;  ///< 0 or 1

  explicit PortFloor(std::uint32_t turn = 0) noexcept : floor_(turn), mark_(turn) {}

  /// The next turn is begun. \return to be given back when it is settled
  [[nodiscard]] Generation begin() noexcept {
    ++live_[young_];
    return young_;
  }
  /// \param next_turn the first that is not begun
  void settle(Generation generation, std::uint32_t next_turn) noexcept {
    --live_[generation];
    if (live_[1 - young_] > 0) return;
    floor_ = mark_;
    mark_ = next_turn;
    young_ = 1 - young_;
  }

  [[nodiscard]] std::uint32_t unsettled() const noexcept { return live_[0] + live_[1]; }
  /// Every turn before it is settled. \param next_turn as above
  [[nodiscard]] std::uint32_t turn(std::uint32_t next_turn) const noexcept {
    return unsettled() == 0 ? next_turn : floor_;
  }

 private:
  std::uint32_t floor_;  // the older generation begins here
  std::uint32_t mark_;   // the younger one
  std::uint32_t live_[2] = {0, 0};
  Generation young_ = 0;
};

}  // namespace pacegate
