/// \file
/// Where a call takes its time from. Every operation of a limiter is written once over one of these
/// and exported twice: on the system's clock, and as `<name>_at` with the time as its last
/// argument.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "binding/call.h"
#include "core/time.h"
#include "platform/clock.h"

namespace pacegate::binding {

struct SystemTime {
  [[nodiscard]] static std::uint64_t now_ns(const Call&, std::size_t) noexcept {
    return platform::monotonic_ns();
  }
};

struct GivenTime {
  /// \param index of the argument that holds it, a bigint
  [[nodiscard]] static std::uint64_t now_ns(const Call& call, std::size_t index) {
    return call.uint64(index);
  }
};

/// Whole nanoseconds that cover `ticks`.
[[nodiscard]] constexpr double ns_from_ticks(Ticks ticks) noexcept {
  const Ticks whole = ticks / kTicksPerNs + (ticks % kTicksPerNs != 0 ? 1 : 0);
  return static_cast<double>(whole);
}

}  // namespace pacegate::binding
