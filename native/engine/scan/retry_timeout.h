/// \file
/// How long a silent pair is left alone before it is probed again, where round-trip times decide.
#pragma once

#include <algorithm>
#include <cstdint>

#include "core/scan/rtt_estimator.h"
#include "core/time.h"

namespace pacegate {

/// Below it a busy machine's own delays would look like silence.
inline constexpr std::uint64_t kShortestRetryNs = 100 * kNsPerMs;

/// \param longest_ns the time-out of the scan: how long an answer may take to count
[[nodiscard]] inline std::uint64_t retry_timeout_ns(const RttEstimator& rtt,
                                                    std::uint64_t longest_ns) noexcept {
  return rtt.timeout_ns(std::min(kShortestRetryNs, longest_ns), longest_ns);
}

}  // namespace pacegate
