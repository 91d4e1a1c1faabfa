/// \file
/// Sleeping until an absolute deadline, with a way to be woken: what a pacing thread waits on.
#pragma once

#include <atomic>
#include <cstdint>

namespace pacegate::platform {

/// One waiting thread, any number of waking threads. A wake that comes before the wait is not lost:
/// it makes the next wait return at once. On Linux a futex with an absolute CLOCK_MONOTONIC
/// time-out: as precise as clock_nanosleep(TIMER_ABSTIME), but it can be woken without a signal.
class Waiter {
 public:
  Waiter() = default;
  Waiter(const Waiter&) = delete;
  Waiter& operator=(const Waiter&) = delete;

  /// Returns at `deadline_ns` of monotonic_ns() or when woken, whichever is first; never before
  /// either. The waiting thread only.
  void wait_until(std::uint64_t deadline_ns) noexcept;
  /// Thread-safe, wait-free, and safe in a signal handler.
  void wake() noexcept;

 private:
  std::atomic<std::uint32_t> pending_{0};
};

}  // namespace pacegate::platform
