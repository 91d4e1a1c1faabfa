#include "core/limit/token_bucket.h"

namespace pacegate {

namespace {

/// \param value 0..2^62
Ticks round_up(double value) {
  const auto whole = static_cast<Ticks>(value);
  return static_cast<double>(whole) < value ? whole + 1 : whole;
}

}  // namespace

std::optional<BucketQuota> make_quota(double rate, double burst) noexcept {
  // Comparisons are written so that NaN fails them.
  if (!(rate > 0.0) || !(burst > 0.0)) return std::nullopt;
  const double ticks_per_token = kTicksPerSecond / rate;
  const double fill = burst * ticks_per_token;
  if (!(ticks_per_token >= 1.0) || !(fill <= static_cast<double>(BucketQuota::kMaxCapacity))) {
    return std::nullopt;
  }
  // Beyond 2^52 the product itself is rounded; one part in 2^52 more keeps every token of the burst
  // in.
  constexpr double kExact = 4503599627370496.0;
  const double roomy = fill < kExact ? fill : fill + fill / kExact;
  return BucketQuota{ticks_per_token, std::max<Ticks>(round_up(roomy), 1), burst};
}

TokenBucket::TokenBucket(const BucketQuota& quota, double initial_tokens, Ticks now) noexcept
    : tat_(now),
      ticks_per_token_(quota.ticks_per_token),
      capacity_(quota.capacity),
      burst_(quota.burst) {
  if (initial_tokens >= quota.burst) return;
  const double room = initial_tokens > 0.0 ? initial_tokens * quota.ticks_per_token : 0.0;
  const Ticks kept = std::min(round_up(room), quota.capacity);
  tat_.store(now + (quota.capacity - kept), std::memory_order_relaxed);
}

std::uint64_t TokenBucket::try_acquire_up_to(std::uint64_t max, Ticks now) noexcept {
  const Ticks capacity = capacity_.load(std::memory_order_relaxed);
  const double ticks_per_token = ticks_per_token_.load(std::memory_order_relaxed);
  Ticks tat = tat_.load(std::memory_order_relaxed);
  for (;;) {
    const Ticks owed = debt_of(tat, now);
    if (owed >= capacity) return 0;
    const Ticks room = capacity - owed;
    const auto price_for = [ticks_per_token](std::uint64_t tokens) {
      return static_cast<Ticks>(static_cast<double>(tokens) * ticks_per_token);
    };
    // The quotient may be one off either way.
    auto count = static_cast<std::uint64_t>(static_cast<double>(room) / ticks_per_token);
    if (price_for(count + 1) <= room) ++count;
    if (count != 0 && price_for(count) > room) --count;
    count = std::min(count, max);
    if (count == 0) return 0;
    if (tat_.compare_exchange_weak(tat, now + owed + price_for(count), std::memory_order_relaxed)) {
      return count;
    }
  }
}

double TokenBucket::available(Ticks now) const noexcept {
  const Ticks owed = debt(now);
  const double full = burst_.load(std::memory_order_relaxed);
  if (owed == 0) return full;
  const Ticks capacity = capacity_.load(std::memory_order_relaxed);
  if (owed >= capacity) return 0.0;
  // Lifted by 2^-50 of itself, so that rounding never shows 4.999... where five tokens can be
  // taken.
  constexpr double kLift = 1.0 + 1.0 / 1125899906842624.0;
  const double tokens = static_cast<double>(capacity - owed) * kLift /
                        ticks_per_token_.load(std::memory_order_relaxed);
  return std::min(tokens, full);
}

void TokenBucket::give_back(double cost, Ticks now) noexcept {
  const Ticks price = price_of(cost);
  if (!(cost > 0.0)) return;
  Ticks tat = tat_.load(std::memory_order_relaxed);
  Ticks owed = debt_of(tat, now);
  while (owed != 0 && !tat_.compare_exchange_weak(tat, now + (owed - std::min(owed, price)),
                                                  std::memory_order_relaxed)) {
    owed = debt_of(tat, now);
  }
}

void TokenBucket::set_quota(const BucketQuota& quota, Ticks now) noexcept {
  const Ticks old_capacity = capacity_.exchange(quota.capacity, std::memory_order_relaxed);
  const double old_price =
      ticks_per_token_.exchange(quota.ticks_per_token, std::memory_order_relaxed);
  burst_.store(quota.burst, std::memory_order_relaxed);
  const double scale = quota.ticks_per_token / old_price;
  Ticks tat = tat_.load(std::memory_order_relaxed);
  for (;;) {
    const Ticks owed = debt_of(tat, now);
    if (owed == 0) return;
    const Ticks spent = std::min(owed, old_capacity);
    const double scaled =
        std::min(static_cast<double>(spent) * scale + 0.5, static_cast<double>(quota.capacity));
    const double reserved = static_cast<double>(owed - spent) * scale;
    const double total = std::min(scaled + reserved, static_cast<double>(kMaxDebt));
    if (tat_.compare_exchange_weak(tat, now + static_cast<Ticks>(total),
                                   std::memory_order_relaxed)) {
      return;
    }
  }
}

}  // namespace pacegate
