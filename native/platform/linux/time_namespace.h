/// \file
/// Whether this process keeps the host's time.
#pragma once

namespace pacegate::platform {

/// Whether a time namespace shifts the monotonic clock of this process, or of its children: programs in
/// the kernel read the host's.
[[nodiscard]] bool monotonic_clock_is_shifted() noexcept;

}  // namespace pacegate::platform
