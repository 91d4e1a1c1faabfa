/// \file
/// Nanoseconds to the kernel's own time structure.
#pragma once

#include <algorithm>
#include <cstdint>
#include <ctime>
#include <limits>

#include "core/time.h"

namespace pacegate::platform {

/// Saturates where time_t is too narrow: a deadline of 2^64 - 1 then means "in decades", not "in
/// the past".
[[nodiscard]] inline timespec timespec_from_ns(std::uint64_t ns) noexcept {
  constexpr auto kMaxSeconds = static_cast<std::uint64_t>(std::numeric_limits<time_t>::max());
  timespec result{};
  result.tv_sec = static_cast<time_t>(std::min(ns / kNsPerSecond, kMaxSeconds));
  result.tv_nsec = static_cast<long>(ns % kNsPerSecond);
  return result;
}

}  // namespace pacegate::platform
