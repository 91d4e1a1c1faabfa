/// \file
/// The only clock reading in the native code.
#pragma once

#include <cstdint>

namespace pacegate::platform {

/// Nanoseconds of the system's monotonic clock (CLOCK_MONOTONIC on Linux: the one process.hrtime()
/// reads). Never goes back; does not count suspended time. Thread-safe; about 20 ns.
[[nodiscard]] std::uint64_t monotonic_ns() noexcept;

}  // namespace pacegate::platform
