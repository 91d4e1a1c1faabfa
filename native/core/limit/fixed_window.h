/// \file
/// Fixed window: the cheapest counter there is, and the coarsest.
#pragma once

#include <cstdint>
#include <memory>

#include "core/limit/serial_limiter.h"
#include "core/limit/unit_scale.h"

namespace pacegate {

/// At most `limit` units in each window. A window begins with the first grant after the last one
/// ended, not at multiples of its length: so a client that asks once is given the whole limit for a
/// whole window, clients are not all reset at the same moment, and retry times differ.
///
/// Two windows may meet: what one grants at its end and the next at its start can be up to
/// 2 * limit units in no time, and never more in an interval as long as the window.
class FixedWindow final : public SerialLimiter {
 public:
  /// \param limit units, finite and above 0
  /// \param window_ns at least 1
  FixedWindow(double limit, std::uint64_t window_ns, std::uint64_t now_ns) noexcept;

  bool try_acquire(double cost, std::uint64_t now_ns) noexcept override;
  [[nodiscard]] std::uint64_t wait_ns(double cost, std::uint64_t now_ns) const noexcept override;
  [[nodiscard]] double available(std::uint64_t now_ns) const noexcept override;
  [[nodiscard]] double used(std::uint64_t now_ns) const noexcept override;
  [[nodiscard]] std::uint64_t reset_ns(std::uint64_t now_ns) const noexcept override;
  void give_back(double units, std::uint64_t now_ns) noexcept override;
  bool set_quota(const SerialQuota& quota, std::uint64_t now_ns) noexcept override;
  void reset(std::uint64_t now_ns) noexcept override;
  [[nodiscard]] SerialQuota quota() const noexcept override { return {scale_.units(limit_), 0, 0}; }
  [[nodiscard]] std::size_t bytes() const noexcept override { return sizeof(*this); }
  [[nodiscard]] std::unique_ptr<SerialLimiter> copy() const override;

 private:
  FixedWindow(const FixedWindow&) = default;

  [[nodiscard]] std::uint64_t latest(std::uint64_t now_ns) const noexcept {
    return static_cast<std::int64_t>(now_ns - latest_ns_) > 0 ? now_ns : latest_ns_;
  }
  /// Grains of the window that `at_ns` falls into.
  [[nodiscard]] std::uint64_t used_grains(std::uint64_t at_ns) const noexcept {
    return at_ns - start_ns_ < window_ns_ ? used_ : 0;
  }

  std::uint64_t window_ns_;
  UnitScale scale_;
  std::uint64_t limit_;     // grains
  std::uint64_t used_ = 0;  // grains of the window that began at start_ns_; 0: none has begun
  std::uint64_t start_ns_;
  std::uint64_t latest_ns_;  // time as it counts: never goes back
};

}  // namespace pacegate
