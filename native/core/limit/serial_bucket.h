/// \file
/// The arithmetic of TokenBucket without its atomics: a plain value, to be copied and to be changed
/// together with other state, where one thread at a time uses it.
#pragma once

#include <algorithm>

#include "core/limit/token_bucket.h"
#include "core/limit/token_count.h"
#include "core/time.h"

namespace pacegate {

/// Generic cell rate algorithm, as TokenBucket; see there for what costs, ticks and debts are.
class SerialBucket {
 public:
  /// A full bucket.
  SerialBucket(const BucketQuota& quota, Ticks now) noexcept : quota_(quota), tat_(now) {}

  /// Takes `cost` tokens, or none.
  bool try_take(double cost, Ticks now) noexcept {
    const Ticks price = price_of(cost);
    const Ticks owed = debt(now);
    if (price > quota_.capacity || owed + price > quota_.capacity) return false;
    tat_ = now + owed + price;
    return true;
  }

  /// Ticks until try_take(cost) will succeed when nobody else takes any;
  /// BucketVerdict::kForever for never.
  [[nodiscard]] Ticks wait(double cost, Ticks now) const noexcept {
    const Ticks price = price_of(cost);
    if (price > quota_.capacity) return BucketVerdict::kForever;
    const Ticks next = debt(now) + price;
    return next > quota_.capacity ? next - quota_.capacity : 0;
  }

  /// Tokens there are, fractions included; 0..burst.
  [[nodiscard]] double available(Ticks now) const noexcept {
    const Ticks owed = debt(now);
    if (owed == 0) return quota_.burst;
    if (owed >= quota_.capacity) return 0.0;
    return std::min(tokens_in(quota_.capacity - owed, quota_.ticks_per_token), quota_.burst);
  }

  /// Ticks until the bucket is full.
  [[nodiscard]] Ticks debt(Ticks now) const noexcept {
    const Ticks ahead = tat_ - now;
    return ahead <= kMaxDebt ? ahead : 0;
  }

  /// Puts tokens back; the bucket stops at full.
  void give_back(double cost, Ticks now) noexcept {
    if (!(cost > 0.0)) return;
    const Ticks owed = debt(now);
    tat_ = now + (owed - std::min(owed, price_of(cost)));
  }

  /// Changes rate and burst; what is spent stays spent, in tokens, down to an empty bucket.
  void set_quota(const BucketQuota& quota, Ticks now) noexcept {
    const double scale = quota.ticks_per_token / quota_.ticks_per_token;
    const double owed = static_cast<double>(debt(now)) * scale + 0.5;
    tat_ = now + static_cast<Ticks>(std::min(owed, static_cast<double>(quota.capacity)));
    quota_ = quota;
  }

  /// Makes the bucket full.
  void reset(Ticks now) noexcept { tat_ = now; }

 private:
  // A word further ahead of now than this is in truth one long past.
  static constexpr Ticks kMaxDebt = Ticks{1} << 61;

  [[nodiscard]] Ticks price_of(double cost) const noexcept {
    const double price = cost * quota_.ticks_per_token;
    const bool sane = price >= 0.0 && price < static_cast<double>(kMaxDebt);
    return sane ? static_cast<Ticks>(price) : BucketVerdict::kForever;
  }

  BucketQuota quota_;
  Ticks tat_;
};

}  // namespace pacegate
