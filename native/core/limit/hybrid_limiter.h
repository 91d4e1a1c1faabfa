/// \file
/// Token bucket, then sliding window: the bucket smooths, the window bounds.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "core/limit/grant_log.h"
#include "core/limit/grant_ring.h"
#include "core/limit/serial_bucket.h"
#include "core/limit/serial_limiter.h"

namespace pacegate {

/// The state of a hybrid, but for the entries of its log: trivially copyable, so it can be placed
/// in shared memory together with a ring of kGrants entries. Grants what both grant, or nothing.
///
/// In any time t at most `burst + rate * t` units, and at most `limit` in every window. The window
/// counts neighbouring grants as one when together they are at most limit / 2048 units, so that its
/// memory is fixed: then one entry at a time counts longer than the window.
class HybridState {
 public:
  /// Entries of the window: 64 KiB.
  static constexpr std::size_t kGrants = 4096;

  /// \return nothing when make_quota() has none for rate and burst
  static std::optional<HybridState> make(const SerialQuota& quota, std::uint64_t window_ns,
                                         std::uint64_t now_ns) noexcept;

  bool try_acquire(double cost, std::uint64_t now_ns, std::span<Grant> ring) noexcept;
  [[nodiscard]] std::uint64_t wait_ns(double cost, std::uint64_t now_ns,
                                      std::span<const Grant> ring) const noexcept;
  [[nodiscard]] double available(std::uint64_t now_ns, std::span<const Grant> ring) const noexcept;
  [[nodiscard]] std::uint64_t reset_ns(std::uint64_t now_ns,
                                       std::span<const Grant> ring) const noexcept;
  void give_back(double units, std::uint64_t now_ns, std::span<Grant> ring) noexcept;
  void undo(double units, std::uint64_t now_ns, std::span<Grant> ring) noexcept;
  bool set_quota(const SerialQuota& quota, std::uint64_t now_ns, std::span<Grant> ring) noexcept;
  void reset(std::uint64_t now_ns) noexcept;

  [[nodiscard]] const SerialQuota& quota() const noexcept { return quota_; }
  [[nodiscard]] GrantLog& log() noexcept { return log_; }
  [[nodiscard]] const GrantLog& log() const noexcept { return log_; }

 private:
  HybridState(const SerialQuota& quota, const BucketQuota& bucket, const WindowShape& shape,
              std::uint64_t now_ns) noexcept
      : quota_(quota), bucket_(bucket, ticks_from_ns(now_ns)), log_(shape, quota.limit, now_ns) {}

  /// The tick of a time that never goes back: the bucket's and the window's clock are one.
  [[nodiscard]] Ticks tick(std::uint64_t now_ns) const noexcept {
    return ticks_from_ns(log_.latest(now_ns));
  }
  /// Nanoseconds from `now_ns` that cover `wait` ticks from the time as it counts.
  [[nodiscard]] std::uint64_t ns_from_wait(Ticks wait, std::uint64_t now_ns) const noexcept;

  SerialQuota quota_;
  SerialBucket bucket_;
  GrantLog log_;
};

/// A hybrid with memory of its own, which grows as needed.
class HybridLimiter final : public SerialLimiter {
 public:
  HybridLimiter(const HybridState& state, std::span<const Grant> ring) : state_(state) {
    ring_.copy_from(state_.log(), ring);
  }
  /// \return nothing for a quota it cannot have
  static std::unique_ptr<HybridLimiter> make(const SerialQuota& quota, std::uint64_t window_ns,
                                             std::uint64_t now_ns);

  bool try_acquire(double cost, std::uint64_t now_ns) noexcept override {
    ring_.make_room(state_.log());
    return state_.try_acquire(cost, now_ns, ring_.span());
  }
  [[nodiscard]] std::uint64_t wait_ns(double cost, std::uint64_t now_ns) const noexcept override {
    return state_.wait_ns(cost, now_ns, ring_.span());
  }
  [[nodiscard]] double available(std::uint64_t now_ns) const noexcept override {
    return state_.available(now_ns, ring_.span());
  }
  [[nodiscard]] double used(std::uint64_t now_ns) const noexcept override {
    return state_.log().used(now_ns, ring_.span());
  }
  [[nodiscard]] std::uint64_t reset_ns(std::uint64_t now_ns) const noexcept override {
    return state_.reset_ns(now_ns, ring_.span());
  }
  void give_back(double units, std::uint64_t now_ns) noexcept override {
    state_.give_back(units, now_ns, ring_.span());
  }
  void undo(double units, std::uint64_t now_ns) noexcept override {
    state_.undo(units, now_ns, ring_.span());
  }
  bool set_quota(const SerialQuota& quota, std::uint64_t now_ns) noexcept override {
    return state_.set_quota(quota, now_ns, ring_.span());
  }
  void reset(std::uint64_t now_ns) noexcept override;
  [[nodiscard]] SerialQuota quota() const noexcept override { return state_.quota(); }
  [[nodiscard]] std::size_t bytes() const noexcept override {
    return sizeof(*this) + ring_.bytes();
  }
  [[nodiscard]] std::unique_ptr<SerialLimiter> copy() const override {
    return std::make_unique<HybridLimiter>(state_, ring_.span());
  }
  /// Copies its state into other memory; `ring` has HybridState::kGrants entries.
  [[nodiscard]] HybridState move_to(std::span<Grant> ring) const noexcept {
    HybridState state = state_;
    state.log().move_to(ring_.span(), ring);
    return state;
  }

 private:
  HybridState state_;
  GrantRing ring_;
};

}  // namespace pacegate
