#include "platform/clock.h"

#include <chrono>

namespace pacegate::platform {

std::uint64_t monotonic_ns() noexcept {
  const auto since_epoch = std::chrono::steady_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::nanoseconds>(since_epoch).count());
}

}  // namespace pacegate::platform
