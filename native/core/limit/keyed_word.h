/// \file
/// The bucket of one key as one plain 64-bit word, for tables that keep millions of them under one
/// quota. Arithmetic only; who calls has the word to itself.
///
/// The word of a *bucket* is the tick at which it will be full (token_bucket.h has the algorithm).
/// The word of a *block* is the nanosecond at which it ends (56 bits), and what the bucket will owe
/// then, in 255ths of its capacity, rounded up (8 bits): so an end of days from now is exact, and a
/// block that is shorter than the debt does not wipe it out.
#pragma once

#include <algorithm>
#include <cstdint>

#include "core/limit/token_bucket.h"
#include "core/time.h"

namespace pacegate {

/// A word further ahead than this is in truth one long past.
inline constexpr Ticks kMaxKeyDebt = Ticks{1} << 61;  // 104 days
/// What a bucket may come to owe: read by a time 70 minutes older it is a debt still.
inline constexpr Ticks kMostKeyDebt = kMaxKeyDebt - (Ticks{1} << 50);
/// The longest block that ends.
inline constexpr Ticks kMaxKeyBlock = Ticks{1} << 62;  // 208 days

/// Ticks that a bucket whose word is `tat` owes.
[[nodiscard]] constexpr Ticks key_debt(Ticks tat, Ticks now) noexcept {
  const Ticks ahead = tat - now;  // modulo 2^64
  return ahead <= kMaxKeyDebt ? ahead : 0;
}

/// Ticks that `cost` tokens are worth, rounded down; kForever for what no bucket holds: too much,
/// negative, NaN.
[[nodiscard]] inline Ticks key_price(const BucketQuota& quota, double cost) noexcept {
  const double price = cost * quota.ticks_per_token;
  const bool sane = price >= 0.0 && price < static_cast<double>(kMaxKeyDebt);
  return sane ? static_cast<Ticks>(price) : BucketVerdict::kForever;
}

/// \param debt what is owed already \param price of the request
[[nodiscard]] inline BucketVerdict key_verdict(const BucketQuota& quota, Ticks debt,
                                               Ticks price) noexcept {
  if (price > quota.capacity) return {};
  const Ticks next = debt + price;
  if (next <= quota.capacity) return {BucketVerdict::Outcome::allowed, 0};
  return {BucketVerdict::Outcome::not_yet, next - quota.capacity};
}

/// Tokens in a bucket that owes `debt`, fractions included; 0..burst.
[[nodiscard]] inline double key_tokens(const BucketQuota& quota, Ticks debt) noexcept {
  if (debt == 0) return quota.burst;
  if (debt >= quota.capacity) return 0.0;
  // Lifted by 2^-50 of itself, so that rounding never shows 4.999... where five can be taken.
  constexpr double kLift = 1.0 + 1.0 / 1125899906842624.0;
  return std::min(static_cast<double>(quota.capacity - debt) * kLift / quota.ticks_per_token,
                  quota.burst);
}

/// A block taken apart.
struct KeyBlock {
  Ticks left = 0;         ///< ticks until it ends; kForever: never
  Ticks debt_behind = 0;  ///< what the bucket owes then

  static constexpr Ticks kForever = BucketVerdict::kForever;
  static constexpr Ticks kShares = 255;

  /// 255 of these are at least the capacity.
  [[nodiscard]] static constexpr Ticks unit(const BucketQuota& quota) noexcept {
    return quota.capacity / kShares + 1;
  }

  [[nodiscard]] static KeyBlock read(Ticks word, const BucketQuota& quota, Ticks now) noexcept {
    const Ticks debt = std::min((word & kShares) * unit(quota), quota.capacity);
    if ((word & ~kShares) == kNoEnd) return {kForever, debt};
    const Ticks ahead = (word & ~kShares) - now;
    if (ahead <= kMaxLeft) return {ahead, debt};
    const Ticks since_end = Ticks{0} - ahead;
    return {0, debt - std::min(debt, since_end)};
  }

  /// The word of this block. What is owed beyond an empty bucket makes the block longer: it admits
  /// nothing in either case. Not without bound: an end too far ahead would be read as one long past.
  [[nodiscard]] Ticks word(const BucketQuota& quota, Ticks now) const noexcept {
    const Ticks debt = std::min(debt_behind, quota.capacity);
    const Ticks shares = std::min(kShares, (debt + unit(quota) - 1) / unit(quota));
    if (left == kForever) return kNoEnd | shares;
    const Ticks end = now + std::min(left + (debt_behind - debt), kMostLeft);
    const Ticks whole_ns = (end + kShares) & ~kShares;
    return (whole_ns == kNoEnd ? 0 : whole_ns) | shares;
  }

  /// What the bucket owes now at the most: one that will be full when the block ends may be so
  /// already, or not.
  [[nodiscard]] Ticks debt_now(const BucketQuota& quota) const noexcept {
    if (left == kForever) return debt_behind;
    return debt_behind != 0 ? left + debt_behind : std::min(left, quota.capacity);
  }

 private:
  static constexpr Ticks kNoEnd = ~kShares;
  static constexpr Ticks kMaxLeft = kMaxKeyBlock + kMaxKeyDebt;
  static constexpr Ticks kMostLeft = kMaxKeyBlock + kMostKeyDebt;
};

/// The answer to a request under a block that has not ended.
[[nodiscard]] inline BucketVerdict blocked_verdict(const KeyBlock& block, const BucketQuota& quota,
                                                   Ticks price) noexcept {
  if (price > quota.capacity) return {};
  if (block.left == KeyBlock::kForever) {
    return {BucketVerdict::Outcome::not_yet, BucketVerdict::kForever};
  }
  const BucketVerdict behind = key_verdict(quota, block.debt_behind, price);
  return {BucketVerdict::Outcome::not_yet, block.left + behind.wait};
}

/// Debt in tokens is kept when the quota changes: what was spent costs the new price, up to an empty
/// bucket; what is owed on top of that is kept whole.
[[nodiscard]] inline Ticks rescaled_debt(Ticks debt, const BucketQuota& from,
                                         const BucketQuota& to) noexcept {
  const double scale = to.ticks_per_token / from.ticks_per_token;
  const Ticks spent = std::min(debt, from.capacity);
  const double kept =
      std::min(static_cast<double>(spent) * scale + 0.5, static_cast<double>(to.capacity));
  const double above = static_cast<double>(debt - spent) * scale;
  return static_cast<Ticks>(std::min(kept + above, static_cast<double>(kMostKeyDebt)));
}

}  // namespace pacegate
