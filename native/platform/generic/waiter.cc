/// \file
/// The portable waiter. std::atomic::wait has no time-out and a condition variable may not be
/// notified from a signal handler, so the waiting thread sleeps in slices and looks at the flag in
/// between: a deadline is kept as exactly as the system sleeps, a wake is noticed within one slice.
#include "platform/waiter.h"

#include <algorithm>
#include <chrono>
#include <thread>

#include "core/time.h"
#include "platform/clock.h"

namespace pacegate::platform {
namespace {

/// How late a wake may be noticed. At 1 ms a thread that waits for hours costs well under 1 % of a
/// core.
constexpr std::uint64_t kSliceNs = kNsPerMs;

}  // namespace

void Waiter::wait_until(std::uint64_t deadline_ns) noexcept {
  while (pending_.exchange(0, std::memory_order_acquire) == 0) {
    const std::uint64_t now_ns = monotonic_ns();
    if (now_ns >= deadline_ns) return;
    std::this_thread::sleep_for(std::chrono::nanoseconds(std::min(deadline_ns - now_ns, kSliceNs)));
  }
}

void Waiter::wake() noexcept {
  pending_.exchange(1, std::memory_order_release);
}

}  // namespace pacegate::platform
