/// \file
/// The token bucket as one atomic 64-bit word: the generic cell rate algorithm (GCRA, ITU-T I.371,
/// virtual scheduling). The word is the *theoretical arrival time*, the tick at which the bucket
/// will be full again; how far it lies ahead of now is what has been spent and not yet refilled.
///
/// Because admission is decided by this word alone, relaxed order is enough, a refusal writes
/// nothing, no update can be lost, and a thread whose `now` is old neither mints tokens nor loses
/// any.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <limits>
#include <optional>

#include "core/cache_line.h"
#include "core/time.h"

namespace pacegate {

/// Rate and size of a bucket in ticks; made by make_quota().
struct BucketQuota {
  double ticks_per_token = 0;  ///< at least 1
  Ticks capacity = 0;          ///< ticks of the whole burst, rounded up; at most kMaxCapacity
  double burst = 0;            ///< tokens of a full bucket

  static constexpr Ticks kMaxCapacity = Ticks{1} << 60;  ///< 52 days
};

/// \param rate tokens per second; a bucket refilling once in 3600 s is 1.0 / 3600; at most 256e9
/// \param burst tokens of a full bucket, fractions allowed
/// \return nothing when an argument is not a positive number, the rate is too high for the tick, or
/// the
///   bucket would take more than 2^60 ticks (52 days) to fill
[[nodiscard]] std::optional<BucketQuota> make_quota(double rate, double burst) noexcept;

/// The answer to one request.
struct BucketVerdict {
  enum class Outcome : std::uint8_t {
    allowed,
    not_yet,  ///< later, when nobody else comes first
    never,    ///< the cost is above the burst (or no number)
  };
  static constexpr Ticks kForever = std::numeric_limits<Ticks>::max();

  Outcome outcome = Outcome::never;
  /// Ticks until the request would be allowed; 0 when allowed, except that a reservation says here
  /// how long to wait before acting on it; kForever for never.
  Ticks wait = kForever;

  [[nodiscard]] bool allowed() const noexcept { return outcome == Outcome::allowed; }
};

/// Every member may be called from any thread at any time, except set_quota(): one thread at a
/// time. Lock-free, no allocation. `now` is ticks_from_ns() of one monotonic clock; it may be a
/// little old. Costs are tokens, fractions allowed; a token's price in ticks is rounded down per
/// request, so a burst always admits all its tokens however they are cut, and a request is too
/// cheap by less than 1/256 ns. A bucket left alone counts as full for 2 years (7/8 of the tick's
/// cycle).
class alignas(kCacheLine) TokenBucket {
 public:
  /// \param initial_tokens 0..burst, taken as the nearer end otherwise
  TokenBucket(const BucketQuota& quota, double initial_tokens, Ticks now) noexcept;

  /// Takes `cost` tokens, or none.
  BucketVerdict try_acquire(double cost, Ticks now) noexcept { return take(cost, 0, now); }

  /// Takes `cost` tokens ahead of time, if the wait until they exist is at most `max_wait`: then
  /// the outcome is allowed and `wait` says how long the caller must hold back. Refused: nothing
  /// changes. Undone by give_back().
  BucketVerdict reserve(double cost, Ticks max_wait, Ticks now) noexcept {
    return take(cost, max_wait, now);
  }

  /// What try_acquire() would say; changes nothing.
  [[nodiscard]] BucketVerdict peek(double cost, Ticks now) const noexcept {
    const Ticks capacity = capacity_.load(std::memory_order_relaxed);
    const Ticks price = price_of(cost);
    if (price > capacity) return {};
    const Ticks wait = wait_for(debt(now) + price, capacity);
    return {wait == 0 ? BucketVerdict::Outcome::allowed : BucketVerdict::Outcome::not_yet, wait};
  }

  /// Takes as many whole tokens as there are, `max` at the most. \return how many
  std::uint64_t try_acquire_up_to(std::uint64_t max, Ticks now) noexcept;

  /// Tokens there are, fractions included; 0..burst.
  [[nodiscard]] double available(Ticks now) const noexcept;

  /// Ticks until the bucket is full when nobody takes anything; 0 when it is.
  [[nodiscard]] Ticks time_to_full(Ticks now) const noexcept { return debt(now); }

  /// Puts tokens back, those of an unused reservation for instance; the bucket stops at full.
  void give_back(double cost, Ticks now) noexcept;

  /// Changes rate and burst; what is spent stays spent: the debt is kept in tokens, but a smaller
  /// burst leaves no more than an empty bucket (reservations on top of that are kept whole).
  /// Requests that run meanwhile are charged by either the old or the new rate.
  void set_quota(const BucketQuota& quota, Ticks now) noexcept;

  /// Makes the bucket full; reservations are forgotten.
  void reset(Ticks now) noexcept { tat_.store(now, std::memory_order_relaxed); }

  /// Tokens per second.
  [[nodiscard]] double rate() const noexcept {
    return kTicksPerSecond / ticks_per_token_.load(std::memory_order_relaxed);
  }
  /// Tokens of a full bucket.
  [[nodiscard]] double burst() const noexcept { return burst_.load(std::memory_order_relaxed); }

 private:
  // A word further ahead of now than this is in truth one long past; only reservations and a clock
  // going back can take it beyond the capacity at all.
  static constexpr Ticks kMaxDebt = Ticks{1} << 61;
  static_assert(std::atomic<Ticks>::is_always_lock_free &&
                std::atomic<double>::is_always_lock_free);

  [[nodiscard]] static Ticks debt_of(Ticks tat, Ticks now) noexcept {
    const Ticks ahead = tat - now;  // modulo 2^64
    return ahead <= kMaxDebt ? ahead : 0;
  }

  [[nodiscard]] Ticks debt(Ticks now) const noexcept {
    return debt_of(tat_.load(std::memory_order_relaxed), now);
  }

  /// Ticks that `cost` tokens are worth; kForever for what no bucket holds: too much, negative,
  /// NaN.
  [[nodiscard]] Ticks price_of(double cost) const noexcept {
    const double price = cost * ticks_per_token_.load(std::memory_order_relaxed);
    const bool sane = price >= 0.0 && price < static_cast<double>(kMaxDebt);
    return sane ? static_cast<Ticks>(price) : BucketVerdict::kForever;
  }

  [[nodiscard]] static Ticks wait_for(Ticks next_debt, Ticks capacity) noexcept {
    return next_debt > capacity ? next_debt - capacity : 0;
  }

  BucketVerdict take(double cost, Ticks max_wait, Ticks now) noexcept {
    const Ticks capacity = capacity_.load(std::memory_order_relaxed);
    const Ticks price = price_of(cost);
    if (price > capacity) return {};
    Ticks tat = tat_.load(std::memory_order_relaxed);
    for (;;) {
      const Ticks next = debt_of(tat, now) + price;
      const Ticks wait = wait_for(next, capacity);
      if (wait > max_wait || next > kMaxDebt) return {BucketVerdict::Outcome::not_yet, wait};
      // A failed exchange loads the word another thread has just written.
      if (price == 0 || tat_.compare_exchange_weak(tat, now + next, std::memory_order_relaxed)) {
        return {BucketVerdict::Outcome::allowed, wait};
      }
    }
  }

  std::atomic<Ticks> tat_;
  std::atomic<double> ticks_per_token_;
  std::atomic<Ticks> capacity_;
  std::atomic<double> burst_;
};

}  // namespace pacegate
