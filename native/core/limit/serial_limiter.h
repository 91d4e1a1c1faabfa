/// \file
/// What limiters that count in windows have in common. *Serial*: one thread at a time uses one; its
/// state is more than the one word that lets a TokenBucket do without a lock.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "core/limit/grant_log.h"

namespace pacegate {

/// What a serial limiter grants. Windows look at `limit` only.
struct SerialQuota {
  double limit = 0;  ///< units of a window, above 0
  double rate = 0;   ///< tokens per second of the bucket in front of it
  double burst = 0;  ///< tokens of that bucket when full
};

/// Times are nanoseconds of one monotonic clock, modulo 2^64; time that goes back counts as time
/// that stands still. Costs are units, fractions allowed; 0 is always granted, a negative one or
/// NaN never. A refusal takes nothing. What throws says so.
class SerialLimiter {
 public:
  SerialLimiter() = default;
  SerialLimiter& operator=(const SerialLimiter&) = delete;
  SerialLimiter(SerialLimiter&&) = delete;
  SerialLimiter& operator=(SerialLimiter&&) = delete;
  virtual ~SerialLimiter() = default;

  /// Takes `cost` units, or none. \return whether it did
  virtual bool try_acquire(double cost, std::uint64_t now_ns) = 0;

  /// Nanoseconds until try_acquire(cost) will succeed when nobody else takes anything; 0: now;
  /// kNeverNs.
  [[nodiscard]] virtual std::uint64_t wait_ns(double cost, std::uint64_t now_ns) const = 0;

  /// Units that can be taken now.
  [[nodiscard]] virtual double available(std::uint64_t now_ns) const = 0;

  /// Units granted within the last window.
  [[nodiscard]] virtual double used(std::uint64_t now_ns) const = 0;

  /// Nanoseconds until everything is available, if nobody asks.
  [[nodiscard]] virtual std::uint64_t reset_ns(std::uint64_t now_ns) const = 0;

  /// Puts back units that were taken and not used; stops when everything is available.
  virtual void give_back(double units, std::uint64_t now_ns) = 0;

  /// Undoes what was taken last, by nobody else meanwhile.
  virtual void undo(double units, std::uint64_t now_ns) { give_back(units, now_ns); }

  /// Changes what is granted from now on; what is taken stays taken.
  /// \return false, and nothing has changed, for a quota it cannot have
  virtual bool set_quota(const SerialQuota& quota, std::uint64_t now_ns) = 0;

  /// Forgets what was taken, and that time was ever later than `now_ns`.
  virtual void reset(std::uint64_t now_ns) = 0;

  /// What it grants at present; another process may have changed it.
  [[nodiscard]] virtual SerialQuota quota() const = 0;

  /// Memory it holds.
  [[nodiscard]] virtual std::size_t bytes() const = 0;

  /// A limiter of its own in the same state, for looking ahead.
  [[nodiscard]] virtual std::unique_ptr<SerialLimiter> copy() const = 0;

 protected:
  SerialLimiter(const SerialLimiter&) = default;
};

}  // namespace pacegate
