/// \file
/// Who waits for a serial limiter will be served when? Answered on a copy of it, on which grants
/// are made ahead of time.
#pragma once

#include <cstdint>
#include <memory>

#include "core/limit/serial_limiter.h"

namespace pacegate {

/// What becomes of a limiter when those who wait are served one after the other, each as early as
/// can be, none before those placed earlier. Nothing but what is placed here is taken meanwhile.
class Foresight {
 public:
  /// \param limiter is copied
  Foresight(const SerialLimiter& limiter, std::uint64_t now_ns)
      : future_(limiter.copy()), time_ns_(now_ns) {}

  /// Nanoseconds from `now_ns` until `cost` units can be taken by who comes after all placed so
  /// far; kNeverNs.
  [[nodiscard]] std::uint64_t wait_ns(double cost, std::uint64_t now_ns) const {
    const std::uint64_t from_ns = at(now_ns);
    const std::uint64_t wait = future_->wait_ns(cost, from_ns);
    return wait == kNeverNs ? kNeverNs : from_ns + wait - now_ns;
  }

  /// Places who takes `cost` units, if the wait is at most `max_wait_ns`. \return as wait_ns()
  std::uint64_t place(double cost, std::uint64_t max_wait_ns, std::uint64_t now_ns) {
    const std::uint64_t wait = wait_ns(cost, now_ns);
    if (wait > max_wait_ns || wait == kNeverNs) return wait;
    time_ns_ = now_ns + wait;
    future_->try_acquire(cost, time_ns_);
    return wait;
  }

  /// Nanoseconds from `now_ns` until everything is available after all placed so far.
  [[nodiscard]] std::uint64_t reset_ns(std::uint64_t now_ns) const {
    const std::uint64_t from_ns = at(now_ns);
    return from_ns + future_->reset_ns(from_ns) - now_ns;
  }

  [[nodiscard]] std::size_t bytes() const noexcept { return sizeof(*this) + future_->bytes(); }

 private:
  [[nodiscard]] std::uint64_t at(std::uint64_t now_ns) const noexcept {
    return static_cast<std::int64_t>(time_ns_ - now_ns) > 0 ? time_ns_ : now_ns;
  }

  std::unique_ptr<SerialLimiter> future_;
  std::uint64_t time_ns_;
};

}  // namespace pacegate
