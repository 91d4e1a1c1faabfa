/// \file
/// A bucket as one environment has it: in memory of its own, or in memory it shares with others.
#pragma once

#include <optional>
#include <utility>

#include "binding/shared_place.h"
#include "core/limit/token_bucket.h"
#include "core/limit/token_lease.h"

namespace pacegate::binding {

class BucketObject {
 public:
  /// A bucket for this environment alone.
  BucketObject(const BucketQuota& quota, double initial_tokens, Ticks now)
      : own_(std::in_place, quota, initial_tokens, now) {}

  /// A bucket others have as well.
  explicit BucketObject(SharedPlace place) : place_(std::move(place)) {}

  [[nodiscard]] TokenBucket& bucket() noexcept {
    // One of the two is always there.
    // NOLINTNEXTLINE(bugprone-unchecked-optional-access)
    return place_ ? place_->state().as<TokenBucket>() : *own_;
  }

  /// Moves the bucket to where others can join it. No lease may be out.
  void share(SharedPlace place) noexcept {
    place_.emplace(std::move(place));
    own_.reset();
  }

  /// Excludes all others who set quotas or reset; nothing to do where there are none.
  /// \throws platform::PlatformError as SharedLock::lock()
  [[nodiscard]] std::optional<platform::SharedLockGuard> lock() {
    if (!place_) return std::nullopt;
    return std::optional<platform::SharedLockGuard>(std::in_place, place_->state().lock());
  }

  [[nodiscard]] TokenLease& lease() noexcept { return lease_; }

 private:
  TokenLease lease_;
  std::optional<TokenBucket> own_;
  std::optional<SharedPlace> place_;
};

}  // namespace pacegate::binding
