/// \file
/// Time as the core sees it: an argument, never a reading. Two units, both unsigned 64-bit.
///
/// - nanoseconds of a monotonic clock (`now_ns`): deadlines, timeouts, packet times;
/// - *ticks* of 1/256 ns: token bucket state. At 30 M tokens a second a whole-nanosecond interval
/// is
///   wrong by 1 %, a tick interval by 0.004 %.
///
/// Ticks are taken modulo 2^64 and compared by signed difference, as TCP compares sequence numbers,
/// so no epoch has to be agreed on or moved. The bound: two ticks that are compared must lie less
/// than 417 days (2^63 ticks) apart.
#pragma once

#include <cstdint>

namespace pacegate {

using Ticks = std::uint64_t;

inline constexpr std::uint64_t kNsPerSecond = 1'000'000'000;
inline constexpr std::uint64_t kNsPerMs = 1'000'000;
inline constexpr std::uint64_t kTicksPerNs = 256;
inline constexpr double kTicksPerSecond = 256e9;

/// The tick of a monotonic reading; wraps by design (see the file comment).
[[nodiscard]] constexpr Ticks ticks_from_ns(std::uint64_t now_ns) noexcept {
  return now_ns * kTicksPerNs;
}

/// `later - earlier` in ticks; negative when `later` is in fact the earlier one.
[[nodiscard]] constexpr std::int64_t ticks_between(Ticks earlier, Ticks later) noexcept {
  return static_cast<std::int64_t>(later - earlier);
}

}  // namespace pacegate
