/// \file
/// Sliding window: at most `limit` units in every interval as long as the window, wherever it
/// begins.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include "core/limit/grant_log.h"
#include "core/limit/grant_ring.h"
#include "core/limit/serial_limiter.h"

namespace pacegate {

/// A GrantLog with memory that grows as needed: 16 bytes an entry.
///
/// - Exact: an entry a grant. At most `limit` entries while costs are whole units; smaller ones
///   are kept apart down to 1/4096 of the limit, or to 1 where the limit is higher than that.
/// - Approximate: `sub_windows + 1` entries at most. What was granted within one sub-window lapses
///   as a whole with the last of it, so a grant may count up to window / sub_windows too long.
///   Asked without pause, it grants at least sub_windows / (sub_windows + 1) of the rate.
class SlidingWindow final : public SerialLimiter {
 public:
  /// The highest limit of an exact one: 256 MiB of entries.
  static constexpr double kMaxExactLimit = 16'777'216;

  /// \param limit units, finite and above 0
  /// \param window_ns at least 1
  /// \param sub_windows 0: exact
  /// \return nothing when the limit is too high for an exact window
  static std::unique_ptr<SlidingWindow> make(double limit, std::uint64_t window_ns,
                                             std::uint32_t sub_windows, std::uint64_t now_ns);

  bool try_acquire(double cost, std::uint64_t now_ns) noexcept override {
    ring_.make_room(log_);
    return log_.try_take(cost, now_ns, ring_.span());
  }
  [[nodiscard]] std::uint64_t wait_ns(double cost, std::uint64_t now_ns) const noexcept override {
    return log_.wait_ns(cost, now_ns, ring_.span());
  }
  [[nodiscard]] double available(std::uint64_t now_ns) const noexcept override {
    return log_.available(now_ns, ring_.span());
  }
  [[nodiscard]] double used(std::uint64_t now_ns) const noexcept override {
    return log_.used(now_ns, ring_.span());
  }
  [[nodiscard]] std::uint64_t reset_ns(std::uint64_t now_ns) const noexcept override {
    return log_.time_to_empty_ns(now_ns, ring_.span());
  }
  void give_back(double units, std::uint64_t now_ns) noexcept override {
    log_.give_back(units, now_ns, ring_.span());
  }
  void undo(double units, std::uint64_t now_ns) noexcept override {
    log_.undo(units, now_ns, ring_.span());
  }
  bool set_quota(const SerialQuota& quota, std::uint64_t now_ns) noexcept override;
  void reset(std::uint64_t now_ns) noexcept override;
  [[nodiscard]] SerialQuota quota() const noexcept override { return {log_.limit(), 0, 0}; }
  [[nodiscard]] std::size_t bytes() const noexcept override {
    return sizeof(*this) + ring_.bytes();
  }
  [[nodiscard]] std::unique_ptr<SerialLimiter> copy() const override;

 private:
  SlidingWindow(const WindowShape& shape, double limit, std::uint64_t now_ns)
      : log_(shape, limit, now_ns) {}

  GrantLog log_;
  GrantRing ring_;
};

}  // namespace pacegate
