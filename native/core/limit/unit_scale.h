/// \file
/// Units of a limit as whole numbers, so that sums neither drift nor lose: 0.1 taken ten times is
/// one unit, and what was added is what is subtracted later.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>

namespace pacegate {

/// Counts units in *grains*, a power of two to the unit, chosen so that the limit is 2^52 to 2^53
/// of them: any double is then a whole limit, a whole number of units is exact, and a fraction is
/// too cheap by less than 1/2^52 of the limit.
class UnitScale {
 public:
  static constexpr std::uint64_t kTooMuch = std::numeric_limits<std::uint64_t>::max();

  /// \param limit units, finite and above 0
  explicit UnitScale(double limit) noexcept
      : grains_per_unit_(std::ldexp(1.0, 52 - ilogb(limit))) {}

  /// Rounded down, so that a limit holds all its parts however it is cut, but never to nothing.
  /// \return kTooMuch for what no limit of this scale holds, and for what is no number of units
  [[nodiscard]] std::uint64_t grains(double units) const noexcept {
    constexpr double kMost = 9007199254740992.0;  // 2^53
    const double scaled = units * grains_per_unit_;
    if (!(scaled >= 0.0 && scaled < kMost)) return kTooMuch;
    const auto whole = static_cast<std::uint64_t>(scaled);
    return whole == 0 && units > 0.0 ? 1 : whole;
  }

  [[nodiscard]] double units(std::uint64_t grains) const noexcept {
    return static_cast<double>(grains) / grains_per_unit_;
  }

  /// What `grains` of this scale are in `other`, rounded up; at most 2^62, which is above any limit.
  [[nodiscard]] std::uint64_t convert(std::uint64_t grains, const UnitScale& other) const noexcept {
    constexpr double kMost = 4611686018427387904.0;  // 2^62
    const double ratio = other.grains_per_unit_ / grains_per_unit_;
    const double scaled = std::ceil(static_cast<double>(grains) * ratio);
    return static_cast<std::uint64_t>(scaled < kMost ? scaled : kMost);
  }

 private:
  double grains_per_unit_;
};

}  // namespace pacegate
