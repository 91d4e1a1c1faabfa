#include "core/limit/token_lease.h"

namespace pacegate {

std::uint32_t TokenLease::renew(TokenBucket& bucket, std::uint32_t spent, Ticks now) noexcept {
  spent = accept(spent);
  const Ticks elapsed = now - asked_;
  asked_ = now;
  const TokenBucket::Charged charged = bucket.charge_and_take(spent, now);
  if (!charged.allowed) return 0;
  const std::uint32_t size = wanted(spent, elapsed);
  if (size > 1) held_ = static_cast<std::uint32_t>(charged.tokens_left(size - 1));
  return 1 + held_;
}

std::uint32_t TokenLease::settle(TokenBucket& bucket, std::uint32_t spent, Ticks now) noexcept {
  bucket.charge(accept(spent), now);
  asked_ = now;
  const bool was_worthwhile = in_turn_ >= kWorthwhile;
  skip_ = was_worthwhile ? 0 : std::min(2 * skip_ + kWorthwhile, kMostSkipped);
  in_turn_ = 0;
  return skip_;
}

std::uint32_t TokenLease::accept(std::uint32_t spent) noexcept {
  const std::uint32_t accepted = std::min(spent, held_);
  held_ = 0;
  in_turn_ = in_turn_ < kWorthwhile ? in_turn_ + accepted : in_turn_;
  return accepted;
}

/// \param elapsed since the last call, in which one token more than `spent` was asked for
std::uint32_t TokenLease::wanted(std::uint32_t spent, Ticks elapsed) noexcept {
  const Ticks tokens = spent + Ticks{1};
  // A clock that went back says nothing about the pace: a very long time.
  if (elapsed > tokens * kSlowestPace) {
    size_ = 1;
    return 1;
  }
  const Ticks at_this_pace = tokens * kSpan / std::max<Ticks>(elapsed, 1);
  const Ticks largest = std::min<Ticks>(Ticks{size_} * kGrowth, max_tokens_);
  size_ = static_cast<std::uint32_t>(std::min(at_this_pace, largest));
  return size_;
}

}  // namespace pacegate
