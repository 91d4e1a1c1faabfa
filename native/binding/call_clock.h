/// \file
/// The time of a call that may have to wait for a lock first.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <type_traits>

#include "binding/call_time.h"

namespace pacegate::binding {

/// Reads the time of a call when what it is about is ours: that of the user's clock, an optional bigint that
/// is the last argument, or the system's.
class CallClock {
 public:
  explicit CallClock(const Call& call) : now_ns_(call.environment().scratch.values()) {}
  /// Refuses here what is no bigint: under a lock nothing may throw.
  CallClock(const Call& call, std::size_t index) : CallClock(call) {
    if (!call.value(index).IsUndefined()) given_ns_ = call.uint64(index);
  }

  Ticks operator()() const noexcept {
    const std::uint64_t now_ns = given_ns_ ? *given_ns_ : platform::monotonic_ns();
    now_ns_[kNowNs] = static_cast<double>(now_ns);
    return ticks_from_ns(now_ns);
  }

 private:
  static constexpr std::size_t kNowNs = 0;  // in scratch; mirrored by SCRATCH in lib/

  std::span<double> now_ns_;
  std::optional<std::uint64_t> given_ns_;
};

/// For what is called often, and exported once for each clock.
template <typename Time>
CallClock clock_of(const Call& call, std::size_t index) {
  if constexpr (std::is_same_v<Time, SystemTime>) return CallClock(call);
  return {call, index};
}

}  // namespace pacegate::binding
