/// \file
/// What a pacing thread is told.
#pragma once

#include <cstdint>

#include "core/limit/pacing_schedule.h"

namespace pacegate {

/// How often a pacing thread wakes. It decides about bursts and CPU time, never about the mean
/// rate, which the schedule keeps.
enum class Precision : std::uint8_t {
  eco,       ///< at most every millisecond
  balanced,  ///< at most every half millisecond
  spin,      ///< for every packet, waiting busily for the last stretch: takes a core
};

struct PacingOptions {
  double rate = 100;  ///< packets per second; see PacingSchedule for the bounds
  Precision precision = Precision::balanced;
  /// How much lateness may be made good by sending faster; what is later is given up.
  std::uint64_t catch_up_ns = PacingSchedule::kDefaultCatchUpNs;
};

}  // namespace pacegate
