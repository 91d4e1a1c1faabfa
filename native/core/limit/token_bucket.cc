#include "core/limit/token_bucket.h"

#include "core/limit/token_count.h"

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

/// The word of the same debt in tokens.
Ticks TokenBucket::rescaled(Ticks tat, const BucketQuota& from, const BucketQuota& to,
                            Ticks now) noexcept {
  const double scale = to.ticks_per_token / from.ticks_per_token;
  const Ticks owed = debt_of(tat, now);
  const Ticks spent = std::min(owed, from.capacity);
  const double scaled =
      std::min(static_cast<double>(spent) * scale + 0.5, static_cast<double>(to.capacity));
  const double reserved = static_cast<double>(owed - spent) * scale;
  const double total = std::min(scaled + reserved, static_cast<double>(kMaxDebt));
  return now + static_cast<Ticks>(total);
}

TokenBucket::TokenBucket(const BucketQuota& quota, double initial_tokens, Ticks now) noexcept
    : tat_(now), before_closing_(now), after_closing_(now) {
  store_quota(0, quota);
  store_quota(1, quota);
  if (initial_tokens >= quota.burst) return;
  const double room = initial_tokens > 0.0 ? initial_tokens * quota.ticks_per_token : 0.0;
  const Ticks kept = std::min(round_up(room), quota.capacity);
  tat_.store(now + (quota.capacity - kept), std::memory_order_relaxed);
}

TokenBucket::TokenBucket(const TokenBucket& other) noexcept : TokenBucket(other.quota(), 0, 0) {
  tat_.store(other.look().tat, std::memory_order_relaxed);
}

BucketVerdict TokenBucket::peek(double cost, Ticks now) const noexcept {
  const View view = look_at(now);
  const Ticks price = view.price_of(cost);
  if (price > view.capacity) return {};
  const Ticks wait = view.wait_for(view.debt(now) + price);
  return {wait == 0 ? BucketVerdict::Outcome::allowed : BucketVerdict::Outcome::not_yet, wait};
}

std::uint64_t TokenBucket::try_acquire_up_to(std::uint64_t max, Ticks now) noexcept {
  for (;;) {
    const View view = look_open(now);
    const Ticks owed = view.debt(now);
    if (owed >= view.capacity) return 0;
    const std::uint64_t there = whole_tokens(view.capacity - owed, view.ticks_per_token);
    const std::uint64_t count = std::min(there, max);
    if (count == 0) return 0;
    const auto price = static_cast<Ticks>(static_cast<double>(count) * view.ticks_per_token);
    if (take_from(view, now + owed + price)) return count;
  }
}

std::uint64_t TokenBucket::Charged::tokens_left(std::uint64_t max) const noexcept {
  // The usual case needs no division.
  const double all = static_cast<double>(max) * ticks_per_token;
  if (all <= static_cast<double>(room)) return max;
  return std::min(whole_tokens(room, ticks_per_token), max);
}

TokenBucket::Charged TokenBucket::charge_and_take(std::uint32_t spent, Ticks now) noexcept {
  for (;;) {
    const View view = look_open(now);
    const Ticks owed = view.debt(now);
    const Ticks with_one = owed + view.price_of(static_cast<double>(spent) + 1.0);
    const bool allowed = with_one <= view.capacity;
    const Ticks next =
        allowed ? with_one : std::min(owed + view.price_of(static_cast<double>(spent)), kMaxDebt);
    if (next != owed && !take_from(view, now + next)) continue;
    return {allowed, next < view.capacity ? view.capacity - next : 0, view.ticks_per_token};
  }
}

void TokenBucket::charge(std::uint32_t spent, Ticks now) noexcept {
  if (spent == 0) return;
  for (;;) {
    const View view = look_open(now);
    const Ticks next = view.debt(now) + view.price_of(static_cast<double>(spent));
    if (take_from(view, now + std::min(next, kMaxDebt))) return;
  }
}

double TokenBucket::available(Ticks now) const noexcept {
  const View view = look_at(now);
  const Ticks owed = view.debt(now);
  const double full = burst();
  if (owed == 0) return full;
  if (owed >= view.capacity) return 0.0;
  return std::min(tokens_in(view.capacity - owed, view.ticks_per_token), full);
}

void TokenBucket::give_back(double cost, Ticks now) noexcept {
  if (!(cost > 0.0)) return;
  for (;;) {
    const View view = look_open(now);
    const Ticks owed = view.debt(now);
    if (owed == 0) return;
    Ticks tat = view.tat;
    const Ticks next = owed - std::min(owed, view.price_of(cost));
    if (tat_.compare_exchange_weak(tat, now + next, std::memory_order_acq_rel)) return;
  }
}

BucketQuota TokenBucket::quota() const noexcept {
  for (;;) {
    const std::uint64_t before = generation();
    const BucketQuota quota = load_quota(before);
    if (generation_.load(std::memory_order_relaxed) == before) return quota;
  }
}

void TokenBucket::store_quota(std::uint64_t slot, const BucketQuota& quota) noexcept {
  // Release: who reads one of these also sees the generation that made this slot the idle one.
  quotas_[slot & 1].ticks_per_token.store(quota.ticks_per_token, std::memory_order_release);
  quotas_[slot & 1].capacity.store(quota.capacity, std::memory_order_release);
  bursts_[slot & 1].store(quota.burst, std::memory_order_release);
}

BucketQuota TokenBucket::load_quota(std::uint64_t slot) const noexcept {
  return {quotas_[slot & 1].ticks_per_token.load(std::memory_order_acquire),
          quotas_[slot & 1].capacity.load(std::memory_order_acquire),
          bursts_[slot & 1].load(std::memory_order_acquire)};
}

std::optional<TokenBucket::Closing> TokenBucket::close(const BucketQuota& quota,
                                                       Ticks now) noexcept {
  Ticks tat = look_open(now).tat;
  const std::uint64_t generation = this->generation();
  store_quota(generation + 1, quota);
  const Closing closing{generation, closed_word(generation, now), tat};
  before_closing_.store(tat, std::memory_order_release);
  if (!tat_.compare_exchange_strong(tat, closing.closed, std::memory_order_acq_rel)) return {};
  return closing;
}

/// \param now read while the bucket was closed
/// \return whether it was done; else somebody has reopened the bucket with the old quota
bool TokenBucket::swap_and_reopen(const Closing& closing, const BucketQuota& quota,
                                  Ticks now) noexcept {
  const Ticks open = rescaled(closing.before, load_quota(closing.generation), quota, now);
  after_closing_.store(open, std::memory_order_release);
  std::uint64_t generation = closing.generation;
  if (!generation_.compare_exchange_strong(generation, generation + 1, std::memory_order_acq_rel)) {
    overtake(closing.closed);  // as somebody else is about to
    return false;
  }
  Ticks closed = closing.closed;
  // Fails when somebody else has done just that.
  tat_.compare_exchange_strong(closed, open, std::memory_order_acq_rel);
  return true;
}

void TokenBucket::await_opening(Ticks closed) noexcept {
  // Closed for some 50 ns, unless who closed it was stopped in between; to overtake costs it one more
  // attempt.
  constexpr int kLooks = 4096;
  for (int i = 0; i < kLooks; ++i) {
    if (tat_.load(std::memory_order_acquire) != closed) return;
  }
  overtake(closed);
}

/// Reopens a bucket in the place of the one who closed it.
void TokenBucket::overtake(Ticks closed) noexcept {
  std::uint64_t generation = this->generation();
  const bool has_swapped = ((generation ^ closed) & 1) != 0;
  const std::atomic<Ticks>& meant = has_swapped ? after_closing_ : before_closing_;
  const Ticks open = meant.load(std::memory_order_acquire);
  // Still closed: so all this belongs together.
  if (tat_.load(std::memory_order_acquire) != closed) return;
  if (generation_.compare_exchange_strong(generation, generation + 2, std::memory_order_acq_rel)) {
    tat_.compare_exchange_strong(closed, open, std::memory_order_acq_rel);
  }
}

}  // namespace pacegate
